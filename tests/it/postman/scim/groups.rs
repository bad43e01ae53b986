//! Groups, alone and in bulk requests.

use serde_json::{Value, json};

use super::{Request, USER_SCHEMA, search};

const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

const KEEP_GROUP: &str = "pm.collectionVariables.set('group_id', body.id);";
/// Keeps the ids of the user and of the group that a bulk request added.
const KEEP_BULK: &str =
    "const [bulkUser, bulkGroup] = body.Operations.map((one) => one.location.split('/').pop());
pm.collectionVariables.set('bulk_user_id', bulkUser);
pm.collectionVariables.set('bulk_group_id', bulkGroup);";
const GROUP_ALONE: &str =
    "pm.expect(body.Resources.map((group) => group.id)).to.eql([pm.collectionVariables.get('group_id')])";
const ANA_IS_MEMBER: &str = "pm.expect(body.members.map((member) => \
    member.value)).to.eql([pm.collectionVariables.get('user_id')])";

fn new_group(name: &str, members: &Value) -> Value {
    json!({"schemas": [GROUP_SCHEMA], "displayName": format!("{name} {{{{run}}}}"), "members": members})
}

/// Requests for groups. The changes are in the form that Entra sends.
pub fn groups() -> Vec<Request> {
    let ana = json!([{"value": "{{user_id}}"}]);
    vec![
        Request::of("createGroup", "Add a group")
            .scim(&new_group("Operations", &json!([])))
            .status(201)
            .check("it has a version", "pm.response.to.have.header('etag', body.meta.version)")
            .check("it has no members", "pm.expect(body.members || []).to.be.empty")
            .after(KEEP_GROUP),
        Request::of("patchGroup", "Add a member")
            .on_group()
            .patch(&json!({"op": "Add", "path": "members", "value": ana}))
            .status(204),
        Request::of("getGroup", "Get a group").on_group().check("it has the member", ANA_IS_MEMBER),
        Request::of("getUser", "Get the member").check(
            "it has the group",
            "pm.expect(body.groups.map((group) => group.value)).to.eql([pm.collectionVariables.get('group_id')])",
        ),
        Request::of("patchGroup", "Rename a group")
            .on_group()
            .query("attributes", "displayName")
            .patch(&json!({"op": "Replace", "path": "displayName", "value": "Support {{run}}"}))
            .check("it has the new name", "pm.expect(body.displayName).to.match(/^Support /)")
            .check("the members are not shown", "pm.expect(body).to.not.have.property('members')"),
        Request::of("listGroups", "Find a group by name, without its members")
            .query("filter", "displayName eq \"Support {{run}}\"")
            .query("excludedAttributes", "members")
            .check("it is found", GROUP_ALONE)
            .check("the members are not shown", "pm.expect(body.Resources[0]).to.not.have.property('members')"),
        Request::of("searchGroups", "Find the groups of a member")
            .scim(&search("members.value eq \"{{user_id}}\""))
            .check("it is found", GROUP_ALONE),
        Request::of("patchGroup", "Remove a member")
            .on_group()
            .patch(&json!({"op": "Remove", "path": "members", "value": ana}))
            .status(204),
        Request::of("getGroup", "Get a group without members")
            .on_group()
            .check("it has no members", "pm.expect(body.members || []).to.be.empty"),
        Request::of("replaceGroup", "Replace a group")
            .on_group()
            .scim(&new_group("Development", &ana))
            .check("it has the new name", "pm.expect(body.displayName).to.match(/^Development /)")
            .check("it has the member", ANA_IS_MEMBER),
    ]
}

/// Requests of many operations.
pub fn bulk() -> Vec<Request> {
    let user = json!({"schemas": [USER_SCHEMA], "userName": "bo-{{run}}@postman.example"});
    let group = new_group("Law", &json!([{"value": "bulkId:bo"}]));
    let remove = json!({"method": "DELETE", "path": "/Users/nobody"});
    vec![
        Request::of("bulk", "Add a user and a group of which it is a member")
            .bulk(&json!([
                {"method": "POST", "path": "/Users", "bulkId": "bo", "data": user},
                {"method": "POST", "path": "/Groups", "bulkId": "law", "data": group},
            ]))
            .check(
                "both are added",
                "pm.expect(body.Operations.map((one) => [one.bulkId, one.status])).to.eql([['bo', '201'], ['law', '201']])",
            )
            .after(KEEP_BULK),
        Request::of("getGroup", "Get the group that was added with its member")
            .path_value("id", "{{bulk_group_id}}")
            .check(
                "the user is its member",
                "pm.expect(body.members.map((member) => \
                    member.value)).to.eql([pm.collectionVariables.get('bulk_user_id')])",
            ),
        Request::of("bulk", "Stop at the first error").bulk(&json!([remove, remove])).check(
            "the second operation is not carried out",
            "pm.expect(body.Operations.map((one) => one.status)).to.eql(['404'])",
        ),
    ]
}
