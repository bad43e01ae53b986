//! Groups with very many members.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Provider, answer, error};

/// Departments with their numbers of members, in the order of their ids.
const DEPARTMENTS: [(&str, u32); 6] =
    [("a", 2), ("b", 60_000), ("c", 60_000), ("d", 120_000), ("e", 0), ("f", 30_000)];

/// A tenant with these departments; the members are ids alone, which is all that a list of groups looks at.
async fn large() -> Provider {
    let provider = Provider::start().await;
    let mut owner = provider.app.database.owner_connection().await;
    let bind = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant), false)";
    sqlx::query(bind).execute(&mut owner).await.unwrap();
    for (id, members) in DEPARTMENTS {
        let department =
            "INSERT INTO department (tenant_id, id, folded_name) VALUES (bound_tenant(), $1, $1)";
        sqlx::query(department).bind(id).execute(&mut owner).await.unwrap();
        let keys = "INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
            SELECT bound_tenant(), 13, $1, 'member-' || lpad(n::text, 7, '0') FROM generate_series(1, $2) n";
        sqlx::query(keys).bind(id).bind(i32::try_from(members).unwrap()).execute(&mut owner).await.unwrap();
    }
    provider
}

/// The groups of a list, each with the number of its members, all of whom are different.
fn groups(list: &Value) -> Vec<(String, u32)> {
    let groups = list["Resources"].as_array().unwrap().iter();
    let groups = groups.map(|group| {
        let members: Vec<&str> = group["members"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|member| {
                assert_eq!(member.as_object().unwrap().len(), 1);
                member["value"].as_str().unwrap()
            })
            .collect();
        assert_eq!(members.iter().collect::<BTreeSet<_>>().len(), members.len());
        (group["id"].as_str().unwrap().to_owned(), u32::try_from(members.len()).unwrap())
    });
    groups.collect()
}

fn expected() -> Vec<(String, u32)> {
    DEPARTMENTS.iter().map(|&(id, members)| (id.to_owned(), members)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_pages_through_groups_of_any_size_as_it_is_told_how_many_are_here() {
    let provider = large().await;
    for order in ["", "&sortBy=displayName"] {
        let (mut walked, mut start) = (Vec::new(), 1);
        let mut sizes = Vec::new();
        loop {
            let (status, list) = provider.get(&format!("/Groups?startIndex={start}&count=100{order}")).await;
            assert_eq!(status, StatusCode::OK, "{list}");
            assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(6), &json!(start)));
            let here = list["itemsPerPage"].as_u64().unwrap();
            assert_eq!(here, list["Resources"].as_array().unwrap().len() as u64);
            if here == 0 {
                break;
            }
            walked.extend(groups(&list));
            sizes.push(here);
            start += here;
        }
        assert_eq!((walked, sizes), (expected(), vec![2, 1, 1, 2]), "{order}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_by_cursors_and_all_at_once_without_members() {
    let provider = large().await;
    for order in [&[][..], &[("sortBy", "displayName")]] {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = [order, &[("count", "3"), ("cursor", cursor.as_str())]].concat();
            let (status, list) = answer(provider.request(Method::GET, "/Groups").query(&query)).await;
            assert_eq!(status, StatusCode::OK, "{list}");
            walked.extend(groups(&list));
            let Some(next) = list.get("nextCursor") else { break };
            next.as_str().unwrap().clone_into(&mut cursor);
        }
        assert_eq!(walked, expected(), "{order:?}");
    }
    for query in ["excludedAttributes=members", "attributes=displayName", "excludedAttributes=members.value"]
    {
        let (_, list) = provider.get(&format!("/Groups?{query}")).await;
        let members: Vec<_> = groups(&list).into_iter().map(|(_, members)| members).collect();
        let is_whole = query == "excludedAttributes=members.value";
        assert_eq!(members, vec![0; if is_whole { 2 } else { 6 }], "{query}");
    }
    let (status, group) = provider.get("/Groups/d").await;
    assert_eq!((status, group["members"].as_array().unwrap().len()), (StatusCode::OK, 120_000));
    assert_eq!(group["members"][0], json!({ "value": "member-0000001" }));
    let (_, root) = answer(provider.request(Method::GET, "/").query(&[("count", "4")])).await;
    assert_eq!((groups(&root).len(), &root["totalResults"]), (2, &json!(6)));
    let (status, refused) = provider.get("/Groups?sortBy=members").await;
    let detail = "members are more than 100000: exclude them from the response, or name those to change.";
    assert_eq!((status, refused), (StatusCode::BAD_REQUEST, error("400", Some("tooMany"), detail)));
}
