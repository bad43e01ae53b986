"""A client of AvePoint Elements on Authlib's OAuth 2.0 session, as a partner would write it from the vendor's pages."""

import os
from dataclasses import dataclass

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

BASE_URL = os.environ["BASE_URL"].rstrip("/")
TOKEN_URL = f"{BASE_URL}/connect/token"
CUSTOMERS_URL = f"{BASE_URL}/partner/external/v3/general/customers/batch"

CLIENT_ID = os.environ["AVEPOINT_CLIENT_ID"]
CLIENT_SECRET = os.environ["AVEPOINT_CLIENT_SECRET"]
CUSTOMER_ID = os.environ["AVEPOINT_CUSTOMER_ID"]
TENANT_ID = os.environ["AVEPOINT_TENANT_ID"]

READ_USERS = "elements.um.user.read.all"
READ_WRITE_USERS = "elements.um.user.readwrite.all"
READ_CUSTOMERS = "elements.customers.read.all"


def users_url(customer_id=CUSTOMER_ID, tenant_id=TENANT_ID):
    return f"{BASE_URL}/partner/external/v3/um/customers/{customer_id}/tenants/{tenant_id}/users/batch"


@dataclass(frozen=True)
class Page:
    """One page of an Elements list."""

    index: int
    size: int
    total: int
    items: list


class ElementsClient:
    """Gets a token for the given scopes when it is made, then calls the API with it."""

    def __init__(self, scope=None, auth_method="client_secret_post", client_id=CLIENT_ID, secret=CLIENT_SECRET):
        self.session = OAuth2Session(client_id, secret, scope=scope, token_endpoint_auth_method=auth_method)
        if auth_method == "private_key_jwt":
            self.session.register_client_auth_method(PrivateKeyJWT(TOKEN_URL))
        self.token = self.session.fetch_token(TOKEN_URL, grant_type="client_credentials", timeout=10)

    def post(self, url, body=None, **query):
        """Posts a JSON body, or none at all when `body` is None."""
        return self.session.post(url, params=query, json=body, timeout=30)

    def page(self, url, body=None, **query):
        """One page; raises requests.HTTPError when the call was refused."""
        response = self.post(url, body, **query)
        response.raise_for_status()
        answer = response.json()
        metadata = answer["metadata"]
        return Page(metadata["pageIndex"], metadata["pageSize"], metadata["totalCount"], answer["data"])

    def pages(self, url, body=None, size=50):
        """All pages: goes on until the items cover totalCount, as AvePoint's own PowerShell client does."""
        pages, seen = [], 0
        while True:
            page = self.page(url, body, pageIndex=len(pages) + 1, pageSize=size)
            pages.append(page)
            seen += len(page.items)
            if seen >= page.total:
                return pages
            if not page.items:
                raise AssertionError(f"page {page.index} is empty, {seen} of {page.total} seen: a real client loops")
