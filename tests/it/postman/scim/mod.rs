//! The collection of SCIM. It works on users and groups of its own, which it deletes at the end.

mod groups;

use serde_json::{Value, json};

use super::collection::{Collection, Variable};
use super::request::{Folder, Request, bearer};
use groups::{bulk, groups};

const MEDIA_TYPE: &str = "application/scim+json";
const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const BULK_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// Sets what the names of this run's users and groups have in common, and no others have.
const NEW_RUN: &str = "pm.collectionVariables.set('run', pm.variables.replaceIn('{{$randomUUID}}'));";
const KEEP_USER: &str = "pm.collectionVariables.set('user_id', body.id);
pm.collectionVariables.set('user_version', body.meta.version);";
const KEEP_CURSOR: &str = "pm.collectionVariables.set('cursor', body.nextCursor);";

const IS_ANA: &str =
    "pm.expect(body.userName).to.equal(`ana-${pm.collectionVariables.get('run')}@postman.example`)";
const ANA_ALONE: &str =
    "pm.expect(body.Resources.map((user) => user.id)).to.eql([pm.collectionVariables.get('user_id')])";
const BO_ALONE: &str =
    "pm.expect(body.Resources.map((user) => user.id)).to.eql([pm.collectionVariables.get('bulk_user_id')])";
const OF_THIS_RUN: &str = "userName co \"{{run}}\"";
const OF_BOTH: &str = "userName co \"{{run}}\" or displayName co \"{{run}}\"";
const OF_BOTH_GROUPS: &str =
    "(userName co \"{{run}}\" or displayName co \"{{run}}\") and meta.resourceType eq \"Group\"";

pub fn collection(document: Value) -> Collection {
    Collection {
        file: "scim",
        id: "c5e3a2b0-6d0f-4c38-9a51-1f6b0f6f0b05",
        name: "SCIM on userbatch",
        description: "Users and groups as an identity provider writes them (RFC 7644). What the first \
                folders add, the last deletes.",
        base_url: "BASE_URL",
        document,
        auth: bearer("{{SCIM_TOKEN}}"),
        before: None,
        refusal: include_str!("../scripts/scim-refusal.js"),
        variables: vec![Variable::plain("BASE_URL", "http://127.0.0.1:8080"), Variable::secret("SCIM_TOKEN")],
        path_values: &[("id", "{{user_id}}")],
        folders: vec![
            Folder::new("Users", "Added, found and changed.", users()),
            Folder::new("Groups", "Added, found and changed, with their members.", groups()),
            Folder::new("Bulk", "Many operations in a request.", bulk()),
            Folder::new("Lists", "In an order, and in parts.", lists()),
            Folder::new("Discovery", "What is supported.", discovery()),
            Folder::new("Refusals", "What is refused, and how.", refusals()),
            Folder::new("The end", "Deletes the users and the groups.", end()),
        ],
    }
}

impl Request {
    fn scim(self, body: &Value) -> Self {
        self.raw(MEDIA_TYPE, format!("{body:#}"))
    }

    fn patch(self, operation: &Value) -> Self {
        self.scim(&json!({"schemas": [PATCH_SCHEMA], "Operations": [operation]}))
    }

    fn bulk(self, operations: &Value) -> Self {
        self.scim(&json!({"schemas": [BULK_SCHEMA], "failOnErrors": 1, "Operations": operations}))
    }

    fn on_group(self) -> Self {
        self.path_value("id", "{{group_id}}")
    }
}

fn new_user(given_name: &str) -> Value {
    json!({
        "schemas": [USER_SCHEMA],
        "userName": "ana-{{run}}@postman.example",
        "name": {"givenName": given_name, "familyName": "Novak"},
        "emails": [{"value": "ana-{{run}}@postman.example", "primary": true}],
        "active": true,
    })
}

fn search(filter: &str) -> Value {
    json!({"schemas": [SEARCH_SCHEMA], "filter": filter, "count": 1})
}

fn users() -> Vec<Request> {
    vec![
        Request::of("createUser", "Add a user")
            .before(NEW_RUN)
            .scim(&new_user("Ana"))
            .status(201)
            .check("it is the user", IS_ANA)
            .check("it has a version", "pm.response.to.have.header('etag', body.meta.version)")
            .check("it has an address", "pm.response.to.have.header('location', body.meta.location)")
            .after(KEEP_USER),
        Request::of("getUser", "Get a user").check("it is the user", IS_ANA),
        Request::of("getUser", "Get a user, whose version is known")
            .header("if-none-match", "{{user_version}}")
            .status(304),
        Request::of("listUsers", "Find a user by userName")
            .query("filter", "userName eq \"ana-{{run}}@postman.example\"")
            .check("it is found", ANA_ALONE),
        Request::of("searchUsers", "Find a user, with the filter in the body")
            .scim(&search("userName eq \"ana-{{run}}@postman.example\""))
            .check("it is found", ANA_ALONE),
        Request::of("patchUser", "Deactivate a user")
            .header("if-match", "{{user_version}}")
            .patch(&json!({"op": "replace", "path": "active", "value": false}))
            .check("it is not active", "pm.expect(body.active).to.be.false"),
        Request::of("patchUser", "Activate a user, as Entra does")
            .patch(&json!({"op": "Replace", "path": "active", "value": "True"}))
            .check("it is active", "pm.expect(body.active).to.be.true"),
        Request::of("replaceUser", "Replace a user")
            .scim(&new_user("Anna"))
            .check("it has the new name", "pm.expect(body.name.givenName).to.equal('Anna')"),
    ]
}

fn lists() -> Vec<Request> {
    let sorted =
        |name| Request::of("listUsers", name).query("filter", OF_THIS_RUN).query("sortBy", "userName");
    let part = |name| sorted(name).query("count", "1");
    vec![
        sorted("Sort users by userName, backwards").query("sortOrder", "descending").check(
            "they are in this order",
            "pm.expect(body.Resources.map((user) => user.id)).to.eql([pm.collectionVariables.get('bulk_user_id'), \
                pm.collectionVariables.get('user_id')])",
        ),
        part("The second user by its index")
            .query("startIndex", "2")
            .check("it is the second", BO_ALONE)
            .check(
                "the list tells where it is",
                "pm.expect(body).to.include({ totalResults: 2, itemsPerPage: 1, startIndex: 2 })",
            ),
        part("The first part by a cursor")
            .query("cursor", "")
            .check("it has the first", ANA_ALONE)
            .check("there is more", "pm.expect(body.nextCursor).to.be.a('string')")
            .after(KEEP_CURSOR),
        part("The last part by a cursor")
            .query("cursor", "{{cursor}}")
            .check("it has the second", BO_ALONE)
            .check("there is no more", "pm.expect(body).to.not.have.property('nextCursor')"),
        Request::of("listAll", "Users and groups together").query("filter", OF_BOTH).query("count", "1").check(
            "users come first",
            "pm.expect(body.Resources.map((one) => one.meta.resourceType)).to.eql(['User'])",
        ),
        Request::of("searchAll", "Groups alone, with the filter in the body")
            .scim(&search(OF_BOTH_GROUPS))
            .check(
                "it is a group",
                "pm.expect(body.Resources.map((one) => one.meta.resourceType)).to.eql(['Group'])",
            ),
        part("Named attributes alone").query("attributes", "userName").check(
            "there are no others",
            "pm.expect(body.Resources[0]).to.have.all.keys('schemas', 'id', 'userName')",
        ),
    ]
}

fn discovery() -> Vec<Request> {
    vec![
        Request::of("getServiceProviderConfig", "Service provider configuration").check(
            "all of it is supported",
            "pm.expect([body.patch, body.bulk, body.filter, body.sort, body.etag].every((one) => \
                one.supported)).to.be.true",
        ),
        Request::of("listResourceTypes", "Types of resources").check(
            "users and groups are",
            "pm.expect(body.Resources.map((type) => type.name)).to.eql(['User', 'Group'])",
        ),
        Request::of("getResourceType", "A type of resources")
            .path_value("name", "Group")
            .check("it is the type", "pm.expect(body.endpoint).to.equal('/Groups')"),
        Request::of("listSchemas", "Schemas").check(
            "the user's and the group's are",
            "pm.expect(body.Resources.map((schema) => schema.name)).to.include.members(['User', 'Group'])",
        ),
        Request::of("getSchema", "A schema").path_value("name", USER_SCHEMA).check(
            "it has the attributes",
            "pm.expect(body.attributes.map((attribute) => attribute.name)).to.include('userName')",
        ),
    ]
}

fn refusals() -> Vec<Request> {
    let list = |name| Request::of("listUsers", name);
    let nested = json!({"op": "Add", "path": "members", "value": [{"value": "{{group_id}}"}]});
    vec![
        list("No token").without_auth().refused(401, "The request has no token"),
        list("A malformed token").auth(bearer("wrong")).refused(401, "The token is not valid for SCIM"),
        Request::of("createUser", "A userName that is taken")
            .scim(&new_user("Ana"))
            .refused(409, "userName is in use"),
        Request::of("createUser", "No userName").scim(&json!({})).refused(400, "userName is missing"),
        Request::of("createUser", "A body cut short").raw(MEDIA_TYPE, "{").refused(400, "not JSON"),
        Request::of("createUser", "A body of another type")
            .raw("text/plain", "{}")
            .refused(415, "The body must be application"),
        Request::of("createGroup", "No displayName").scim(&json!({})).refused(400, "displayName is missing"),
        Request::of("patchGroup", "A group in a group").on_group().patch(&nested).refused(400, "members"),
        Request::of("bulk", "An operation without a method")
            .bulk(&json!([{"path": "/Users"}]))
            .refused(400, "method is missing"),
        list("A filter that is none").query("filter", "nonsense").refused(400, "an operator is missing"),
        list("An order that is none").query("sortBy", "name").refused(400, "no attribute with an order"),
        list("A cursor that is none").query("cursor", "nonsense").refused(400, "The cursor is not valid"),
        Request::of("listSchemas", "A filter where none is taken")
            .query("filter", "name eq \"User\"")
            .refused(403, "takes no filter"),
        Request::of("patchUser", "A version that is past")
            .header("if-match", "{{user_version}}")
            .scim(&json!({"schemas": [PATCH_SCHEMA], "Operations": []}))
            .refused(412, "The resource has changed since"),
        Request::of("getUser", "An unknown user").path_value("id", "nobody").refused(404, "no such resource"),
        Request::of("getGroup", "An unknown group")
            .path_value("id", "nobody")
            .refused(404, "no such resource"),
        list("The wrong method").method("PUT").refused(405, "Use GET or POST"),
        Request::of("getUser", "The user who is authenticated")
            .path("/scim/v2/Me")
            .refused(501, "there is no .Me"),
    ]
}

fn end() -> Vec<Request> {
    vec![
        Request::of("deleteGroup", "Delete the group").on_group().status(204),
        Request::of("deleteGroup", "Delete the group again").on_group().refused(404, "no such resource"),
        Request::of("bulk", "Delete the user and the group that were added together")
            .bulk(&json!([
                {"method": "DELETE", "path": "/Groups/{{bulk_group_id}}"},
                {"method": "DELETE", "path": "/Users/{{bulk_user_id}}"},
            ]))
            .check(
                "both are deleted",
                "pm.expect(body.Operations.map((one) => one.status)).to.eql(['204', '204'])",
            ),
        Request::of("deleteUser", "Delete the user").status(204),
        Request::of("deleteUser", "Delete the user again").refused(404, "no such resource"),
        Request::of("listUsers", "No user is left behind")
            .query("filter", OF_THIS_RUN)
            .check("there is none", "pm.expect(body.totalResults).to.equal(0)"),
        Request::of("listGroups", "No group is left behind")
            .query("filter", "displayName co \"{{run}}\"")
            .check("there is none", "pm.expect(body.totalResults).to.equal(0)"),
    ]
}
