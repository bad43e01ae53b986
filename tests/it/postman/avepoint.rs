//! The collection of AvePoint Elements.

use serde_json::{Value, json};

use super::collection::{Collection, Variable};
use super::request::{Folder, Request, bearer};

const USER_ID: &str = "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff";
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";
const TOKEN_MEMBERS: &str =
    "pm.expect(body).to.have.all.keys('access_token', 'expires_in', 'token_type', 'scope')";
const USER_MEMBERS: &str = "body.data.forEach((user) => pm.expect(Object.keys(user)).to.have.lengthOf(18))";

const MANY_IDS: &str =
    "pm.variables.set('ids', JSON.stringify(Array.from({ length: 10001 }, (_, n) => `user-${n}`)));";
const KEEP_CUSTOMERS_TOKEN: &str = "pm.collectionVariables.set('customers_token', body.access_token);";
/// Makes the script that gets tokens take the one it has for expired.
const EXPIRE_TOKEN: &str = "pm.environment.set('AVEPOINT_TOKEN', 'expired');
pm.environment.set('AVEPOINT_TOKEN_EXPIRES_AT', 1);";

pub fn collection(document: Value) -> Collection {
    Collection {
        file: "avepoint",
        id: "c5e3a2b0-6d0f-4c38-9a51-1f6b0f6f0b02",
        name: "AvePoint Elements on userbatch",
        description: "Users of a customer's tenant, page by page or by id. A script gets the access \
                token and keeps it in the environment until it expires.",
        base_url: "BASE_URL",
        document,
        auth: bearer("{{AVEPOINT_TOKEN}}"),
        before: Some(include_str!("scripts/avepoint-token.js")),
        refusal: include_str!("scripts/avepoint-refusal.js"),
        variables: vec![
            Variable::plain("BASE_URL", "http://127.0.0.1:8080"),
            Variable::plain("AVEPOINT_CLIENT_ID", ""),
            Variable::secret("AVEPOINT_CLIENT_SECRET"),
            Variable::plain("AVEPOINT_CUSTOMER_ID", "966f35cc-7e21-4f0b-9d35-25cdbcf82a07"),
            Variable::plain("AVEPOINT_TENANT_ID", "0c7715b3-42d8-4a96-b1e0-f3634dcfacec"),
            Variable::secret("AVEPOINT_TOKEN"),
            Variable::plain("AVEPOINT_TOKEN_EXPIRES_AT", ""),
        ],
        path_values: &[("customerId", "{{AVEPOINT_CUSTOMER_ID}}"), ("tenantId", "{{AVEPOINT_TENANT_ID}}")],
        folders: vec![
            Folder::new("Token", "Access tokens by client credentials.", tokens()),
            Folder::new(
                "Token refusals",
                "In the shape of OAuth 2.0 (RFC 6749, section 5.2).",
                token_refusals(),
            ),
            Folder::new("Users and customers", "Pages, and lists by id.", users()),
            Folder::new("Refusals", "What is refused, and how.", refusals()),
        ],
    }
}

/// The fields of a token request, but for the secret and the scope.
const CLIENT: [(&str, &str); 2] =
    [("grant_type", "client_credentials"), ("client_id", "{{AVEPOINT_CLIENT_ID}}")];
const SECRET: (&str, &str) = ("client_secret", "{{AVEPOINT_CLIENT_SECRET}}");

fn tokens() -> Vec<Request> {
    let basic = json!({"type": "basic", "basic": [
        {"key": "username", "value": "{{AVEPOINT_CLIENT_ID}}", "type": "string"},
        {"key": "password", "value": "{{AVEPOINT_CLIENT_SECRET}}", "type": "string"},
    ]});
    let discovery = "pm.expect(body.token_endpoint).to.equal(`${body.issuer}/connect/token`)";
    vec![
        Request::of("getToken", "A token for one scope")
            .without_auth()
            .form(&[CLIENT[0], CLIENT[1], SECRET, ("scope", "elements.um.user.read.all")])
            .check("it is a bearer token", TOKEN_MEMBERS)
            .check(
                "the scope is the one asked for",
                "pm.expect(body.scope).to.equal('elements.um.user.read.all')",
            ),
        Request::of("getToken", "A token, with the client in the Authorization header")
            .auth(basic)
            .form(&CLIENT[..1])
            .check("it is a bearer token", TOKEN_MEMBERS)
            .check(
                "it has every scope of the client",
                "pm.expect(body.scope.split(' ')).to.include('elements.um.user.read.all')",
            ),
        Request::of("getToken", "A token for customers only")
            .without_auth()
            .form(&[CLIENT[0], CLIENT[1], SECRET, ("scope", "elements.customers.read.all")])
            .check("it is a bearer token", TOKEN_MEMBERS)
            .after(KEEP_CUSTOMERS_TOKEN),
        Request::of("getDiscovery", "OpenID Connect discovery")
            .without_auth()
            .check("it tells where tokens are", discovery),
        Request::of("getServerMetadata", "OAuth 2.0 server metadata")
            .without_auth()
            .check("it tells where tokens are", discovery),
    ]
}

fn token_refusals() -> Vec<Request> {
    let refusal = |name, fields: &[(&'static str, &'static str)], error| {
        Request::of("getToken", name)
            .without_auth()
            .form(fields)
            .status(400)
            .check("the error has its code", error)
            .check(
                "the error says what to do",
                "pm.expect(body.error_description).to.be.a('string').and.not.empty",
            )
    };
    vec![
        refusal(
            "A wrong secret",
            &[CLIENT[0], CLIENT[1], ("client_secret", "wrong")],
            "pm.expect(body.error).to.equal('invalid_client')",
        ),
        refusal(
            "An unknown scope",
            &[CLIENT[0], CLIENT[1], SECRET, ("scope", "elements.everything")],
            "pm.expect(body.error).to.equal('invalid_scope')",
        ),
        refusal(
            "Another grant type",
            &[("grant_type", "password"), CLIENT[1], SECRET],
            "pm.expect(body.error).to.equal('unsupported_grant_type')",
        ),
        refusal("No form", &[], "pm.expect(body.error).to.equal('invalid_request')").json(&json!({})),
        Request::of("getToken", "The wrong method for a token")
            .method("GET")
            .without_auth()
            .refused(405, "Use POST"),
    ]
}

fn users() -> Vec<Request> {
    vec![
        Request::of("getUsersBatch", "Users by id, as documented")
            .query("pageIndex", "1")
            .query("pageSize", "50")
            .example_body()
            .check(
                "the user is found",
                "pm.expect(body.data[0].mail).to.equal('tony@element.onmicrosoft.com')",
            )
            .check("it has every member", USER_MEMBERS)
            .check(
                "the page is described",
                "pm.expect(body.metadata).to.eql({ pageIndex: 1, pageSize: 50, totalCount: 1 })",
            ),
        Request::of("getUsersBatch", "The first page, without a body")
            .check(
                "the page has the default size",
                "pm.expect(body.metadata).to.include({ pageIndex: 1, pageSize: 100 })",
            )
            .check("the users have every member", USER_MEMBERS),
        Request::of("getUsersBatch", "The first page of two")
            .query("pageSize", "2")
            .json(&json!({}))
            .check("there are two users", "pm.expect(body.data).to.have.lengthOf(2)")
            .after("pm.collectionVariables.set('last_id', body.data[1].id);"),
        Request::of("getUsersBatch", "The second page of two")
            .query("pageIndex", "2")
            .query("pageSize", "2")
            .json(&json!({}))
            .check(
                "there are two other users",
                "pm.expect(body.data.map((user) => \
                    user.id)).to.have.lengthOf(2).and.not.include(pm.collectionVariables.get('last_id'))",
            ),
        Request::of("getUsersBatch", "A page after the last")
            .query("pageIndex", "1000000")
            .query("pageSize", "1000")
            .check("it is empty", "pm.expect(body.data).to.eql([])"),
        Request::of("getUsersBatch", "Users by id, one unknown and one twice")
            .json(&json!({"userIds": [USER_ID, "nobody", USER_ID]}))
            .check(
                "the known one is there once",
                "pm.expect(body.data.map((user) => user.id)).to.have.lengthOf(1)",
            ),
        Request::of("getCustomersBatch", "Customers, as documented")
            .query("pageIndex", "1")
            .query("pageSize", "50")
            .example_body()
            .check(
                "the customer has its tenant",
                "pm.expect(body.data[0].tenants[0].id).to.equal(pm.variables.get('AVEPOINT_TENANT_ID'))",
            ),
        Request::of("getCustomersBatch", "Customers, without a body")
            .check("there is a customer", "pm.expect(body.data).to.not.be.empty")
            .after(EXPIRE_TOKEN),
        Request::of("getUsersBatch", "An expired token is replaced before the call")
            .check("the call succeeds", "pm.expect(body.data).to.not.be.empty")
            .check(
                "there is another token",
                "pm.expect(pm.environment.get('AVEPOINT_TOKEN').split('.')).to.have.lengthOf(3)",
            ),
    ]
}

fn refusals() -> Vec<Request> {
    let users = |name| Request::of("getUsersBatch", name);
    vec![
        users("No token").without_auth().refused(401, "has no access token. Get one from .connect.token"),
        users("A malformed token").auth(bearer("nonsense")).refused(401, "the token is malformed"),
        users("A token without the permission")
            .auth(bearer("{{customers_token}}"))
            .refused(403, "lacks the permission elements.um.user.read.all"),
        Request::of("getCustomersBatch", "No token for customers")
            .without_auth()
            .refused(401, "has no access token"),
        users("Another tenant").path_value("tenantId", NO_ID).refused(404, "Check the two ids"),
        users("Another customer").path_value("customerId", NO_ID).refused(404, "Check the two ids"),
        users("Page 0").query("pageIndex", "0").refused(400, "pageIndex must be an integer"),
        users("A page too large").query("pageSize", "1001").refused(400, "from 1 to 1000"),
        users("A body cut short").raw("application/json", r#"{"userIds": ["#).refused(400, "not JSON"),
        users("Ids that are no list").json(&json!({"userIds": USER_ID})).refused(400, "expected a sequence"),
        users("Too many ids")
            .before(MANY_IDS)
            .raw("application/json", r#"{"userIds": {{ids}}}"#)
            .refused(400, "At most 10000 ids"),
        users("The wrong method").method("GET").refused(405, "Use POST"),
    ]
}
