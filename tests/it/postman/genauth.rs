//! The collection of GenAuth.

use serde_json::{Value, json};

use super::collection::{Collection, Variable};
use super::request::{Folder, Request, bearer};

const BOB: &str = "6229ffa51c08d34cade3e3d9";
const IS_BOB: &str = "pm.expect(body.data.map((user) => user.username)).to.eql(['bob'])";
const SUCCEEDED: &str = "pm.expect(body).to.include({ statusCode: 200, message: 'Operation successful' })";

const MANY_IDS: &str = "pm.request.url.addQueryParams(Array.from({ length: 51 }, (_, n) => ({ key: \
        'userIds', value: `user-${n}` })));";
const SPOIL_SIGNATURE: &str =
    "const authorization = pm.request.headers.get('authorization').replace(/:.*/, ':AAAA');
pm.request.headers.upsert({ key: 'authorization', value: authorization });";
const KEEP_NONCE: &str =
    "pm.collectionVariables.set('used_nonce', pm.request.headers.get('x-genauth-signature-nonce'));";
/// Makes the script that gets tokens take the one it has for expired.
const EXPIRE_TOKEN: &str = "pm.environment.set('GENAUTH_TOKEN', 'expired');
pm.environment.set('GENAUTH_TOKEN_EXPIRES_AT', 1);";

pub fn collection(document: Value) -> Collection {
    Collection {
        file: "genauth",
        id: "c5e3a2b0-6d0f-4c38-9a51-1f6b0f6f0b03",
        name: "GenAuth on userbatch",
        description: "Up to 50 users by ids of one type. Requests carry a management token, which a \
                script gets and keeps in the environment until it expires, or are signed by a \
                script with the access key's secret.",
        base_url: "BASE_URL",
        document,
        auth: bearer("{{GENAUTH_TOKEN}}"),
        before: Some(include_str!("scripts/genauth-token.js")),
        refusal: include_str!("scripts/genauth-refusal.js"),
        variables: vec![
            Variable::plain("BASE_URL", "http://127.0.0.1:8080"),
            Variable::plain("GENAUTH_ACCESS_KEY_ID", ""),
            Variable::secret("GENAUTH_ACCESS_KEY_SECRET"),
            Variable::plain("GENAUTH_USER_POOL_ID", "6229ffa0000000000000a001"),
            Variable::secret("GENAUTH_TOKEN"),
            Variable::plain("GENAUTH_TOKEN_EXPIRES_AT", ""),
        ],
        path_values: &[],
        folders: vec![
            Folder::new("Token", "Management tokens by access key.", tokens()),
            Folder::new("Users", "With a management token.", users()),
            Folder::new("Signed requests", "Without a token: a script signs each request.", signed())
                .authenticated_by(include_str!("scripts/genauth-sign.js")),
            Folder::new(
                "Refusals",
                "HTTP 200, with the status in the body, as the vendor has it.",
                refusals(),
            ),
        ],
    }
}

fn access_key(secret: &str) -> Value {
    json!({"accessKeyId": "{{GENAUTH_ACCESS_KEY_ID}}", "accessKeySecret": secret})
}

fn tokens() -> Vec<Request> {
    let token = |name| Request::of("getManagementToken", name).without_auth();
    vec![
        token("A management token")
            .json(&access_key("{{GENAUTH_ACCESS_KEY_SECRET}}"))
            .check("it is a token", "pm.expect(body.data.access_token.split('.')).to.have.lengthOf(3)")
            .check("it has a lifetime", "pm.expect(body.data.expires_in).to.be.above(0)"),
        token("A wrong secret").json(&access_key("wrong")).refused(401, "The AK.SK signature is invalid"),
        token("No access key").json(&json!({})).refused(400, "parameter accessKeyId"),
        token("A body cut short")
            .raw("application/json", r#"{"accessKeyId": "#)
            .refused(400, "parameter accessKeyId"),
        token("The wrong method for a token").method("GET").refused(405, "Use POST"),
    ]
}

fn batch(name: &'static str) -> Request {
    Request::of("getUserBatch", name)
}

fn found(name: &'static str, id_type: &'static str, id: &'static str) -> Request {
    batch(name).query("userIds", id).query("userIdType", id_type).check("Bob is found", IS_BOB)
}

fn users() -> Vec<Request> {
    vec![
        found("A user by e-mail address, with everything", "email", "test@example.com")
            .query("withCustomData", "true")
            .query("withIdentities", "true")
            .query("withDepartmentIds", "true")
            .header("x-genauth-userpool-id", "{{GENAUTH_USER_POOL_ID}}")
            .check("the operation succeeded", SUCCEEDED)
            .check("it has its custom data", "pm.expect(body.data[0].customData).to.be.an('object')")
            .check(
                "it has its identities",
                "pm.expect(body.data[0].identities[0].provider).to.be.a('string')",
            )
            .check("it has its departments", "pm.expect(body.data[0].departmentIds).to.be.an('array')"),
        batch("A user by id").query("userIds", BOB).check("Bob is found", IS_BOB).check(
            "what was not asked for is absent",
            "pm.expect(body.data[0]).to.not.have.any.keys('customData', 'identities')",
        ),
        found("A user by phone number", "phone", "18812348888"),
        found("A user by username", "username", "bob"),
        found("A user by external id", "external_id", "10010"),
        found("A user by identity", "identity", "6076bac0d1e2f3ad80d993b5:oj7Nq05R-RRaqak0_YlMLnnIwsvg"),
        found("A user by a custom field", "custom_field", "school:Peking University"),
        batch("No user by synchronisation")
            .query("userIds", "lark:ou_8bae746eac07cd2564654140d2a9ac61")
            .query("userIdType", "sync_relation")
            .check("the operation succeeded", SUCCEEDED)
            .check("there is no user", "pm.expect(body.data).to.eql([])"),
        batch("Several users, the parameter repeated")
            .query("userIds", BOB)
            .query("userIds", "nobody")
            .query("userIds", BOB)
            .check("the known one is there once", IS_BOB),
        batch("Several users, with brackets")
            .query("userIds[]", BOB)
            .query("userIds[]", "nobody")
            .check("the known one is there", IS_BOB),
        batch("Several users, comma-separated")
            .query("userIds", "6229ffa51c08d34cade3e3d9,nobody")
            .check("the known one is there", IS_BOB),
        batch("Custom data as members of the user")
            .query("userIds", BOB)
            .query("withCustomData", "true")
            .query("flatCustomData", "true")
            .check("they are beside the others", "pm.expect(body.data[0].school).to.be.a('string')"),
        batch("No user has the id")
            .query("userIds", "nobody")
            .check("the operation succeeded", SUCCEEDED)
            .check("there is no user", "pm.expect(body.data).to.eql([])")
            .after(EXPIRE_TOKEN),
        batch("An expired token is replaced before the call")
            .query("userIds", BOB)
            .check("Bob is found", IS_BOB)
            .check(
                "there is another token",
                "pm.expect(pm.environment.get('GENAUTH_TOKEN').split('.')).to.have.lengthOf(3)",
            ),
    ]
}

fn signed() -> Vec<Request> {
    vec![
        batch("Signed: one user").query("userIds", BOB).check("Bob is found", IS_BOB).after(KEEP_NONCE),
        batch("Signed: several users, with the user pool")
            .query("userIds", "nobody")
            .query("userIds", BOB)
            .query("withCustomData", "true")
            .header("x-genauth-userpool-id", "{{GENAUTH_USER_POOL_ID}}")
            .check("Bob is found", IS_BOB),
        batch("Signed: with brackets").query("userIds[]", BOB).check("Bob is found", IS_BOB),
        batch("Signed: an escaped e-mail address")
            .query("userIds", "test%40example.com")
            .query("userIdType", "email")
            .check("Bob is found", IS_BOB),
        batch("Signed: a spoilt signature")
            .query("userIds", BOB)
            .before(SPOIL_SIGNATURE)
            .refused(401, "The AK.SK signature is invalid"),
        batch("Signed: a nonce used before")
            .query("userIds", BOB)
            .header("x-genauth-signature-nonce", "{{used_nonce}}")
            .refused(401, "The signature has already been used"),
        batch("Signed: long ago")
            .query("userIds", BOB)
            .header("x-genauth-date", "Fri, 01 Jan 2021 00:00:00 GMT")
            .refused(401, "The clock differs too much"),
        batch("Signed: by another method")
            .query("userIds", BOB)
            .header("x-genauth-signature-method", "HMAC-MD5")
            .refused(401, "Sign with HMAC-SHA1"),
    ]
}

fn refusals() -> Vec<Request> {
    vec![
        batch("No token")
            .query("userIds", BOB)
            .without_auth()
            .refused(401, "the Authorization header is missing"),
        batch("A malformed token")
            .query("userIds", BOB)
            .auth(bearer("nonsense"))
            .refused(401, "malformed token"),
        batch("Another user pool")
            .query("userIds", BOB)
            .header("x-genauth-userpool-id", "6229ffa0000000000000ffff")
            .refused(404, "The user pool does not exist"),
        batch("No ids").refused(400, "send at least one id"),
        batch("An unknown type of id")
            .query("userIds", BOB)
            .query("userIdType", "nickname")
            .refused(400, "as one of user_id, phone"),
        batch("A flag that is none")
            .query("userIds", BOB)
            .query("withCustomData", "perhaps")
            .refused(400, "as true or false"),
        batch("Too many ids").before(MANY_IDS).refused(400, "no more than 50 elements; the request has 51"),
        batch("The wrong method").query("userIds", BOB).method("POST").refused(405, "Use GET"),
    ]
}
