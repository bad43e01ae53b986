"""AvePoint by openapi-python-client."""

import datetime
import os
import unittest
import uuid
from urllib.parse import urljoin

import avepoint_client
from avepoint_client.api.customers import get_customers_batch
from avepoint_client.api.tokens import get_discovery, get_server_metadata, get_token
from avepoint_client.api.users import get_users_batch
from avepoint_client.models import (
    CustomersRequest,
    Discovery,
    ElementsTenant,
    ErrorBody,
    ErrorCode,
    FlagsItem,
    GrantType,
    OAuthError,
    PageElementsCustomer,
    PageElementsUser,
    ScopeName,
    TokenForm,
    TokenResponse,
    TokenType,
    UsersRequest,
)

from connect import BASE_URL, anonymous, authenticated, security_scheme

CUSTOMER_ID = os.environ["AVEPOINT_CUSTOMER_ID"]
TENANT_ID = os.environ["AVEPOINT_TENANT_ID"]
KEVIN = "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff"
READ_USERS = ScopeName.ELEMENTS_UM_USER_READ_ALL
READ_CUSTOMERS = ScopeName.ELEMENTS_CUSTOMERS_READ_ALL


def request_token(*scopes, secret=os.environ["AVEPOINT_CLIENT_SECRET"]):
    form = TokenForm(
        grant_type=GrantType.CLIENT_CREDENTIALS,
        scope=" ".join(scopes),
        client_id=os.environ["AVEPOINT_CLIENT_ID"],
        client_secret=secret,
    )
    return get_token.sync_detailed(client=anonymous(avepoint_client), body=form)


def connect(token):
    return authenticated(avepoint_client, "oauth2", token)


class AvePoint(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        token = request_token(READ_USERS, READ_CUSTOMERS).parsed
        assert isinstance(token, TokenResponse) and token.token_type is TokenType.BEARER, token
        cls.client = connect(token.access_token)

    def users(self, client=None, customer_id=CUSTOMER_ID, body=UsersRequest(), **query):
        client = client or self.client
        return get_users_batch.sync_detailed(customer_id, TENANT_ID, client=client, body=body, **query)

    def assert_refused(self, response, status):
        self.assertEqual(response.status_code, status)
        self.assertIsInstance(response.parsed, ErrorBody)
        self.assertEqual(response.parsed.status_code, status)
        self.assertEqual(response.parsed.request_id, response.headers["request-id"])
        return response.parsed

    def test_the_metadata_and_the_description_name_the_same_token_endpoint_and_scopes(self):
        flow = security_scheme("avepoint", "oauth2")["flows"]["clientCredentials"]
        for operation in [get_discovery, get_server_metadata]:
            metadata = operation.sync(client=anonymous(avepoint_client))
            self.assertIsInstance(metadata, Discovery)
            self.assertEqual(metadata.token_endpoint, urljoin(BASE_URL, flow["tokenUrl"]))
            self.assertEqual({str(scope) for scope in metadata.scopes_supported}, set(flow["scopes"]))

    def test_a_user_is_answered_with_the_page(self):
        page = self.users(body=UsersRequest([KEVIN])).parsed
        self.assertIsInstance(page, PageElementsUser)
        [kevin] = page.data
        self.assertEqual(kevin.display_name, "Kevin Mark")
        self.assertEqual(kevin.status, [FlagsItem.VALUE_0, FlagsItem.VALUE_1])
        self.assertEqual(kevin.start_date, datetime.datetime.fromtimestamp(0, datetime.UTC))
        metadata = page.metadata
        self.assertEqual((metadata.page_index, metadata.page_size, metadata.total_count), (1, 100, 1))

    def test_the_page_is_chosen_by_query(self):
        page = self.users(page_index=2, page_size=3).parsed
        self.assertIsInstance(page, PageElementsUser)
        self.assertEqual((page.metadata.page_index, len(page.data)), (2, 3))

    def test_a_customer_is_answered_with_its_tenants(self):
        page = get_customers_batch.sync(client=self.client, body=CustomersRequest())
        self.assertIsInstance(page, PageElementsCustomer)
        [customer] = page.data
        self.assertEqual(customer.id, CUSTOMER_ID)
        self.assertTrue(all(isinstance(tenant, ElementsTenant) for tenant in customer.tenants))
        self.assertIn(TENANT_ID, [tenant.id for tenant in customer.tenants])

    def test_a_token_request_is_refused_by_the_codes_of_oauth_2(self):
        requests = {
            ErrorCode.INVALID_CLIENT: request_token(READ_USERS, secret="wrong-secret"),
            ErrorCode.INVALID_SCOPE: request_token("elements.everything"),
        }
        for code, response in requests.items():
            with self.subTest(code):
                self.assertEqual(response.status_code, 400)
                self.assertIsInstance(response.parsed, OAuthError)
                self.assertIs(response.parsed.error, code)
                self.assertTrue(response.parsed.error_description)

    def test_a_wrong_token_is_refused(self):
        self.assert_refused(self.users(connect("rubbish")), 401)

    def test_a_token_without_the_scope_is_refused(self):
        token = request_token(READ_CUSTOMERS).parsed
        self.assert_refused(self.users(connect(token.access_token)), 403)

    def test_a_page_that_is_too_large_is_refused(self):
        self.assertIn("pageSize", self.assert_refused(self.users(page_size=1001), 400).message)

    def test_another_customers_users_are_not_found(self):
        self.assert_refused(self.users(customer_id=str(uuid.uuid4())), 404)
