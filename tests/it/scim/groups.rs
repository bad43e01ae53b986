//! Groups, which are departments.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use userbatch::admin::SINCE_NOW;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use super::{Provider, error, id};
use crate::importing::{Admin, CANONICAL};

/// Members of a large group: more than are written at once.
const MANY: usize = 2_000;
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

async fn create_group(provider: &Provider, name: &str, members: &[&str]) -> Value {
    let members: Value = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
    let (status, group) = provider.call(Method::POST, "/Groups", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{group}");
    group
}

async fn patch(provider: &Provider, group: &str, operations: Value) -> (StatusCode, Value) {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
    });
    provider.call(Method::PATCH, &format!("/Groups/{group}"), Some(body)).await
}

async fn members(provider: &Provider, group: &str) -> BTreeSet<String> {
    let (status, group) = provider.get(&format!("/Groups/{group}")).await;
    assert_eq!(status, StatusCode::OK, "{group}");
    let members = group["members"].as_array().into_iter().flatten();
    members.map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

/// The ids of the departments that GenAuth's callers see of the user.
async fn departments(provider: &Provider, user: &str) -> BTreeSet<String> {
    let token = provider.tenant.genauth_token().await;
    let url = provider.app.url("/api/v3/get-user-batch");
    let query = [("userIds", user), ("withDepartmentIds", "true")];
    let request = provider.app.http.get(url).bearer_auth(token).query(&query);
    let (_, answer) = super::answer(request).await;
    let ids = answer["data"][0]["departmentIds"].as_array().expect("department ids");
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

async fn user(provider: &Provider, name: &str) -> String {
    id(&provider.create(json!({ "userName": name })).await).to_owned()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

#[tokio::test]
async fn a_group_lives_and_its_members_have_its_id() {
    let provider = Provider::start().await;
    let (ann, bob) = (user(&provider, "ann").await, user(&provider, "bob").await);
    let group = create_group(&provider, "Ops", &[&ann]).await;
    let ops = id(&group);
    assert_eq!(group["schemas"], json!([GROUP]));
    assert_eq!(group["members"], json!([{ "value": ann }]));
    assert_eq!(provider.get(&format!("/Groups/{ops}")).await, (StatusCode::OK, group.clone()));
    assert_eq!(departments(&provider, &ann).await, set(&[ops]));
    let (_, shown) = provider.get(&format!("/Users/{ann}")).await;
    assert_eq!(shown["groups"], json!([{ "value": ops }]));

    let changes = Admin::of(&provider.app).changes("a", Some(SINCE_NOW)).await;
    let join = json!([{ "op": "add", "path": "members", "value": [{ "value": bob }] }]);
    assert_eq!(patch(&provider, ops, join.clone()).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(members(&provider, ops).await, set(&[&ann, &bob]));
    assert_eq!(departments(&provider, &bob).await, set(&[ops]));
    let told = Admin::of(&provider.app).changes("a", Some(&changes.next)).await;
    let told: Vec<_> = told.changes.iter().map(|change| change.id.as_str().to_owned()).collect();
    assert_eq!(told, std::slice::from_ref(&bob), "the feed tells who changed");

    let (_, before) = provider.get(&format!("/Groups/{ops}")).await;
    assert_eq!(patch(&provider, ops, join).await.0, StatusCode::NO_CONTENT);
    assert_eq!(provider.get(&format!("/Groups/{ops}")).await.1, before, "nothing changes, nor its version");

    let renamed = json!({ "displayName": "Law", "externalId": "g1", "members": [{ "value": bob }] });
    let (status, renamed) = provider.call(Method::PUT, &format!("/Groups/{ops}"), Some(renamed)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&renamed["displayName"], &renamed["externalId"], &renamed["members"]),
        (&json!("Law"), &json!("g1"), &json!([{ "value": bob }]))
    );
    assert_eq!(departments(&provider, &ann).await, set(&[]));

    let path = format!("/Groups/{ops}");
    assert_eq!(provider.call(Method::DELETE, &path, None).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(departments(&provider, &bob).await, set(&[]));
    let gone = error("404", None, "There is no such resource.");
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(provider.call(method, &path, None).await, (StatusCode::NOT_FOUND, gone.clone()));
    }
    assert_eq!(provider.get(&format!("/Users/{bob}")).await.0, StatusCode::OK, "members stay");
}

#[tokio::test]
async fn departments_of_an_import_are_groups_named_by_their_ids() {
    let provider = Provider::start().await;
    let lines = [
        json!({ "id": "1", "employment": { "departmentIds": ["Sales", "D 2"] } }),
        json!({ "id": "2", "employment": { "departmentIds": ["Sales"] } }),
    ];
    let import = |lines: &[Value]| lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let admin = Admin::of(&provider.app);
    admin.import("a", import(&lines), CANONICAL).await;
    let (_, list) = provider.get("/Groups?excludedAttributes=members").await;
    let names: Vec<_> = list["Resources"].as_array().unwrap().iter().map(|one| &one["displayName"]).collect();
    assert_eq!(names, ["D 2", "Sales"]);
    assert_eq!(members(&provider, "Sales").await, set(&["1", "2"]));
    let rename = json!([{ "op": "replace", "value": { "id": "Sales", "displayName": "Sales and more" } }]);
    assert_eq!(patch(&provider, "Sales", rename).await.0, StatusCode::NO_CONTENT);

    let (_, before) = provider.get("/Groups/Sales").await;
    let lines = [
        json!({ "id": "1", "employment": { "departmentIds": [] } }),
        json!({ "id": "3", "employment": { "departmentIds": ["Sales", "D 3"] } }),
    ];
    admin.import("a", import(&lines), CANONICAL).await;
    let (_, after) = provider.get("/Groups/Sales").await;
    assert_eq!((&after["displayName"], &after["id"]), (&before["displayName"], &json!("Sales")));
    assert_ne!(after["meta"]["version"], before["meta"]["version"], "an import changes the version");
    assert_eq!(members(&provider, "Sales").await, set(&["2", "3"]));
    assert_eq!(members(&provider, "D%203").await, set(&["3"]));
    assert_eq!(members(&provider, "D%202").await, set(&[]), "it is there until it is deleted");
}

#[tokio::test]
async fn groups_are_found_by_what_providers_ask_for() {
    let provider = Provider::start().await;
    let (ann, bob) = (user(&provider, "ann").await, user(&provider, "bob").await);
    let ops = create_group(&provider, "Ops", &[&ann, &bob]).await;
    let law = create_group(&provider, "Law", &[&bob]).await;
    let (ops, law) = (id(&ops), id(&law));
    patch(&provider, law, json!([{ "op": "add", "path": "externalId", "value": "E1" }])).await;
    for (filter, expected) in [
        ("displayName eq \"OPS\"".to_owned(), &[ops][..]),
        ("externalId eq \"E1\"".to_owned(), &[law]),
        ("externalId eq \"e1\"".to_owned(), &[]),
        (format!("id eq \"{ops}\""), &[ops]),
        (format!("id eq \"{ops}\" and members.value eq \"{ann}\""), &[ops]),
        (format!("id eq \"{law}\" and members[value eq \"{ann}\"]"), &[]),
        (format!("members.value eq \"{bob}\""), &[ops, law]),
        (format!("members eq \"{ann}\" and displayName sw \"o\""), &[ops]),
        ("members.value eq \"nobody\"".to_owned(), &[]),
        (format!("not (members.value eq \"{ann}\")"), &[law]),
        (format!("members[value ne \"{bob}\"]"), &[ops]),
        ("members pr".to_owned(), &[ops, law]),
        ("shoeSize eq \"9\"".to_owned(), &[]),
    ] {
        let query = [("filter", filter.as_str()), ("excludedAttributes", "members")];
        let (status, list) = super::answer(provider.request(Method::GET, "/Groups").query(&query)).await;
        assert_eq!(status, StatusCode::OK, "{filter}: {list}");
        let found: BTreeSet<_> = list["Resources"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{filter}");
        assert_eq!(list["totalResults"], expected.len(), "{filter}");
        assert!(list["Resources"].as_array().unwrap().iter().all(|group| group.get("members").is_none()));
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let provider = Provider::start().await;
    let ann = user(&provider, "ann").await;
    let group = create_group(&provider, "Ops", &[&ann]).await;
    let value = |detail: &str| (StatusCode::BAD_REQUEST, error("400", Some("invalidValue"), detail));
    let stranger = json!([
        { "op": "remove", "path": "members", "value": [{ "value": ann }] },
        { "op": "add", "path": "members", "value": [{ "value": "nobody" }] },
    ]);
    let refused = value("members has a value that is the id of no user.");
    assert_eq!(patch(&provider, id(&group), stranger).await, refused);
    let long = json!({ "displayName": "x".repeat(513) });
    let refused = value("displayName must not be blank or longer than 512 bytes.");
    assert_eq!(provider.call(Method::POST, "/Groups", Some(long)).await, refused);
    let nameless = json!({ "members": [] });
    let refused = value("displayName is missing.");
    assert_eq!(provider.call(Method::POST, "/Groups", Some(nameless)).await, refused);
    let path = format!("/Groups/{}", id(&group));
    let stale = provider.request(Method::DELETE, &path).header("if-match", "W/\"9\"");
    assert_eq!(super::answer(stale).await.0, StatusCode::PRECONDITION_FAILED);
    assert_eq!(provider.get(&path).await.1, group);
    let version = group["meta"]["version"].as_str().unwrap();
    let known = provider.request(Method::GET, &path).header("if-none-match", version);
    assert_eq!(known.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
}

/// PostgreSQL takes no text with a NUL, so nothing has such a name.
#[tokio::test]
async fn a_nul_in_a_name_finds_nobody() {
    let provider = Provider::start().await;
    for path in ["/Groups/%00", "/Users/%00", "/Groups/a%00?attributes=displayName"] {
        assert_eq!(provider.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(provider.call(Method::DELETE, path, None).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    for filter in ["displayName", "externalId", "id", "members.value"] {
        let (status, list) = provider.get(&format!("/Groups?filter={filter}%20eq%20%22%5Cu0000%22")).await;
        assert_eq!((status, &list["totalResults"]), (StatusCode::OK, &json!(0)), "{filter}");
    }
    let group = create_group(&provider, "Sales", &[]).await;
    let leaves = json!([{ "op": "remove", "path": "members[value eq \"\\u0000\"]" }]);
    let status = patch(&provider, group["id"].as_str().unwrap(), leaves).await.0;
    assert!(status.is_success() || status == StatusCode::BAD_REQUEST, "{status}");
}

/// Else what a client keeps of the one before would pass for what it is now.
#[tokio::test]
async fn a_group_that_comes_back_has_no_version_that_it_had() {
    let provider = Provider::start().await;
    let import = async || {
        let record = "{\"id\":\"1\",\"employment\":{\"departmentIds\":[\"a\"]}}\n".to_owned();
        Admin::of(&provider.app).import("a", record, CANONICAL).await;
        provider.get("/Groups/a").await.1["meta"]["version"].clone()
    };
    let first = import().await;
    assert_eq!(provider.call(Method::DELETE, "/Groups/a", None).await.0, StatusCode::NO_CONTENT);
    let second = import().await;
    assert!(first.is_string() && second.is_string() && first != second, "{first} {second}");
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_a_group() {
    let provider = Provider::start().await;
    let other = Provider::of(&provider.app.tenant("b").await).await;
    let ann = user(&provider, "ann").await;
    let group = create_group(&provider, "Ops", &[&ann]).await;
    let path = format!("/Groups/{}", id(&group));
    let gone = error("404", None, "There is no such resource.");
    for (method, body) in [
        (Method::GET, None),
        (Method::PUT, Some(json!({ "displayName": "x" }))),
        (Method::PATCH, Some(json!({ "Operations": [] }))),
        (Method::DELETE, None),
    ] {
        assert_eq!(other.call(method, &path, body).await, (StatusCode::NOT_FOUND, gone.clone()));
    }
    for filter in
        ["displayName eq \"Ops\"".to_owned(), format!("members.value eq \"{ann}\""), "id pr".to_owned()]
    {
        let list = other.request(Method::GET, "/Groups").query(&[("filter", filter)]);
        assert_eq!(super::answer(list).await.1["totalResults"], 0);
    }
    let theirs = json!({ "displayName": "Theirs", "members": [{ "value": ann }] });
    assert_eq!(other.call(Method::POST, "/Groups", Some(theirs)).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(provider.get(&path).await.1, group);
}

#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let provider = Provider::start().await;
    let mut users = Vec::new();
    for number in 0..8 {
        users.push(user(&provider, &format!("u{number}")).await);
    }
    let group = create_group(&provider, "Ops", &[]).await;
    let joining = users.iter().map(|user| {
        patch(
            &provider,
            id(&group),
            json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]),
        )
    });
    for (status, body) in futures_util::future::join_all(joining).await {
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    }
    assert_eq!(members(&provider, id(&group)).await, users.iter().cloned().collect());
    let (_, group) = provider.get(&format!("/Groups/{}", id(&group))).await;
    let tag = group["meta"]["version"].as_str().unwrap();
    let path = format!("/Groups/{}", id(&group));
    let rename = |name: &str| {
        let body = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": name }] });
        let request = provider.request(Method::PATCH, &path).header("if-match", tag);
        super::answer(request.header("content-type", "application/scim+json").body(body.to_string()))
    };
    let (one, other) = tokio::join!(rename("one"), rename("other"));
    let mut statuses = [one.0.as_u16(), other.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 412], "one of two with one tag wins");
}

#[derive(Debug, Clone)]
enum Step {
    Create(usize, BTreeSet<usize>),
    Add(usize, BTreeSet<usize>),
    Remove(usize, BTreeSet<usize>),
    Replace(usize, BTreeSet<usize>),
    Delete(usize),
    Import(usize, BTreeSet<usize>),
    DeleteUser(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let users = || proptest::collection::btree_set(0..5_usize, 0..4);
    let step = prop_oneof![
        1 => (0..3_usize, users()).prop_map(|(group, users)| Step::Create(group, users)),
        3 => (0..3_usize, users()).prop_map(|(group, users)| Step::Add(group, users)),
        2 => (0..3_usize, users()).prop_map(|(group, users)| Step::Remove(group, users)),
        2 => (0..3_usize, users()).prop_map(|(group, users)| Step::Replace(group, users)),
        1 => (0..3_usize).prop_map(Step::Delete),
        2 => (0..5_usize, proptest::collection::btree_set(0..3_usize, 0..3)).prop_map(|(user, groups)| Step::Import(user, groups)),
        1 => (0..5_usize).prop_map(Step::DeleteUser),
    ];
    proptest::collection::vec(step, 1..25)
}

/// Whom a group has by SCIM, and whose documents hold its id.
async fn both(provider: &Provider) -> [BTreeMap<String, BTreeSet<String>>; 2] {
    let (_, list) = provider.get("/Groups").await;
    let mut shown = BTreeMap::new();
    for group in list["Resources"].as_array().unwrap() {
        shown.insert(id(group).to_owned(), members(provider, id(group)).await);
    }
    let mut held: BTreeMap<String, BTreeSet<String>> =
        shown.keys().map(|group| (group.clone(), BTreeSet::new())).collect();
    for user in Admin::of(&provider.app).users("a").await {
        for group in user["employment"]["departmentIds"].as_array().into_iter().flatten() {
            let users = held.entry(group.as_str().unwrap().to_owned()).or_default();
            users.insert(id(&user).to_owned());
        }
    }
    [shown, held]
}

#[tokio::test]
async fn the_members_of_a_group_are_the_users_whose_documents_hold_its_id() {
    let mut runner = TestRunner::default();
    for _ in 0..3 {
        let provider = Provider::start().await;
        let users = (0..5).map(|number| User::new(UserId::new(number.to_string()))).collect::<Vec<_>>();
        provider.tenant.put_users(&users).await;
        let mut groups: [Option<String>; 3] = Default::default();
        let steps = steps().new_tree(&mut runner).unwrap().current();
        for step in &steps {
            run(&provider, step, &mut groups).await;
            let [shown, held] = both(&provider).await;
            assert_eq!(shown, held, "after {step:?} of {steps:?}");
        }
    }
}

async fn run(provider: &Provider, step: &Step, groups: &mut [Option<String>; 3]) {
    let value = |users: &BTreeSet<usize>| {
        users.iter().map(|user| json!({ "value": user.to_string() })).collect::<Value>()
    };
    let group = |group: usize| groups[group].clone().unwrap_or_else(|| format!("d{group}"));
    match step {
        Step::Create(at, users) => {
            let body = json!({ "displayName": "G", "members": value(users) });
            let (status, created) = provider.call(Method::POST, "/Groups", Some(body)).await;
            groups[*at] = (status == StatusCode::CREATED).then(|| id(&created).to_owned());
        }
        Step::Add(at, users) => {
            let add = json!([{ "op": "Add", "path": "members", "value": value(users) }]);
            patch(provider, &group(*at), add).await;
        }
        Step::Remove(at, users) => {
            let remove = json!([{ "op": "Remove", "path": "members", "value": value(users) }]);
            patch(provider, &group(*at), remove).await;
        }
        Step::Replace(at, users) => {
            let body = json!({ "displayName": "R", "members": value(users) });
            provider.call(Method::PUT, &format!("/Groups/{}", group(*at)), Some(body)).await;
        }
        Step::Delete(at) => {
            provider.call(Method::DELETE, &format!("/Groups/{}", group(*at)), None).await;
        }
        Step::Import(user, of) => {
            let ids: Vec<String> = of.iter().map(|at| group(*at)).collect();
            let line = json!({ "id": user.to_string(), "employment": { "departmentIds": ids } });
            Admin::of(&provider.app).import("a", format!("{line}\n"), CANONICAL).await;
        }
        Step::DeleteUser(user) => {
            provider.call(Method::DELETE, &format!("/Users/{user}"), None).await;
        }
    }
}

#[tokio::test]
async fn one_joins_and_leaves_a_large_group_and_nobody_else_is_touched() {
    let provider = Provider::start().await;
    let users = (0..MANY).map(|number| {
        let mut user = User::new(UserId::new(number.to_string()));
        user.employment.department_ids = vec!["all".to_owned()];
        user
    });
    provider.tenant.put_users(&users.collect::<Vec<_>>()).await;
    let ann = user(&provider, "ann").await;
    let admin = Admin::of(&provider.app);
    for op in ["add", "remove"] {
        let before = admin.changes("a", Some(SINCE_NOW)).await;
        let moved = json!([{ "op": op, "path": "members", "value": [{ "value": ann }] }]);
        assert_eq!(patch(&provider, "all", moved).await.0, StatusCode::NO_CONTENT);
        let told = admin.changes("a", Some(&before.next)).await.changes;
        assert_eq!(told.iter().map(|change| change.id.as_str()).collect::<Vec<_>>(), [ann.as_str()]);
    }
    assert_eq!(members(&provider, "all").await.len(), MANY);
    let (status, answer) = provider.call(Method::DELETE, "/Groups/all", None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    assert_eq!(departments(&provider, "7").await, set(&[]));
}

#[tokio::test]
async fn users_of_before_get_the_keys_that_they_would_be_written_with() {
    let provider = Provider::start().await;
    let lines = [
        json!({ "id": "1", "profile": { "username": "Ann" }, "employment": { "departmentIds": ["Sales", "b"] } }),
        json!({ "id": "2", "account": { "userPrincipalName": "Bob@x.example" }, "employment": { "departmentIds": ["b"] } }),
        json!({ "id": "3", "contact": { "email": "Cy@x.example" }, "employment": { "departmentIds": [] } }),
        json!({ "id": "Eve", "contact": { "email": "" } }),
        json!({ "id": "6", "profile": { "username": "frank" } }),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    Admin::of(&provider.app).import("a", text, CANONICAL).await;
    let mut owner = provider.app.database.owner_connection().await;
    let bind = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant), false)";
    sqlx::query(bind).execute(&mut owner).await.unwrap();
    let all = "SELECT string_agg(t::text, ' ' ORDER BY t::text COLLATE \"C\") FROM (
                   SELECT kind, value, user_id FROM user_shared_key WHERE kind IN (11, 13)
                   UNION ALL SELECT 0, id, folded_name FROM department) t";
    let written: String = sqlx::query_scalar(all).fetch_one(&mut owner).await.unwrap();
    assert!(written.contains("(11,bob@x.example,2)") && written.contains("(0,Sales,sales)"), "{written}");
    let forget = "DELETE FROM user_shared_key; DELETE FROM department";
    sqlx::raw_sql(forget).execute(&mut owner).await.unwrap();
    let migration = include_str!("../../../migrations/0017_department_keys.sql");
    sqlx::raw_sql(migration).execute(&mut owner).await.unwrap();
    sqlx::query(bind).execute(&mut owner).await.unwrap();
    let found: String = sqlx::query_scalar(all).fetch_one(&mut owner).await.unwrap();
    assert_eq!(found, written);
}
