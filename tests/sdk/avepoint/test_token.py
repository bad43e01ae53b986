"""POST /connect/token as Authlib uses it, by each way a client can prove who it is."""

import os
import unittest

import requests
from authlib.integrations.base_client import OAuthError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from elements_client import (
    CLIENT_ID,
    CLIENT_SECRET,
    READ_CUSTOMERS,
    READ_USERS,
    READ_WRITE_USERS,
    TOKEN_URL,
    ElementsClient,
    users_url,
)

ASSERTION_CLIENT_ID = os.environ.get("AVEPOINT_ASSERTION_CLIENT_ID")
ASSERTION_KEY_FILE = os.environ.get("AVEPOINT_ASSERTION_KEY_FILE")


class TokenTest(unittest.TestCase):
    def assert_reads_users(self, client):
        self.assertEqual(client.post(users_url(), pageSize=1).status_code, 200)


class Secret(TokenTest):
    def assert_error(self, error, **client):
        with self.assertRaises(OAuthError) as raised:
            ElementsClient(**client)
        self.assertEqual(raised.exception.error, error)

    def test_a_secret_in_the_body_and_one_in_basic_each_get_a_token(self):
        for auth_method in ["client_secret_post", "client_secret_basic"]:
            with self.subTest(auth_method):
                self.assert_reads_users(ElementsClient(READ_USERS, auth_method))

    def test_the_answer_has_what_clients_read(self):
        token = ElementsClient(READ_USERS).token
        self.assertEqual(token["token_type"], "Bearer")
        self.assertEqual(token["scope"], READ_USERS)
        self.assertIsInstance(token["expires_in"], int)
        self.assertGreater(token["expires_in"], 0)

    def test_the_answer_is_never_cached(self):
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        response = requests.post(TOKEN_URL, data=form, timeout=10)
        self.assertEqual(response.status_code, 200)
        self.assertIn("no-store", response.headers["cache-control"])

    def test_several_scopes_are_granted_in_one_token(self):
        token = ElementsClient(f"{READ_USERS} {READ_CUSTOMERS}").token
        self.assertEqual(set(token["scope"].split(" ")), {READ_USERS, READ_CUSTOMERS})

    def test_the_user_bundle_of_avepoints_powershell_module_is_granted(self):
        client = ElementsClient(f"{READ_USERS} {READ_WRITE_USERS}")
        self.assertEqual(set(client.token["scope"].split(" ")), {READ_USERS, READ_WRITE_USERS})
        self.assert_reads_users(client)

    def test_readwrite_alone_implies_read(self):
        self.assert_reads_users(ElementsClient(READ_WRITE_USERS))

    def test_no_scope_asks_for_all_the_client_has(self):
        client = ElementsClient()
        self.assertLessEqual({READ_USERS, READ_CUSTOMERS}, set(client.token["scope"].split(" ")))
        self.assert_reads_users(client)

    def test_a_wrong_secret_an_unknown_client_and_a_swapped_one_are_invalid_client(self):
        for auth_method in ["client_secret_post", "client_secret_basic"]:
            with self.subTest(auth_method):
                self.assert_error("invalid_client", auth_method=auth_method, secret=f"{CLIENT_SECRET}x")
                self.assert_error("invalid_client", auth_method=auth_method, client_id="nobody")
                self.assert_error("invalid_client", auth_method=auth_method, client_id=CLIENT_SECRET, secret=CLIENT_ID)

    def test_an_unknown_scope_is_invalid_scope(self):
        self.assert_error("invalid_scope", scope="elements.moon.read.all")

    def test_another_grant_is_unsupported_grant_type(self):
        form = {"grant_type": "password", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        response = requests.post(TOKEN_URL, data=form, timeout=10)
        self.assertEqual((response.status_code, response.json()["error"]), (400, "unsupported_grant_type"))


@unittest.skipUnless(ASSERTION_CLIENT_ID and ASSERTION_KEY_FILE, "AVEPOINT_ASSERTION_CLIENT_ID and _KEY_FILE not set")
class Assertion(TokenTest):
    """A client that registered a certificate and signs what it sends."""

    @classmethod
    def setUpClass(cls):
        with open(ASSERTION_KEY_FILE, encoding="ascii") as file:
            cls.key = file.read()

    def client(self, scope=None, key=None):
        return ElementsClient(scope, "private_key_jwt", ASSERTION_CLIENT_ID, key or self.key)

    def test_an_rs256_assertion_gets_a_token(self):
        client = self.client(READ_USERS)
        self.assertEqual(client.token["scope"], READ_USERS)
        self.assert_reads_users(client)

    def test_an_assertion_without_a_scope_gets_all_the_client_has(self):
        client = self.client()
        self.assertIn(READ_USERS, client.token["scope"].split(" "))
        self.assert_reads_users(client)

    def test_an_assertion_signed_with_another_key_is_invalid_client(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with self.assertRaises(OAuthError) as raised:
            self.client(READ_USERS, pem.decode())
        self.assertEqual(raised.exception.error, "invalid_client")
