"""PyPI `genauth` 5.1.0 and `authing` 5.1.0, unmodified but for `host`: they fetch a token and send it as Bearer."""

import base64
import json
import os
import unittest

import authing
import genauth
import requests
from authing.AuthingException import AuthingException
from authing.ManagementClient import ManagementClient as AuthingClient
from genauth.GenAuthException import GenAuthException
from genauth.ManagementClient import ManagementClient as GenAuthClient

BASE_URL = os.environ["BASE_URL"].rstrip("/")
ACCESS_KEY_ID = os.environ["GENAUTH_ACCESS_KEY_ID"]
ACCESS_KEY_SECRET = os.environ["GENAUTH_ACCESS_KEY_SECRET"]
USER_POOL_ID = os.environ["GENAUTH_USER_POOL_ID"]

BOB = "6229ffa51c08d34cade3e3d9"
EXT_IDP_ID = "6076bac0d1e2f3ad80d993b5"
USER_ID_IN_IDP = "oj7Nq05R-RRaqak0_YlMLnnIwsvg"
DEPARTMENT_IDS = ["624d930c3b1a75c08dd4986e", "624d93102c7f5012f33cd2fe"]
CUSTOM_DATA = {"school": "Peking University", "age": 22}
KEYS = {
    "user_id": BOB,
    "phone": "18812348888",
    "email": "test@example.com",
    "username": "bob",
    "external_id": "10010",
    "identity": f"{EXT_IDP_ID}:{USER_ID_IN_IDP}",
    "sync_relation": f"wechat:{USER_ID_IN_IDP}",
}


ODD_IDS = ["张三 a&b=c/d", "x:y$z", "a+b@example.com", "100%", "%2B", "[x]", '"quoted"', "it's", "\\", "#?;", "😀"]


def miss(n):
    """An id in GenAuth's form that nobody in the demo has."""
    return f"62f0{n:020x}"


def ids_of(users):
    return [user["userId"] for user in users]


class TokenSdk:
    """What both SDKs are promised; a subclass names the SDK."""

    client_class = exception_class = None

    @classmethod
    def setUpClass(cls):
        cls.client = cls.client_class(ACCESS_KEY_ID, ACCESS_KEY_SECRET, host=BASE_URL)

    def users(self, user_ids, **options):
        answer = self.client.get_user_batch(user_ids, **options)
        self.assertEqual(answer["statusCode"], 200, answer)
        self.assertIsInstance(answer["data"], list)
        return answer["data"]

    def assert_refused(self, answer, status_code, api_code=None):
        self.assertEqual(answer["statusCode"], status_code, answer)
        if api_code is not None:
            self.assertEqual(answer["apiCode"], api_code, answer)
        self.assertTrue(answer["message"])
        self.assertTrue(answer["requestId"])

    def test_the_token_carries_the_user_pool_the_sdk_sends_back(self):
        _, user_pool_id = self.client.http_client.token_provider.get_access_token()
        self.assertEqual(user_pool_id, USER_POOL_ID)

    def test_every_user_id_type_finds_the_user(self):
        for user_id_type, key in KEYS.items():
            with self.subTest(user_id_type):
                self.assertEqual(ids_of(self.users([key], user_id_type=user_id_type)), [BOB])

    def test_custom_field_finds_users_by_key_and_value(self):
        found = self.users(["school:Peking University"], user_id_type="custom_field")
        self.assertIn(BOB, ids_of(found))

    def test_what_is_not_found_is_left_out_and_a_repeated_id_counts_once(self):
        self.assertEqual(ids_of(self.users([miss(1), BOB, miss(2), BOB])), [BOB])

    def test_a_bare_string_is_one_id_and_a_joined_string_several(self):
        self.assertEqual(ids_of(self.users(BOB)), [BOB])
        self.assertEqual(ids_of(self.users(f"{miss(1)},{BOB}")), [BOB])

    def test_options_in_pythons_spelling_of_booleans_are_understood(self):
        with_them = self.users([BOB], with_custom_data=True, with_identities=True)[0]
        self.assertEqual(with_them["customData"], CUSTOM_DATA)
        self.assertIn(EXT_IDP_ID, [identity["extIdpId"] for identity in with_them["identities"]])
        for identity in with_them["identities"]:
            self.assertFalse({"accessToken", "refreshToken"} & set(identity))
        without = self.users([BOB], with_custom_data=False, flat_custom_data=False, with_identities=False)[0]
        self.assertFalse({"customData", "identities", "departmentIds", "school"} & set(without))

    def test_flat_custom_data_puts_the_fields_beside_the_profile(self):
        plain = self.users([BOB])[0]
        flat = self.users([BOB], with_custom_data=True, flat_custom_data=True)[0]
        self.assertEqual({name: flat[name] for name in CUSTOM_DATA}, CUSTOM_DATA)
        self.assertEqual({name: flat.get(name) for name in plain}, plain)

    def test_odd_characters_are_just_misses(self):
        for odd in ODD_IDS:
            with self.subTest(odd):
                self.assertEqual(ids_of(self.users([odd, "bob"], user_id_type="username")), [BOB])

    def test_50_ids_are_answered_and_51_refused_with_status_code_400(self):
        fifty = [miss(n) for n in range(49)] + [BOB]
        self.assertEqual(ids_of(self.users(fifty)), [BOB])
        self.assert_refused(self.client.get_user_batch([*fifty, miss(99)]), 400)

    def test_an_empty_list_is_refused_with_status_code_400(self):
        self.assert_refused(self.client.get_user_batch([]), 400)

    def test_a_wrong_secret_raises_the_sdks_own_error_with_the_contracts_codes(self):
        client = self.client_class(ACCESS_KEY_ID, "f" * 32, host=BASE_URL)
        with self.assertRaises(self.exception_class) as raised:
            client.get_user_batch([BOB])
        self.assertEqual((raised.exception.statusCode, raised.exception.apiCode), (401, 1300))

    def test_an_unknown_access_key_raises_the_sdks_own_error(self):
        client = self.client_class(miss(5), ACCESS_KEY_SECRET, host=BASE_URL)
        with self.assertRaises(self.exception_class) as raised:
            client.get_user_batch([BOB])
        self.assertEqual(raised.exception.statusCode, 401)


class GenAuth(TokenSdk, unittest.TestCase):
    client_class, exception_class = GenAuthClient, GenAuthException

    def test_this_is_version_5_1_0(self):
        self.assertEqual(genauth.version.__version__, "5.1.0")


class Authing(TokenSdk, unittest.TestCase):
    client_class, exception_class = AuthingClient, AuthingException

    def test_this_is_version_5_1_0(self):
        self.assertEqual(authing.version.__version__, "5.1.0")

    def test_with_department_ids_adds_the_department_ids(self):
        user = self.users([BOB], with_department_ids=True)[0]
        self.assertEqual(user["departmentIds"], DEPARTMENT_IDS)


class OtherSpellings(unittest.TestCase):
    """What the Go, Java and C# SDKs and curl send, with a token one of the Python SDKs fetched."""

    @classmethod
    def setUpClass(cls):
        client = GenAuthClient(ACCESS_KEY_ID, ACCESS_KEY_SECRET, host=BASE_URL)
        cls.token, _ = client.http_client.token_provider.get_access_token()

    def get(self, query, authorization=None):
        headers = {"authorization": authorization or f"Bearer {self.token}"}
        response = requests.get(f"{BASE_URL}/api/v3/get-user-batch?{query}", headers=headers, timeout=10)
        self.assertEqual(response.status_code, 200)
        return response.json()

    def test_all_five_spellings_of_a_list_name_the_same_users(self):
        spellings = {
            "brackets": f"userIds[]={miss(1)}&userIds[]={BOB}",
            "escaped brackets": f"userIds%5B%5D={miss(1)}&userIds%5B%5D={BOB}",
            "repeated": f"userIds={miss(1)}&userIds={BOB}",
            "joined by commas": f"userIds={miss(1)},{BOB}",
            "as Go prints a list": f"userIds=%5B{miss(1)}+{BOB}%5D",
        }
        for name, query in spellings.items():
            with self.subTest(name):
                self.assertEqual(ids_of(self.get(query)["data"]), [BOB])

    def test_booleans_count_in_any_case(self):
        for spelling in ["true", "True", "TRUE"]:
            with self.subTest(spelling):
                user = self.get(f"userIds={BOB}&withCustomData={spelling}")["data"][0]
                self.assertEqual(user["customData"], CUSTOM_DATA)

    def test_a_token_without_bearer_is_accepted_as_java_sends_it(self):
        self.assertEqual(ids_of(self.get(f"userIds={BOB}", self.token)["data"]), [BOB])

    def test_the_token_is_readable_by_the_sdks_plain_base64(self):
        payload = self.token.split(".")[1]
        self.assertNotRegex(payload, "[-_]")
        claims = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4)))
        self.assertEqual(claims["scoped_userpool_id"], USER_POOL_ID)

    def test_a_missing_broken_or_forged_token_is_refused_with_2020(self):
        header, payload, signature = self.token.split(".")
        other = ("A" if signature[0] != "A" else "B") + signature[1:]
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        forgeries = {
            "no token": "Bearer",
            "no JWT": "Bearer rubbish",
            "another signature": f"Bearer {header}.{payload}.{other}",
            "no signature": f"Bearer {unsigned}.{payload}.",
        }
        for name, authorization in forgeries.items():
            with self.subTest(name):
                answer = self.get(f"userIds={BOB}", authorization)
                self.assertEqual((answer["statusCode"], answer["apiCode"]), (401, 2020), answer)
