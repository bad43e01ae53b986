"""POST …/users/batch and the customers/batch call that leads to it, through an Authlib session."""

import base64
import json
import unittest
import uuid

import requests

from elements_client import (
    CUSTOMER_ID,
    CUSTOMERS_URL,
    READ_CUSTOMERS,
    READ_USERS,
    TENANT_ID,
    ElementsClient,
    users_url,
)

KEVIN = {
    "id": "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff",
    "userPrincipalName": "tony@element.onmicrosoft.com",
    "displayName": "Kevin Mark",
    "firstName": "Kevin",
    "lastName": "Mark",
    "department": "DEV",
    "mobile": "11122",
    "jobTitle": "Software developer",
    "mail": "tony@element.onmicrosoft.com",
    "location": "location",
    "employeeId": "643477",
    "status": [0, 1],
    "isTestUser": False,
    "age": 12,
    "startDate": "1970-01-01T00:00:00Z",
    "endDate": "1970-01-01T00:00:00Z",
    "company": "Organization ABC",
    "countryOrRegion": "Slovenia",
}


def ids_of(pages):
    return [user["id"] for page in pages for user in page.items]


class ElementsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = ElementsClient(f"{READ_USERS} {READ_CUSTOMERS}")

    def assert_refused(self, response, status):
        self.assertEqual(response.status_code, status, response.text)
        answer = response.json()
        self.assertEqual(answer["statusCode"], status)
        self.assertTrue(answer["message"])
        self.assertTrue(answer["requestId"])
        self.assertTrue(response.headers["request-id"])


class Customers(ElementsTest):
    def test_a_client_finds_its_customer_and_tenant(self):
        for body in [None, {}, {"customerIds": None}, {"customerIds": [CUSTOMER_ID]}]:
            with self.subTest(body=body):
                customers = [one for page in self.client.pages(CUSTOMERS_URL, body) for one in page.items]
                self.assertEqual([one["id"] for one in customers], [CUSTOMER_ID])
                self.assertIn(TENANT_ID, [tenant["id"] for tenant in customers[0]["tenants"]])
                self.assertTrue(customers[0]["organization"])
                self.assertTrue(all(tenant["name"] for tenant in customers[0]["tenants"]))

    def test_an_unknown_customer_id_matches_nothing(self):
        page = self.client.page(CUSTOMERS_URL, {"customerIds": [str(uuid.uuid4())]})
        self.assertEqual((page.items, page.total), ([], 0))

    def test_the_ids_found_lead_to_the_users(self):
        [customer] = self.client.page(CUSTOMERS_URL, {}).items
        for tenant in customer["tenants"]:
            page = self.client.page(users_url(customer["id"], tenant["id"]), {}, pageSize=1)
            self.assertGreater(page.total, 0)

    def test_a_token_without_the_customers_permission_is_refused_with_403(self):
        self.assert_refused(ElementsClient(READ_USERS).post(CUSTOMERS_URL, {}), 403)


class Paging(ElementsTest):
    def test_pages_cover_total_count_without_a_double_or_a_gap(self):
        by_size = {size: self.client.pages(users_url(), {}, size) for size in [7, 64, 1000]}
        everyone = ids_of(by_size[1000])
        self.assertGreaterEqual(len(everyone), 300)
        self.assertEqual(len(set(everyone)), len(everyone))
        for size, pages in by_size.items():
            with self.subTest(size):
                self.assertEqual(ids_of(pages), everyone)
                self.assertEqual({page.total for page in pages}, {len(everyone)})
                self.assertTrue(all(len(page.items) == size for page in pages[:-1]))

    def test_metadata_echoes_the_page_asked_for(self):
        page = self.client.page(users_url(), {}, pageIndex=2, pageSize=30)
        self.assertEqual((page.index, page.size, len(page.items)), (2, 30, 30))

    def test_without_paging_the_first_100_come(self):
        page = self.client.page(users_url(), {})
        self.assertEqual((page.index, page.size, len(page.items)), (1, 100, 100))

    def test_a_page_past_the_end_is_empty_with_the_true_total(self):
        total = self.client.page(users_url(), {}).total
        page = self.client.page(users_url(), {}, pageIndex=9999)
        self.assertEqual((page.items, page.total), ([], total))

    def test_paging_out_of_range_is_refused_with_400(self):
        for query in [{"pageIndex": 0}, {"pageIndex": -1}, {"pageIndex": "x"}, {"pageSize": 0}, {"pageSize": 1001}]:
            with self.subTest(query):
                self.assert_refused(self.client.post(users_url(), {}, **query), 400)


class Filter(ElementsTest):
    def filtered(self, user_ids, size=100):
        return self.client.pages(users_url(), {"userIds": user_ids}, size)

    def test_the_documented_user_is_answered_exactly_as_documented(self):
        [page] = self.filtered([KEVIN["id"]])
        self.assertEqual((page.items, page.total), ([KEVIN], 1))

    def test_every_user_has_the_18_members_with_their_types(self):
        for page in self.client.pages(users_url(), {}, 1000):
            for user in page.items:
                self.assertEqual(set(user), set(KEVIN))
                self.assertIsInstance(user["status"], list)
                self.assertTrue(all(isinstance(one, int) and 0 <= one <= 8 for one in user["status"]))
                for name in ["startDate", "endDate"]:
                    self.assertRegex(user[name], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_no_filter_in_any_spelling_means_all_users(self):
        total = self.client.page(users_url(), {}).total
        for body in [None, {"userIds": None}, {"userIds": []}, {"pageIndex": 2, "pageSize": 1, "colour": "blue"}]:
            with self.subTest(body=body):
                page = self.client.page(users_url(), body)
                self.assertEqual((page.total, page.index, page.size), (total, 1, 100))

    def test_unknown_ids_do_not_match_and_repeated_ones_count_once(self):
        [page] = self.filtered([str(uuid.uuid4()), KEVIN["id"], "no id at all", KEVIN["id"]])
        self.assertEqual((ids_of([page]), page.total), ([KEVIN["id"]], 1))
        [page] = self.filtered([str(uuid.uuid4())])
        self.assertEqual((page.items, page.total), ([], 0))

    def test_a_filtered_list_is_paged_like_the_whole(self):
        wanted = ids_of([self.client.page(users_url(), {}, pageSize=200)])[::7]
        pages = self.filtered(wanted[::-1], size=4)
        self.assertEqual(ids_of(pages), wanted)
        self.assertEqual({page.total for page in pages}, {len(wanted)})

    def test_user_ids_of_another_type_are_refused_with_400(self):
        for user_ids in [KEVIN["id"], 7, {"id": KEVIN["id"]}, [7]]:
            with self.subTest(user_ids):
                self.assert_refused(self.client.post(users_url(), {"userIds": user_ids}), 400)


class Refusals(ElementsTest):
    def post_with(self, authorization):
        headers = {"authorization": authorization} if authorization else {}
        return requests.post(users_url(), json={}, headers=headers, timeout=10)

    def forgeries(self):
        header, payload, signature = self.client.token["access_token"].split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        self.assertIn("exp", claims)

        def encoded(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        yield "no token", None
        yield "no JWT", "Bearer rubbish"
        yield "another signature", f"Bearer {header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
        yield "changed claims", f"Bearer {header}.{encoded(claims | {'exp': claims['exp'] + 1})}.{signature}"
        yield "no signature", f"Bearer {encoded({'alg': 'none', 'typ': 'JWT'})}.{payload}."
        yield "the secret of nobody", "Basic bm9ib2R5Om5vYm9keQ=="

    def test_a_missing_or_forged_token_is_refused_with_401(self):
        for name, authorization in self.forgeries():
            with self.subTest(name):
                response = self.post_with(authorization)
                self.assert_refused(response, 401)
                self.assertTrue(response.headers["www-authenticate"].startswith("Bearer"))

    def test_a_token_without_the_users_permission_is_refused_with_403(self):
        self.assert_refused(ElementsClient(READ_CUSTOMERS).post(users_url(), {}), 403)

    def test_a_foreign_customer_or_tenant_is_refused_with_one_and_the_same_404(self):
        foreign = [(str(uuid.uuid4()), TENANT_ID), (CUSTOMER_ID, str(uuid.uuid4())), (TENANT_ID, CUSTOMER_ID)]
        messages = set()
        for ids in foreign:
            with self.subTest(ids):
                response = self.client.post(users_url(*ids), {})
                self.assert_refused(response, 404)
                messages.add(response.json()["message"])
        self.assertEqual(len(messages), 1)

    def test_get_is_refused_with_405(self):
        response = self.client.session.get(users_url(), timeout=10)
        self.assert_refused(response, 405)
        self.assertIn("POST", response.headers["allow"])

    def test_broken_json_is_refused_with_400(self):
        headers = {"content-type": "application/json"}
        response = self.client.session.post(users_url(), data='{"userIds": [', headers=headers, timeout=10)
        self.assert_refused(response, 400)

    def test_an_answer_names_its_request(self):
        self.assertTrue(self.client.post(users_url(), {}).headers["request-id"])
