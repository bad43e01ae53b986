//! What `pg_dump` writes after an erasure has nothing of the person in any form.

use std::process::Command;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde_json::json;
use userbatch::core::address::Address;

use super::{ADDRESS, erase, lines, two_tenants};
use crate::app::{TestApp, postgres_programs};
use crate::importing::{Admin, CANONICAL};

const VALUES: [&str; 9] = [
    "zz-ann-id",
    "zz-ann-genauth",
    "zz-ann-login",
    "Zz-Ann@Example.com",
    "zz-ann-external",
    "zz-ann-idp",
    "zz-ann-custom",
    "Zzann Zzlee",
    "zz-conn:zz-ann-idp",
];

async fn pg_dump(app: &TestApp) -> String {
    let output = Command::new(postgres_programs().await.join("pg_dump"))
        .args(["--enable-row-security", "--data-only", &app.database.owner_url])
        .env("PGOPTIONS", "-c userbatch.dump=on")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Forms in which a value could be found again without a key, all in lower case.
async fn forms(app: &TestApp, value: &str) -> Vec<String> {
    let mut forms =
        vec![value.to_lowercase(), utf8_percent_encode(value, NON_ALPHANUMERIC).to_string().to_lowercase()];
    forms.push(hex(value.as_bytes()));
    let mut owner = app.database.owner_connection().await;
    for text in [value.to_owned(), value.to_lowercase(), value.to_uppercase()] {
        forms.push(hex(digest(&SHA256, text.as_bytes()).as_ref()));
        forms.push(hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref()));
        forms.push(sqlx::query_scalar("SELECT md5($1)").bind(text).fetch_one(&mut owner).await.unwrap());
    }
    forms
}

#[tokio::test]
async fn no_form_of_a_persons_data_is_in_what_pg_dump_writes() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    api.call(Method::GET, "/tenants/a/users/zz-ann-login", None).await;
    admin.find("a", "zzann", 5).await;
    let patch = json!({ "contact": { "email": "Zz-Ann@Example.com" }, "chainAccounts": [] });
    api.call(Method::PATCH, "/tenants/a/users/zz-ann-id", Some(patch)).await;
    admin.import("a", lines(), CANONICAL).await;
    api.call(Method::DELETE, "/tenants/b?confirm=b", None).await;
    let addresses: Vec<String> = Address::parse(ADDRESS).unwrap().forms().collect();
    let values: Vec<&str> = VALUES.into_iter().chain(addresses.iter().map(String::as_str)).collect();
    let before = pg_dump(&api.app).await.to_lowercase();
    assert!(
        VALUES[..5].iter().all(|value| before.contains(&value.to_lowercase())),
        "or the test would find nothing"
    );
    erase(&api, "a", "zz-ann-id").await;
    let after = pg_dump(&api.app).await.to_lowercase();
    assert!(after.contains("user.erase"));
    for value in values {
        for form in forms(&api.app, value).await {
            let line = after.lines().find(|line| line.contains(&form));
            assert_eq!(line, None, "{value} as {form}");
        }
    }
}
