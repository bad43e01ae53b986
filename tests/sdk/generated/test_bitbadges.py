"""BitBadges by openapi-python-client."""

import os
import unittest

import bitbadges_client
from bitbadges_client.api.accounts import fetch_user, fetch_user_batch, fetch_users
from bitbadges_client.models import (
    AccountChain,
    AccountFetch,
    AccountsRequest,
    AccountsResponse,
    Activity,
    Collected,
    ErrorBody,
    OneAccountResponse,
    ViewFetch,
    ViewName,
)
from bitbadges_client.types import UNSET

from connect import authenticated

TREVORMIL = {"address": "0xb246a3764d642BABbd6b075bca3e77E1cD563d78", "username": "trevormil"}
COLLECTOR = "marta.collector"


def connect(api_key=os.environ["BITBADGES_API_KEY"]):
    return authenticated(bitbadges_client, "apiKey", api_key)


class BitBadges(unittest.TestCase):
    def accounts(self, operation, *entries):
        answer = operation.sync(client=connect(), body=AccountsRequest(list(entries)))
        self.assertIsInstance(answer, AccountsResponse)
        return answer.accounts

    def assert_refused(self, response, status):
        self.assertEqual(response.status_code, status)
        self.assertIsInstance(response.parsed, ErrorBody)
        self.assertTrue(response.parsed.message)
        self.assertEqual(response.parsed.error_message, response.parsed.message)
        return response.parsed

    def test_a_batch_answers_accounts(self):
        entries = [AccountFetch(address=TREVORMIL["address"]), AccountFetch(username=COLLECTOR)]
        trevormil, collector = self.accounts(fetch_users, *entries)
        self.assertEqual(trevormil.username, TREVORMIL["username"])
        self.assertIs(trevormil.chain, AccountChain.ETHEREUM)
        self.assertRegex(trevormil.balance.amount, r"^\d+$")
        self.assertEqual(collector.username, COLLECTOR)

    def test_a_view_leads_to_its_next_page(self):
        def page(bookmark):
            view = ViewFetch(view_key=ViewName.LATESTACTIVITY, bookmark=bookmark)
            [account] = self.accounts(fetch_user_batch, AccountFetch(username=COLLECTOR, views_to_fetch=[view]))
            return account.views["latestActivity"], account.activity

        first, transfers = page("")
        self.assertTrue(first.pagination.has_more)
        self.assertEqual([transfer.field_doc_id for transfer in transfers], first.ids)
        for transfer in transfers:
            self.assertIsInstance(transfer, Activity)
            self.assertRegex(transfer.balances[0].badge_ids[0].start, r"^\d+$")
        second, _ = page(first.pagination.bookmark)
        self.assertTrue(second.ids)
        self.assertFalse(set(second.ids) & set(first.ids))

    def test_a_holding_has_its_permissions(self):
        view = ViewFetch(view_id="held", view_type=ViewName.TOKENSCOLLECTED, bookmark="")
        [account] = self.accounts(fetch_users, AccountFetch(username=COLLECTOR, views_to_fetch=[view]))
        held = account.collected[0]
        self.assertIsInstance(held, Collected)
        self.assertIsInstance(held.user_permissions["canUpdateIncomingApprovals"], list)

    def test_one_account_is_answered_by_query(self):
        answer = fetch_user.sync(client=connect(), username=TREVORMIL["username"])
        self.assertIsInstance(answer, OneAccountResponse)
        self.assertEqual(answer.account.address, TREVORMIL["address"])

    def test_a_wrong_api_key_is_refused(self):
        body = AccountsRequest([AccountFetch(username=COLLECTOR)])
        refusal = self.assert_refused(fetch_users.sync_detailed(client=connect("wrong-key"), body=body), 401)
        self.assertIs(refusal.unauthorized, True)

    def test_a_malformed_address_is_refused_with_its_place(self):
        body = AccountsRequest([AccountFetch(address="not an address")])
        refusal = self.assert_refused(fetch_users.sync_detailed(client=connect(), body=body), 400)
        self.assertIn("accountsToFetch[0]", refusal.error_message)
        self.assertIs(refusal.unauthorized, UNSET)

    def test_a_query_for_nobody_is_refused(self):
        self.assert_refused(fetch_user.sync_detailed(client=connect()), 400)
