"""Checks a gateway with scim2-tester and its client, and prints what was found.

Usage: conform.py      (environment: SCIM_URL; SCIM_TOKEN of a tenant that has nobody; READ_TOKEN of one that has users)

All checks of the suite run against the first tenant. Of the second one, every page of every list must be valid by the
schemas that the gateway publishes. Fails unless every check passes, except for those in EXPECTED, which must end as they
do there: what no longer occurs has to be taken from the list.
"""

import os
import sys
from collections import Counter

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Path, SearchRequest
from scim2_tester import Status, check_server

PASSED = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
PAGE = 100
OWN = "urn:ietf:params:scim:schemas:extension:userbatch:2.0:User"

READ_ONLY_BESIDE = "the suite expects back what it sent alone, but readOnly attributes of the extension are there too"
ACTIVE = "a user without a status is active, and shown so: removing `active` removes the status"

# (type of resource, check, how it ends, attribute) with the reason why it may.
EXPECTED = {
    ("User", "check_add_attribute", "ERROR", OWN): READ_ONLY_BESIDE,
    ("User", "check_replace_attribute", "ERROR", OWN): READ_ONLY_BESIDE,
    ("User", "check_remove_attribute", "ERROR", OWN): READ_ONLY_BESIDE,
    ("User", "check_remove_attribute", "ERROR", "active"): ACTIVE,
}


def client_for(token):
    headers = {"authorization": f"Bearer {token}"}
    return SyncSCIMClient(Client(base_url=os.environ["SCIM_URL"], headers=headers, timeout=60))


def kind_of(result):
    attribute = result.data.get("urn") if isinstance(result.data, dict) else None
    return result.resource_type or "-", result.title, result.status.name, attribute or "-"


def name_users_as_members(client):
    """Adds users, whom the suite names as members of groups: ids that it makes up are of nobody, and refused."""
    user, group = (client.get_resource_model(name) for name in ("User", "Group"))
    added = [client.create(user(user_name=f"member-{number}")) for number in range(3)]
    member = Path[group]("members.value").resolve()
    member.target_model.model_fields[member.target_field_name].examples = [user.id for user in added]


def run_suite():
    """Whether the suite ends as expected."""
    client = client_for(os.environ["SCIM_TOKEN"])
    client.discover()
    name_users_as_members(client)
    results = check_server(client)
    odd = {kind_of(result): result for result in results if result.status not in PASSED}
    for kind, result in odd.items():
        if kind in EXPECTED:
            print(f"scim: expected: {' '.join(kind)}: {EXPECTED[kind]}")
        else:
            print(f"scim: FAILED: {' '.join(kind)}: {result.reason}\n{result.data}")
    for kind in sorted(EXPECTED.keys() - odd.keys()):
        print(f"scim: FAILED: expected, but not so: {' '.join(kind)}")
    counts = Counter(result.status.name.lower() for result in results)
    types = sorted({result.resource_type for result in results if result.resource_type})
    print(f"scim: {len(results)} checks of {', '.join(types)}: {dict(counts)}")
    return bool(types) and odd.keys() == EXPECTED.keys()


def read_all(client, model):
    """The ids of all resources of a type, from valid pages."""
    ids, total = [], None
    while total is None or len(ids) < total:
        page = client.query(model, query_parameters=SearchRequest(start_index=len(ids) + 1, count=PAGE))
        if not page.resources:
            break
        ids += [resource.id for resource in page.resources]
        total = page.total_results
    return ids, total or 0


def read_everything():
    """Whether the lists of the tenant that has users can be read, page by page."""
    client = client_for(os.environ["READ_TOKEN"])
    client.discover()
    is_whole = True
    for resource_type in client.provider.resource_types:
        ids, total = read_all(client, client.provider.model_for(resource_type))
        print(f"scim: read {len(set(ids))} of {total} of {resource_type.name}")
        is_whole &= len(set(ids)) == len(ids) == total
        is_whole &= total > 0 or resource_type.name != "User"
    return is_whole


if __name__ == "__main__":
    outcomes = [run_suite(), read_everything()]
    sys.exit(0 if all(outcomes) else 1)
