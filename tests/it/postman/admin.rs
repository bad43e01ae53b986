//! The collection of the operators' API. It works on a tenant of its own, which it deletes at the end.

use serde_json::{Value, json};

use super::collection::{Collection, Variable};
use super::request::{Folder, Request, bearer};

const NEW_SLUG: &str =
    "pm.collectionVariables.set('slug', `postman-${pm.variables.replaceIn('{{$randomUUID}}')}`);";
const USER: &str = r#"{"id": "1", "profile": {"displayName": "Ana Novak"}, "contact": {"email": "ana@acme.example"}}
"#;

pub fn collection(document: Value) -> Collection {
    Collection {
        file: "admin",
        id: "c5e3a2b0-6d0f-4c38-9a51-1f6b0f6f0b04",
        name: "userbatch for operators",
        description: "Tenants, credentials, users and the audit log. Everything happens to a new \
                tenant, which the last folder deletes.",
        base_url: "ADMIN_URL",
        document,
        auth: bearer("{{ADMIN_TOKEN}}"),
        before: None,
        refusal: include_str!("scripts/admin-refusal.js"),
        variables: vec![
            Variable::plain("ADMIN_URL", "http://127.0.0.1:9090"),
            Variable::secret("ADMIN_TOKEN"),
        ],
        path_values: &[("slug", "{{slug}}"), ("id", "{{credential}}"), ("name", "1")],
        folders: vec![
            Folder::new("Tenants", "Isolated directories of users.", tenants()),
            Folder::new("Users", "Imported, changed, exported and explained.", users()),
            Folder::new("Credentials", "Issued, rotated and revoked.", credentials()),
            Folder::new("Refusals", "Problem details (RFC 9457).", refusals()),
            Folder::new("The end", "Deletes the tenant.", end()),
        ],
    }
}

fn tenants() -> Vec<Request> {
    let is_it = "pm.expect(body.slug).to.equal(pm.collectionVariables.get('slug'))";
    vec![
        Request::of("create_tenant", "Create a tenant")
            .before(NEW_SLUG)
            .json(&json!({"slug": "{{slug}}", "name": "Made by Postman", "partner": "default"}))
            .status(201)
            .check("it has the slug", is_it)
            .check(
                "it has its ids",
                "pm.expect(body).to.include.all.keys('customerId', 'tenantId', 'userPoolId')",
            ),
        Request::of("list_tenants", "List tenants").check(
            "the tenant is among them",
            "pm.expect(body.map((tenant) => \
                    tenant.slug)).to.include(pm.collectionVariables.get('slug'))",
        ),
        Request::of("get_tenant", "Get a tenant").check("it is the tenant", is_it),
        Request::of("change_tenant", "Change a tenant's limits and origins").example_body().check(
            "it has them",
            "pm.expect(body).to.deep.include({ rateLimit: 50, batchLimit: 100, corsOrigins: \
                    ['https://app.example.com'] })",
        ),
    ]
}

fn users() -> Vec<Request> {
    vec![
        Request::of("import_users", "Import a user")
            .query("from", "userbatch")
            .raw("application/x-ndjson", USER)
            .check(
                "it is added",
                "pm.expect(body).to.include({ records: 1, added: 1, rejected: 0, applied: true })",
            ),
        Request::of("import_users", "Import it again, as a trial")
            .query("from", "userbatch")
            .query("dryRun", "true")
            .raw("application/x-ndjson", USER)
            .check("nothing changes", "pm.expect(body).to.include({ unchanged: 1, applied: false })"),
        Request::of("get_user", "Get a user, and what each API shows")
            .query("faces", "true")
            .check("it is the user", "pm.expect(body.document.contact.email).to.equal('ana@acme.example')")
            .check(
                "each API shows it",
                "pm.expect(body.faces).to.have.all.keys('bitbadges', 'avepoint', 'genauth')",
            ),
        Request::of("find_users", "Find users by part of a name or an address")
            .query("q", "ana acme")
            .check("she is found", "pm.expect(body.users.map((user) => user.id)).to.eql(['1'])"),
        Request::of("change_user", "Add a user")
            .path_value("name", "2")
            .query("create", "true")
            .raw("application/merge-patch+json", r#"{"profile": {"displayName": "Jan Novak"}}"#)
            .check("it is added", "pm.expect(body).to.include({ id: '2', added: true })"),
        Request::of("change_user", "Change a user")
            .path_value("name", "2")
            .raw("application/merge-patch+json", r#"{"contact": {"phone": "13100000003"}}"#)
            .check(
                "its field is changed",
                "pm.expect(body.fields[0]).to.include({ field: 'contact.phone', change: 'added' })",
            ),
        Request::of("explain_user", "Explain why an API shows a user")
            .json(&json!({"face": "genauth", "type": "email", "name": " Ana@acme.example"}))
            .check("it is shown", "pm.expect(body.shown).to.eql(['1'])"),
        Request::of("export_users", "Export all users").check(
            "there is a line for each user",
            "pm.expect(pm.response.text().trim().split('\\n')).to.have.lengthOf(2)",
        ),
        Request::of("delete_user", "Delete a user").path_value("name", "2").status(204),
        Request::of("change_user", "Add a user who is to be erased")
            .path_value("name", "3")
            .query("create", "true")
            .raw("application/merge-patch+json", "{}")
            .check("it is added", "pm.expect(body).to.include({ id: '3', added: true })"),
        Request::of("delete_user", "Erase a person")
            .path_value("name", "3")
            .query("erase", "true")
            .check("there is a receipt", "pm.expect(body.receipt).to.match(/^[0-9a-f]{64}$/)"),
        Request::of("change_user", "The person does not come back")
            .path_value("name", "3")
            .query("create", "true")
            .raw("application/merge-patch+json", "{}")
            .refused(409, "erased"),
        Request::of("allow_user", "Allow the person again").path_value("name", "3").status(204),
        Request::of("list_changes", "Follow the changes of users")
            .query("limit", "1000")
            .check(
                "the user's is among them",
                "pm.expect(body.changes.map((change) => change.id)).to.include('1')",
            )
            .after("pm.collectionVariables.set('cursor', body.next);"),
        Request::of("list_changes", "Follow the changes since the last")
            .query("since", "{{cursor}}")
            .check("there is none", "pm.expect(body).to.deep.include({ changes: [], hasMore: false })"),
    ]
}

fn credentials() -> Vec<Request> {
    vec![
        Request::of("issue_credential", "Issue an API key of BitBadges")
            .json(&json!({"face": "bitbadges", "tenant": "{{slug}}", "name": "postman"}))
            .status(201)
            .check("its secret is shown", "pm.expect(body.secret).to.match(/^ubb_/)")
            .after("pm.collectionVariables.set('credential', body.id);"),
        Request::of("list_credentials", "List a tenant's credentials")
            .query("tenant", "{{slug}}")
            .check("it is there, without its secret", "pm.expect(body.find((one) => one.id === \
                    pm.collectionVariables.get('credential'))).to.be.an('object').and.not.have.property('secret')"),
        Request::of("rotate_credential", "Rotate a credential")
            .json(&json!({"overlapSeconds": 3600}))
            .check("both secrets are valid", "pm.expect(body.secrets).to.have.lengthOf(2)"),
        Request::of("revoke_credential", "Revoke a credential")
            .check("it is revoked", "pm.expect(body.revokedAt).to.be.a('string')"),
        Request::of("reseal_credentials", "Re-encrypt stored secrets")
            .check("it tells how many", "pm.expect(body.resealed).to.be.a('number')"),
    ]
}

fn refusals() -> Vec<Request> {
    let new = |name| Request::of("create_tenant", name);
    vec![
        Request::of("list_tenants", "No token")
            .without_auth()
            .refused(401, "admin token is missing or wrong"),
        Request::of("list_tenants", "A wrong token")
            .auth(bearer("wrong"))
            .refused(401, "admin token is missing or wrong"),
        new("A slug that is taken")
            .json(&json!({"slug": "{{slug}}", "name": "Again"}))
            .refused(409, "already exists"),
        new("A slug with a space").json(&json!({"slug": "not a slug"})).refused(400, "lower-case letters"),
        new("A body cut short").raw("application/json", r#"{"slug": "#).refused(400, "not JSON"),
        Request::of("get_tenant", "An unknown tenant").path_value("slug", "nobody").refused(404, "no tenant"),
        Request::of("get_user", "An unknown user")
            .path_value("name", "nobody")
            .refused(404, "there is no such user"),
        Request::of("change_user", "A version that is past")
            .header("if-match", "\"999\"")
            .raw("application/merge-patch+json", "{}")
            .refused(412, "the user was changed meanwhile"),
        Request::of("delete_tenant", "A deletion that is not confirmed")
            .refused(400, "confirm with its slug"),
        Request::of("list_tenants", "The wrong method").method("PUT").refused(405, "Use GET or POST"),
        Request::of("list_tenants", "A slash too many")
            .path("/admin/v1/tenants/")
            .refused(404, "Did you mean GET or POST"),
    ]
}

fn end() -> Vec<Request> {
    vec![
        Request::of("delete_tenant", "Delete the tenant").query("confirm", "{{slug}}").status(204),
        Request::of("list_audit", "The audit log has it all").query("limit", "50").check(
            "the deletion is the newest entry",
            "pm.expect(body[0]).to.include({ act: 'tenant.delete', tenant: \
                    pm.collectionVariables.get('slug') })",
        ),
    ]
}
