//! An operator gets from an empty database to a company's users behind all three APIs with the program alone.

use serde_json::{Value, json};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;

use crate::app::{Database, TestApp};
use crate::program::Program;

const AVEPOINT: &str = r#"{ "data": [ { "id": "c2aa", "mail": "tony@example.com", "firstName": "Kevin", "status": [0] } ],
  "metadata": { "pageIndex": 1, "pageSize": 50, "totalCount": 1 } }"#;
const GENAUTH: &str =
    r#"{"statusCode":200,"message":"","data":[{"userId":"6229","email":"tony@example.com","name":"Tony"}]}"#;
const BITBADGES: &str = r#"{"accounts":[{"cosmosAddress":"cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x","accountNumber":"10"}]}"#;
/// The company's own knowledge of whose account it is.
const ACCOUNT: &str = r#"{"id":"c2aa","profile":{"username":"tony"},
  "chainAccounts":[{"address":"0xb246a3764d642BABbd6b075bca3e77E1cD563d78"}]}"#;

#[tokio::test]
async fn from_an_empty_database_to_one_person_behind_three_apis() {
    let database = Database::new().await;
    let operator = Program::new(database.clone());
    let tenant = operator.json("tenant create --slug acme --customer-id c --tenant-id t");
    assert_eq!(tenant["customerId"], "c");
    operator.file("avepoint.json", AVEPOINT);
    operator.file("genauth.json", GENAUTH);
    operator.file("bitbadges.json", BITBADGES);
    operator.file("own.ndjson", &ACCOUNT.replace('\n', ""));
    let mut added = Vec::new();
    for words in [
        "--from avepoint avepoint.json",
        "--from genauth genauth.json",
        "own.ndjson",
        "--from bitbadges bitbadges.json",
    ] {
        let report = operator.json(&format!("import --tenant acme {words}"));
        added.push(report["added"].as_u64().unwrap());
    }
    assert_eq!(added, [1, 0, 0, 0], "all four are about one person");

    let app = TestApp::start_on(database, Clock::system(), Limits::default()).await;
    let key = operator.json("credential issue --face bitbadges --tenant acme");
    let request = json!({ "accountsToFetch": [{ "username": "tony" }] });
    let fetch = |key: &Value| {
        let request = app.http.post(app.url("/api/v0/user/batch")).json(&request);
        request.header("x-api-key", key["secret"].as_str().unwrap())
    };
    let accounts: Value = fetch(&key).send().await.unwrap().json().await.unwrap();
    let account = &accounts["accounts"][0];
    assert_eq!((&account["username"], &account["accountNumber"]), (&json!("tony"), &json!("10")));

    let key_pair = operator.json("credential issue --face genauth --tenant acme");
    let login = json!({ "accessKeyId": key_pair["publicId"], "accessKeySecret": key_pair["secret"] });
    let token = app.http.post(app.url("/api/v3/get-management-token")).json(&login);
    let token: Value = token.send().await.unwrap().json().await.unwrap();
    let users = app.http.get(app.url("/api/v3/get-user-batch?userIdType=username&userIds=tony"));
    let users = users.bearer_auth(token["data"]["access_token"].as_str().unwrap());
    let users: Value = users.send().await.unwrap().json().await.unwrap();
    assert_eq!((&users["data"][0]["userId"], &users["data"][0]["name"]), (&json!("6229"), &json!("Tony")));

    let client =
        operator.json("credential issue --face avepoint --tenant acme --customer c --expires-in 90d");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client["publicId"].as_str().unwrap()),
        ("client_secret", client["secret"].as_str().unwrap()),
        ("scope", "elements.um.user.read.all"),
    ];
    let token = app.http.post(app.url("/connect/token")).form(&form);
    let token: Value = token.send().await.unwrap().json().await.unwrap();
    let path = "/partner/external/v3/um/customers/c/tenants/t/users/batch";
    let users = app.http.post(app.url(path)).bearer_auth(token["access_token"].as_str().unwrap());
    let users: Value = users.send().await.unwrap().json().await.unwrap();
    assert_eq!((&users["data"][0]["id"], &users["data"][0]["displayName"]), (&json!("c2aa"), &json!("Tony")));

    // The old key works beside the new one until the overlap ends, and neither after the revocation.
    let id = key["publicId"].as_str().unwrap();
    let fresh = operator.json(&format!("credential rotate {id} --overlap 1h"));
    assert!(fetch(&key).send().await.unwrap().status().is_success());
    assert!(fetch(&fresh).send().await.unwrap().status().is_success());
    operator.json(&format!("credential revoke {id}"));
    assert_eq!(fetch(&fresh).send().await.unwrap().status(), 401);

    let export = operator.command("export --tenant acme -").output().unwrap();
    assert_eq!(String::from_utf8(export.stdout).unwrap().lines().count(), 1);
    let acts = operator.json("audit --tenant acme");
    assert!(acts.as_array().unwrap().iter().all(|act| act["actor"] == "operator"));
    assert_eq!(acts.as_array().unwrap().len(), 11);
}

#[tokio::test]
async fn a_bad_record_is_listed_in_the_rejects_file_and_a_bad_file_fails() {
    let operator = Program::new(Database::new().await);
    operator.json("tenant create --slug acme");
    operator.file("users.ndjson", "{\"id\":\"1\"}\n{\"id\":2}\n");
    assert_eq!(operator.json("import --tenant acme users.ndjson")["rejected"], 1);
    let rejects = std::fs::read_to_string(operator.directory.join("users.ndjson.rejects.ndjson")).unwrap();
    assert_eq!(rejects, "{\"line\":2,\"record\":2,\"field\":\"id\",\"reason\":\"must be a string\"}\n");
    operator.file("wrong.json", AVEPOINT);
    for (words, told) in [
        ("import --tenant acme --from genauth wrong.json", "--from avepoint"),
        ("import --tenant acme --strict users.ndjson", "strict"),
        ("import --tenant none users.ndjson", "no tenant"),
        ("import --tenant acme absent.ndjson", "absent.ndjson"),
        ("tenant delete acme --confirm other", "slug again"),
    ] {
        let output = operator.command(words).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains(told), "{words}: {errors}");
    }
}
