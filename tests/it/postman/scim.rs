//! The collection of SCIM, which has no OpenAPI document: its operations are listed here.

use serde_json::{Value, json};

use super::collection::{Collection, Variable};
use super::request::{Folder, Request, bearer};

const MEDIA_TYPE: &str = "application/scim+json";
const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

const NEW_USER: &str =
    "pm.collectionVariables.set('user_name', pm.variables.replaceIn('{{$randomUUID}}@postman.example'));";
const IS_NEW_USER: &str = "pm.expect(body.userName).to.equal(pm.collectionVariables.get('user_name'))";

pub fn collection() -> Collection {
    Collection {
        file: "scim",
        id: "c5e3a2b0-6d0f-4c38-9a51-1f6b0f6f0b05",
        name: "SCIM on userbatch",
        description: "Users as an identity provider writes them (RFC 7644). The user that the first \
                folder adds is deleted by the last.",
        base_url: "BASE_URL",
        document: operations(),
        auth: bearer("{{SCIM_TOKEN}}"),
        before: None,
        refusal: include_str!("scripts/scim-refusal.js"),
        variables: vec![Variable::plain("BASE_URL", "http://127.0.0.1:8080"), Variable::secret("SCIM_TOKEN")],
        path_values: &[("id", "{{user_id}}")],
        folders: vec![
            Folder::new("Users", "Added, found and changed.", users()),
            Folder::new("Discovery", "What is supported.", discovery()),
            Folder::new("Refusals", "What is refused, and how.", refusals()),
            Folder::new("The end", "Deletes the user.", end()),
        ],
    }
}

/// The operations in the form of an OpenAPI document.
fn operations() -> Value {
    let operation = |id: &str, summary: &str| json!({"operationId": id, "summary": summary});
    json!({"paths": {
        "/scim/v2/Users": {
            "get": operation("listUsers", "List users, all or those that a filter matches."),
            "post": operation("addUser", "Add a user."),
        },
        "/scim/v2/Users/.search": {"post": operation("searchUsers", "List users, with the filter in the body.")},
        "/scim/v2/Users/{id}": {
            "get": operation("getUser", "Get a user."),
            "put": operation("replaceUser", "Replace what a provider says of a user."),
            "patch": operation("patchUser", "Change a user."),
            "delete": operation("deleteUser", "Delete a user."),
        },
        "/scim/v2/ServiceProviderConfig": {"get": operation("getConfig", "Get what is supported.")},
        "/scim/v2/ResourceTypes": {"get": operation("getResourceTypes", "Get the types of resources.")},
        "/scim/v2/Schemas": {"get": operation("getSchemas", "Get the schemas of users.")},
    }})
}

impl Request {
    fn scim(self, body: &Value) -> Self {
        self.raw(MEDIA_TYPE, format!("{body:#}"))
    }
}

fn new_user(given_name: &str) -> Value {
    json!({
        "schemas": [USER_SCHEMA],
        "userName": "{{user_name}}",
        "name": {"givenName": given_name, "familyName": "Novak"},
        "emails": [{"value": "{{user_name}}", "primary": true}],
        "active": true,
    })
}

fn users() -> Vec<Request> {
    let deactivation = json!({
        "schemas": [PATCH_SCHEMA],
        "Operations": [{"op": "replace", "path": "active", "value": false}],
    });
    let search = json!({"schemas": [SEARCH_SCHEMA], "filter": "userName eq \"{{user_name}}\"", "count": 1});
    vec![
        Request::of("addUser", "Add a user")
            .before(NEW_USER)
            .scim(&new_user("Ana"))
            .status(201)
            .check("it is the user", IS_NEW_USER)
            .check("it has a version", "pm.response.to.have.header('etag', body.meta.version)")
            .after("pm.collectionVariables.set('user_id', body.id);"),
        Request::of("getUser", "Get a user").check("it is the user", IS_NEW_USER),
        Request::of("listUsers", "Find a user by userName")
            .query("filter", "userName eq \"{{user_name}}\"")
            .check(
                "it is found",
                "pm.expect(body.Resources.map((user) => \
                    user.id)).to.eql([pm.collectionVariables.get('user_id')])",
            ),
        Request::of("listUsers", "List the first two users")
            .query("startIndex", "1")
            .query("count", "2")
            .check("there are two at most", "pm.expect(body.Resources).to.have.lengthOf.within(1, 2)"),
        Request::of("searchUsers", "Find a user, with the filter in the body")
            .scim(&search)
            .check("it is found", "pm.expect(body.totalResults).to.equal(1)"),
        Request::of("patchUser", "Deactivate a user")
            .scim(&deactivation)
            .check("it is not active", "pm.expect(body.active).to.be.false"),
        Request::of("replaceUser", "Replace a user")
            .scim(&new_user("Anna"))
            .check("it has the new name", "pm.expect(body.name.givenName).to.equal('Anna')")
            .check("it is active again", "pm.expect(body.active).to.be.true"),
    ]
}

fn discovery() -> Vec<Request> {
    vec![
        Request::of("getConfig", "Service provider configuration")
            .check("patches are supported", "pm.expect(body.patch.supported).to.be.true"),
        Request::of("getResourceTypes", "Resource types")
            .check("users are one", "pm.expect(body.Resources.map((type) => type.name)).to.include('User')"),
        Request::of("getSchemas", "Schemas").check(
            "the user's is one",
            "pm.expect(body.Resources.map((schema) => \
                    schema.id)).to.include('urn:ietf:params:scim:schemas:core:2.0:User')",
        ),
    ]
}

fn refusals() -> Vec<Request> {
    vec![
        Request::of("listUsers", "No token").without_auth().refused(401, "The request has no token"),
        Request::of("listUsers", "A malformed token")
            .auth(bearer("wrong"))
            .refused(401, "The token is not valid for SCIM"),
        Request::of("addUser", "A userName that is taken")
            .scim(&new_user("Ana"))
            .refused(409, "userName is in use"),
        Request::of("addUser", "No userName").scim(&json!({})).refused(400, "userName is missing"),
        Request::of("addUser", "A body cut short").raw(MEDIA_TYPE, "{").refused(400, "not JSON"),
        Request::of("listUsers", "A filter that is none")
            .query("filter", "nonsense")
            .refused(400, "an operator is missing"),
        Request::of("patchUser", "A version that is past")
            .header("if-match", "W/\"999\"")
            .scim(&json!({"schemas": [PATCH_SCHEMA], "Operations": []}))
            .refused(412, "The resource has changed since"),
        Request::of("getUser", "An unknown user").path_value("id", "nobody").refused(404, "no such resource"),
        Request::of("listUsers", "Groups").path("/scim/v2/Groups").refused(501, "not supported"),
        Request::of("listUsers", "The wrong method").method("PUT").refused(405, "Allow header"),
    ]
}

fn end() -> Vec<Request> {
    vec![
        Request::of("deleteUser", "Delete the user").status(204),
        Request::of("deleteUser", "Delete it again").refused(404, "no such resource"),
    ]
}
