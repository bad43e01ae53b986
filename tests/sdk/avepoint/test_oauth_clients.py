"""POST /connect/token by OAuth 2.0 clients that know nothing of AvePoint, each as its own documentation uses it."""

import asyncio
import os
import time
import unittest

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from msal.application import extract_certs
from msal.oauth2cli import JwtAssertionCreator
from msal.oauth2cli.oidc import Client as MsalClient
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, InvalidScopeError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from assertion_client import ASSERTION_CLIENT_ID, CERTIFICATE, KEY, another_key, needs_assertion_client
from elements_client import CLIENT_ID, CLIENT_SECRET, READ_USERS, TOKEN_URL, users_url

# oauthlib refuses plain HTTP without it, even to a loopback address.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


class AnyClient:
    """What each client must get. No test case by itself: the classes below are."""

    methods: list
    """The ways in which it proves who it is, as `grant` names them."""
    methods_to_fail: list
    """One for each form that a wrong proof takes: the gateway answers 429 after some fifty failures of an address."""
    errors: dict
    """Its own exceptions, by the code of RFC 6749."""
    proof, wrong_proof = CLIENT_SECRET, f"{CLIENT_SECRET}x"
    granted_scope = READ_USERS

    def grant(self, method, scope, proof):
        """The library's token, and the response of the users batch to it."""
        raise NotImplementedError

    def assert_error(self, code, method, scope=READ_USERS, proof=None):
        with self.assertRaises(self.errors[code]) as raised:
            self.grant(method, scope, proof or self.proof)
        self.assertEqual(raised.exception.error, code)

    def test_each_method_gets_a_token_that_reads_users(self):
        for method in self.methods:
            with self.subTest(method):
                token, users = self.grant(method, READ_USERS, self.proof)
                self.assertEqual((token["token_type"], token["scope"]), ("Bearer", self.granted_scope))
                self.assertIsInstance(token["expires_in"], int)
                self.assertGreater(token["expires_in"], 0)
                self.assert_knows_the_end(token)
                self.assertEqual(users.status_code, 200, users.text)
                self.assertEqual(len(users.json()["data"]), 1)

    def assert_knows_the_end(self, token):
        self.assertAlmostEqual(token["expires_at"], time.time() + token["expires_in"], delta=5)

    def test_a_wrong_proof_is_invalid_client(self):
        for method in self.methods_to_fail:
            with self.subTest(method):
                self.assert_error("invalid_client", method, proof=self.wrong_proof)

    def test_an_unknown_scope_is_invalid_scope(self):
        for method in self.methods:
            with self.subTest(method):
                self.assert_error("invalid_scope", method, scope="elements.moon.read.all")


def ask_for_one_user(session, **options):
    """Calls the users batch. A session of the library's own adds the token by itself."""
    return session.post(users_url(), params={"pageSize": 1}, json={}, timeout=30, **options)


class AuthlibClient(AnyClient):
    """Authlib with a secret; without a method it uses Basic."""

    methods = methods_to_fail = [None, "client_secret_post"]
    errors = {"invalid_client": OAuthError, "invalid_scope": OAuthError}
    session_class: type

    def session(self, method, scope, proof):
        return self.session_class(CLIENT_ID, proof, token_endpoint_auth_method=method, scope=scope)

    def grant(self, method, scope, proof):
        with self.session(method, scope, proof) as session:
            return session.fetch_token(TOKEN_URL), ask_for_one_user(session)

    def assert_knows_the_end(self, token):
        super().assert_knows_the_end(token)
        self.assertFalse(token.is_expired())


class AuthlibAssertionClient(AuthlibClient):
    """Authlib with a key; the methods are algorithms."""

    methods, methods_to_fail = ["RS256", "PS256"], ["PS256"]
    proof, wrong_proof = KEY, another_key()

    def session(self, method, scope, proof):
        session = self.session_class(
            ASSERTION_CLIENT_ID, proof, token_endpoint_auth_method="private_key_jwt", scope=scope
        )
        session.register_client_auth_method(PrivateKeyJWT(TOKEN_URL, alg=method))
        return session


class AuthlibRequests(AuthlibClient, unittest.TestCase):
    session_class = AuthlibSession


@needs_assertion_client
class AuthlibRequestsAssertion(AuthlibAssertionClient, unittest.TestCase):
    session_class = AuthlibSession


class AuthlibHttpx(AuthlibClient, unittest.TestCase):
    session_class = OAuth2Client


@needs_assertion_client
class AuthlibHttpxAssertion(AuthlibAssertionClient, unittest.TestCase):
    """With the asynchronous client."""

    session_class = AsyncOAuth2Client

    def grant(self, method, scope, proof):
        async def granted():
            async with self.session(method, scope, proof) as session:
                return await session.fetch_token(TOKEN_URL), await ask_for_one_user(session)

        return asyncio.run(granted())


class RequestsOauthlib(AnyClient, unittest.TestCase):
    """Basic by default, id and secret in the form, or Basic with the id in the form too."""

    methods, methods_to_fail = ["default", "include_client_id", "both"], ["default", "include_client_id"]
    errors = {"invalid_client": InvalidClientError, "invalid_scope": InvalidScopeError}
    granted_scope = [READ_USERS]

    def grant(self, method, scope, proof):
        options = {
            "default": {"client_secret": proof},
            "include_client_id": {"client_secret": proof, "include_client_id": True},
            "both": {"auth": HTTPBasicAuth(CLIENT_ID, proof), "include_client_id": True},
        }
        with OAuth2Session(client=BackendApplicationClient(CLIENT_ID, scope=[scope])) as session:
            return session.fetch_token(TOKEN_URL, **options[method]), ask_for_one_user(session)


class MsalClientTest(AnyClient):
    """The OAuth 2.0 client inside MSAL, with the options that its ConfidentialClientApplication sets.

    That class itself only accepts an authority on HTTPS with a path. Errors are returned, not raised.
    """

    HEADERS = {"x-client-sku": "MSAL.Python", "x-ms-lib-capability": "retry-after, h429"}

    def client(self, method, proof):
        raise NotImplementedError

    def grant(self, method, scope, proof):
        token = self.client(method, proof).obtain_token_for_client(scope=[scope])
        if "error" in token:
            return token, None
        authorization = f"{token['token_type']} {token['access_token']}"
        return token, ask_for_one_user(requests, headers={"authorization": authorization})

    def assert_error(self, code, method, scope=READ_USERS, proof=None):
        answer, _ = self.grant(method, scope, proof or self.proof)
        self.assertEqual(answer.get("error"), code)
        self.assertNotIn("access_token", answer)

    def assert_knows_the_end(self, token):
        """MSAL computes it in its token cache, which is not part of this client."""


class Msal(MsalClientTest, unittest.TestCase):
    """A secret in the form, as the application sends it, or in Basic, as the client inside does by default."""

    methods = methods_to_fail = ["form", "Basic"]

    def client(self, method, proof):
        options = {
            "form": {"default_body": {"client_info": 1, "client_secret": proof}},
            "Basic": {"client_secret": proof},
        }
        return MsalClient({"token_endpoint": TOKEN_URL}, CLIENT_ID, default_headers=self.HEADERS, **options[method])


@needs_assertion_client
class MsalAssertion(MsalClientTest, unittest.TestCase):
    """A key: the header has the certificate and its thumbprint, and the claims have times with fractions."""

    methods, methods_to_fail = ["RS256", "PS256"], ["PS256"]
    proof, wrong_proof = KEY, another_key()

    def client(self, method, proof):
        certificate = x509.load_pem_x509_certificate(CERTIFICATE.encode())
        thumbprint = {
            "RS256": {"sha1_thumbprint": certificate.fingerprint(hashes.SHA1()).hex()},
            "PS256": {"sha256_thumbprint": certificate.fingerprint(hashes.SHA256()).hex()},
        }
        creator = JwtAssertionCreator(proof, method, headers={"x5c": extract_certs(CERTIFICATE)}, **thumbprint[method])
        return MsalClient(
            {"token_endpoint": TOKEN_URL},
            ASSERTION_CLIENT_ID,
            default_headers=self.HEADERS,
            default_body={"client_info": 1},
            client_assertion=creator.create_regenerative_assertion(TOKEN_URL, ASSERTION_CLIENT_ID),
            client_assertion_type=MsalClient.CLIENT_ASSERTION_TYPE_JWT,
        )
