"""PyPI `bitbadgespy-sdk` 0.1.88, unmodified but for `host`: every answer passes the checks of its own models."""

import os
import unittest
from unittest import TestCase

from bitbadgespy_sdk import AccountsApi, ApiClient, Configuration
from bitbadgespy_sdk.exceptions import ApiException
from bitbadgespy_sdk.models.account_view_key import AccountViewKey
from bitbadgespy_sdk.models.i_get_account_payload import IGetAccountPayload
from bitbadgespy_sdk.models.i_get_accounts_payload import IGetAccountsPayload
from bitbadgespy_sdk.models.supported_chain import SupportedChain

BASE_URL = os.environ["BASE_URL"].rstrip("/")
API_KEY = os.environ["BITBADGES_API_KEY"]

TREVORMIL = "trevormil"
ADDRESS = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78"
COSMOS_ADDRESS = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x"
BITBADGES_ADDRESS = "bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh"
BTC_ADDRESS = "bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt"
SOLANA_ADDRESS = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
COLLECTOR = "marta.collector"
PAGE_SIZE = 25


def unused_address(n):
    """A valid address nobody in the demo has: the n-th smallest Ethereum address."""
    return f"0x{n:040x}"


def number(value):
    """A number as the SDK keeps it."""
    return int(value.actual_instance)


class PythonSdk(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = AccountsApi(ApiClient(Configuration(host=f"{BASE_URL}/api/v0")))

    def accounts(self, *entries):
        payload = IGetAccountsPayload.from_dict({"accountsToFetch": list(entries)})
        return self.api.get_accounts(API_KEY, i_get_accounts_payload=payload).accounts

    def account(self, **entry):
        (account,) = self.accounts(entry)
        return account

    def page(self, view_type, bookmark="", **options):
        view = {"viewId": "mine", "viewType": view_type, "bookmark": bookmark, **options}
        account = self.account(username=COLLECTOR, viewsToFetch=[view])
        return account, account.views["mine"]

    def pages(self, view_type, **options):
        """All pages of a view."""
        account, view = self.page(view_type, **options)
        pages = [(account, view)]
        while view.pagination.has_more:
            self.assertEqual(len(view.ids), PAGE_SIZE)
            account, view = self.page(view_type, view.pagination.bookmark, **options)
            pages.append((account, view))
        return pages

    def refusal(self, status, *entries, key=API_KEY):
        with self.assertRaises(ApiException) as refused:
            self.api.get_accounts(key, i_get_accounts_payload=IGetAccountsPayload.from_dict({"accountsToFetch": list(entries)}))
        self.assertEqual(refused.exception.status, status)
        return refused.exception


class Accounts(PythonSdk):
    def test_every_form_of_an_address_finds_the_account(self):
        for address in (ADDRESS, ADDRESS.lower(), COSMOS_ADDRESS, BITBADGES_ADDRESS, BTC_ADDRESS):
            with self.subTest(address):
                self.assertEqual(self.account(address=address).username, TREVORMIL)

    def test_a_full_account_has_all_forms_of_its_address(self):
        account = self.account(username=TREVORMIL)
        self.assertEqual(account.address, ADDRESS)
        self.assertEqual(account.bitbadges_address, BITBADGES_ADDRESS)
        self.assertEqual(account.eth_address, ADDRESS)
        self.assertEqual(account.btc_address, BTC_ADDRESS)
        self.assertRegex(account.thor_address, "^tthor1[02-9ac-hj-np-z]{38}$")
        self.assertEqual(account.chain, SupportedChain.ETHEREUM)
        self.assertGreaterEqual(number(account.account_number), 0)

    def test_a_full_account_has_its_balances(self):
        (balance,) = self.account(username=TREVORMIL).balances
        self.assertEqual((number(balance.amount), balance.denom), (1000, "badge"))

    def test_a_valid_address_nobody_has_gives_a_blank_account(self):
        account = self.account(address=unused_address(1))
        self.assertEqual(account.address, unused_address(1))
        self.assertEqual(number(account.account_number), -1)
        self.assertEqual((account.public_key, account.pub_key_type, account.username), ("", "", None))
        self.assertEqual((account.collected, account.activity, account.views), ([], [], {}))

    def test_a_solana_address_nobody_has_gives_a_blank_account(self):
        account = self.account(address=SOLANA_ADDRESS)
        self.assertEqual((account.sol_address, account.chain), (SOLANA_ADDRESS, SupportedChain.SOLANA))

    def test_an_unknown_username_gives_a_blank_account_of_an_unknown_chain(self):
        account = self.account(username="no-such-name-here")
        self.assertEqual((account.chain, account.address), (SupportedChain.UNKNOWN, ""))

    def test_accounts_come_in_request_order(self):
        entries = [{"address": unused_address(7)}, {"username": TREVORMIL}, {"address": unused_address(3)}]
        shown = [account.address for account in self.accounts(*entries)]
        self.assertEqual(shown, [unused_address(7), ADDRESS, unused_address(3)])

    def test_250_accounts_come_in_one_answer(self):
        addresses = [unused_address(n + 1) for n in range(250)]
        shown = self.accounts(*({"address": address} for address in addresses))
        self.assertEqual([account.address.lower() for account in shown], addresses)

    def test_an_empty_list_gets_an_empty_list(self):
        self.assertEqual(self.accounts(), [])

    def test_a_partial_profile_is_an_account_too(self):
        self.assertEqual(self.account(username=TREVORMIL, partialProfile=True).address, ADDRESS)


class OneAccount(PythonSdk):
    def test_it_is_found_by_username_and_by_address(self):
        for asked in ({"username": TREVORMIL}, {"address": BTC_ADDRESS}):
            with self.subTest(asked):
                found = self.api.get_account(API_KEY, payload=IGetAccountPayload.from_dict(asked)).account
                self.assertEqual(found, self.account(**asked))
                self.assertEqual(found.address, ADDRESS)

    def test_an_address_nobody_has_gives_a_blank_account(self):
        payload = IGetAccountPayload(address=unused_address(8))
        account = self.api.get_account(API_KEY, payload=payload).account
        self.assertEqual((account.address, number(account.account_number)), (unused_address(8), -1))

    def test_a_wrong_key_and_no_account_are_refused(self):
        for key, payload, status in (("wrong", {"username": TREVORMIL}, 401), (API_KEY, {}, 400)):
            with self.assertRaises(ApiException) as refused:
                self.api.get_account(key, payload=IGetAccountPayload.from_dict(payload))
            self.assertEqual(refused.exception.status, status)


class Views(PythonSdk):
    def test_every_view_the_sdk_names_pages_to_its_end(self):
        for view_type in AccountViewKey:
            with self.subTest(view_type.value):
                ids = [id for _, view in self.pages(view_type.value) for id in view.ids]
                self.assertEqual(len(ids), len(set(ids)))
                if view_type in (AccountViewKey.TRANSFERACTIVITY, AccountViewKey.TOKENSCOLLECTED):
                    self.assertGreater(len(ids), PAGE_SIZE)

    def test_the_documents_of_a_page_have_its_ids(self):
        account, view = self.page("transferActivity")
        self.assertEqual([document.doc_id for document in account.activity], view.ids)
        account, view = self.page("tokensCollected")
        self.assertEqual([document.doc_id for document in account.collected], view.ids)

    def test_activity_is_newest_first_unless_asked_otherwise(self):
        for options, reverse in (({}, True), ({"oldestFirst": True}, False)):
            account, _ = self.page("transferActivity", **options)
            times = [number(document.timestamp) for document in account.activity]
            self.assertEqual(times, sorted(times, reverse=reverse))

    def test_a_view_is_narrowed_to_the_collections_named(self):
        account, _ = self.page("tokensCollected")
        wanted = account.collected[0].collection_id
        every_badge = [{"start": "1", "end": "18446744073709551615"}]
        narrowed, view = self.page(
            "tokensCollected", specificCollections=[{"collectionId": wanted, "badgeIds": every_badge}]
        )
        self.assertEqual([document.collection_id for document in narrowed.collected], [wanted])
        self.assertFalse(view.pagination.has_more)

    def test_a_holding_says_what_its_holder_approves(self):
        account, _ = self.page("tokensCollected")
        held = account.collected[0]
        self.assertEqual(held.bitbadges_address, account.bitbadges_address)
        self.assertFalse(held.auto_approve_all_incoming_transfers)
        self.assertFalse(held.auto_approve_self_initiated_incoming_transfers)
        self.assertFalse(held.auto_approve_self_initiated_outgoing_transfers)
        self.assertEqual(held.user_permissions.can_update_auto_approve_all_incoming_transfers, [])

    def test_a_transfer_says_who_initiated_it(self):
        account, _ = self.page("transferActivity")
        self.assertTrue(all(isinstance(document.initiated_by, str) for document in account.activity))


class Refusals(PythonSdk):
    def test_a_wrong_key_is_refused(self):
        self.assertIn("errorMessage", self.refusal(401, {"username": TREVORMIL}, key="wrong").body)

    def test_a_malformed_address_is_refused_with_its_place(self):
        refused = self.refusal(400, {"username": TREVORMIL}, {"address": "not an address"})
        self.assertIn("accountsToFetch[1]", refused.body)

    def test_a_made_up_bookmark_is_refused(self):
        view = {"viewId": "v", "viewType": "transferActivity", "bookmark": "made-up"}
        self.refusal(400, {"username": TREVORMIL, "viewsToFetch": [view]})

    def test_more_than_250_accounts_are_refused(self):
        self.refusal(400, *({"address": unused_address(n + 1)} for n in range(251)))


if __name__ == "__main__":
    unittest.main()
