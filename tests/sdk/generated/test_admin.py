"""The operators' API by openapi-python-client."""

import datetime
import io
import json
import os
import unittest

import admin_client
from admin_client.api.audit import list_audit
from admin_client.api.tenants import create_tenant, get_tenant, list_tenants
from admin_client.api.transfer import export_users, import_users
from admin_client.models import ActBody, ImportBody, NewTenantBody, Problem, RejectBody, TenantBody, ViaName
from admin_client.types import File

from connect import ADMIN_URL, authenticated


def connect(token=os.environ["ADMIN_TOKEN"]):
    return authenticated(admin_client, "bearer", token, ADMIN_URL)


class Admin(unittest.TestCase):
    def assert_problem(self, response, status):
        self.assertEqual(response.status_code, status)
        self.assertEqual(response.headers["content-type"], "application/problem+json")
        self.assertIsInstance(response.parsed, Problem)
        self.assertEqual(response.parsed.status, status)
        self.assertEqual(response.parsed.type_, "about:blank")
        return response.parsed

    def test_tenants_are_listed(self):
        tenants = list_tenants.sync(client=connect())
        self.assertTrue(all(isinstance(tenant, TenantBody) for tenant in tenants))
        [demo] = [tenant for tenant in tenants if tenant.slug == "demo"]
        self.assertEqual(demo.customer_id, os.environ["AVEPOINT_CUSTOMER_ID"])
        self.assertIsInstance(demo.created_at, datetime.datetime)

    def test_the_audit_log_has_its_details(self):
        entries = list_audit.sync(client=connect(), tenant="demo", limit=1000)
        self.assertTrue(all(isinstance(entry, ActBody) for entry in entries))
        [created] = [entry for entry in entries if entry.act == "tenant.create"]
        self.assertIs(created.via, ViaName.CLI)
        self.assertEqual(created.detail["customerId"], os.environ["AVEPOINT_CUSTOMER_ID"])

    def test_users_are_exported_as_lines_of_json(self):
        answer = export_users.sync("demo", client=connect())
        self.assertIs(type(answer), File)
        self.assertGreaterEqual(sum("id" in json.loads(line) for line in answer.payload), 300)

    def test_an_import_tells_what_it_would_do(self):
        lines = b'{"id":"generated-client","profile":{"displayName":"Ana Novak"}}\n{"id":7}\n'
        result = import_users.sync("demo", client=connect(), body=File(io.BytesIO(lines)), dry_run=True)
        self.assertIsInstance(result, ImportBody)
        self.assertEqual((result.applied, result.added, result.rejected), (False, 1, 1))
        self.assertIsInstance(result.rejects[0], RejectBody)
        self.assertEqual((result.rejects[0].record, result.rejects[0].field), (2, "id"))

    def test_an_unknown_tenant_is_a_problem(self):
        problem = self.assert_problem(get_tenant.sync_detailed("nowhere", client=connect()), 404)
        self.assertIn("no tenant", problem.detail)

    def test_a_wrong_token_is_a_problem(self):
        self.assert_problem(list_tenants.sync_detailed(client=connect("wrong")), 401)

    def test_a_malformed_slug_is_a_problem(self):
        response = create_tenant.sync_detailed(client=connect(), body=NewTenantBody(slug="Not A Slug"))
        self.assertIn("slug", self.assert_problem(response, 400).detail)
