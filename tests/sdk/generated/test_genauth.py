"""GenAuth by openapi-python-client."""

import os
import unittest

import genauth_client
from genauth_client.api.token import get_management_token
from genauth_client.api.users import get_user_batch
from genauth_client.models import (
    AccessTokenRequest,
    AccessTokenRespDto,
    ApiCode,
    ErrorBody,
    ErrorStatus,
    GenderDto,
    GetUserBatchUserIdType,
    IdentityDto,
    StatusDto,
    Success,
    UserDto,
    UserListRespDto,
)
from genauth_client.types import UNSET

from connect import anonymous, authenticated

BOB = "6229ffa51c08d34cade3e3d9"


def request_token(secret=os.environ["GENAUTH_ACCESS_KEY_SECRET"]):
    body = AccessTokenRequest(os.environ["GENAUTH_ACCESS_KEY_ID"], secret)
    return get_management_token.sync_detailed(client=anonymous(genauth_client), body=body)


def connect(token):
    return authenticated(genauth_client, "token", token)


class GenAuth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        answer = request_token().parsed
        assert isinstance(answer, AccessTokenRespDto), answer
        cls.client = connect(answer.data.access_token)

    def users(self, user_ids, **options):
        answer = get_user_batch.sync(client=self.client, user_ids=user_ids, **options)
        self.assertIsInstance(answer, UserListRespDto)
        self.assertIs(answer.status_code, Success.VALUE_200)
        self.assertTrue(all(isinstance(user, UserDto) for user in answer.data))
        return answer.data

    def assert_refused(self, response, status):
        """A refusal has the HTTP status 200 and tells its own in `statusCode`."""
        self.assertEqual(response.status_code, 200)
        self.assertIsInstance(response.parsed, ErrorBody)
        self.assertIs(response.parsed.status_code, status)
        self.assertTrue(response.parsed.message)
        self.assertTrue(response.parsed.request_id)
        return response.parsed

    def test_a_user_is_answered(self):
        [bob] = self.users([BOB, "nobody", BOB])
        self.assertEqual((bob.user_id, bob.username, bob.email), (BOB, "bob", "test@example.com"))
        self.assertIs(bob.status, StatusDto.ACTIVATED)
        self.assertIs(bob.gender, GenderDto.M)
        self.assertIs(bob.custom_data, UNSET)

    def test_a_user_has_the_members_asked_for(self):
        options = {"with_custom_data": True, "with_identities": True, "with_department_ids": True}
        [bob] = self.users(["test@example.com"], user_id_type=GetUserBatchUserIdType.EMAIL, **options)
        self.assertEqual(len(bob.department_ids), 2)
        self.assertIsInstance(bob.identities[0], IdentityDto)
        self.assertEqual(bob.identities[0].provider, "wechat")
        self.assertEqual(bob.custom_data["school"], "Peking University")

    def test_a_wrong_token_is_refused(self):
        response = get_user_batch.sync_detailed(client=connect("rubbish"), user_ids=[BOB])
        self.assertIs(self.assert_refused(response, ErrorStatus.VALUE_401).api_code, ApiCode.VALUE_2020)

    def test_a_wrong_access_key_is_refused(self):
        self.assert_refused(request_token("wrong"), ErrorStatus.VALUE_401)

    def test_too_many_ids_are_refused(self):
        response = get_user_batch.sync_detailed(client=self.client, user_ids=[f"id-{n}" for n in range(101)])
        self.assertIn("userIds", self.assert_refused(response, ErrorStatus.VALUE_400).message)
