"""POST /connect/token: what a client is granted. `test_oauth_clients.py` has the ways in which it proves who it is."""

import unittest

import requests
from authlib.integrations.base_client import OAuthError

from assertion_client import ASSERTION_CLIENT_ID, KEY, needs_assertion_client
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


class Token(unittest.TestCase):
    def assert_reads_users(self, client):
        self.assertEqual(client.post(users_url(), pageSize=1).status_code, 200)

    def assert_error(self, error, **client):
        with self.assertRaises(OAuthError) as raised:
            ElementsClient(**client)
        self.assertEqual(raised.exception.error, error)

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

    @needs_assertion_client
    def test_an_assertion_without_a_scope_asks_for_all_the_client_has(self):
        client = ElementsClient(None, "private_key_jwt", ASSERTION_CLIENT_ID, KEY)
        self.assertIn(READ_USERS, client.token["scope"].split(" "))
        self.assert_reads_users(client)

    def test_an_unknown_client_and_a_swapped_one_are_invalid_client(self):
        for auth_method in ["client_secret_post", "client_secret_basic"]:
            with self.subTest(auth_method):
                self.assert_error("invalid_client", auth_method=auth_method, client_id="nobody")
                self.assert_error("invalid_client", auth_method=auth_method, client_id=CLIENT_SECRET, secret=CLIENT_ID)

    def test_another_grant_is_unsupported_grant_type(self):
        form = {"grant_type": "password", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        response = requests.post(TOKEN_URL, data=form, timeout=10)
        self.assertEqual((response.status_code, response.json()["error"]), (400, "unsupported_grant_type"))
