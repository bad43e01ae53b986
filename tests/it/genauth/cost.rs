//! A batch takes the same number of statements whatever its size.

use userbatch::core::user::User;

use super::{Client, user};

#[tokio::test]
async fn one_id_and_fifty_cost_the_same_number_of_statements() {
    let ids: Vec<String> = (0..50).map(|n| format!("user-{n}")).collect();
    let users: Vec<User> = ids.iter().map(|id| user(id)).collect();
    let client = Client::with_users(&users).await;
    let list = |count: usize| {
        let pairs: Vec<String> = ids[..count].iter().map(|id| format!("userIds[]={id}")).collect();
        pairs.join("&")
    };
    let mut costs = Vec::new();
    for count in [1, 50] {
        let mut call = client.signed();
        call.query = format!("{}&withIdentities=true", list(count));
        call.parameters = format!("userIds={}&withIdentities=true", serde_json::json!(ids[..count]));
        let before = client.app.serving.statements();
        assert_eq!(call.send().await.users().len(), count);
        costs.push(client.app.serving.statements() - before);
    }
    // The access key with its tenant, the nonce with the revalidation, the users; the key is known the second time.
    assert_eq!(costs, [3, 2]);
}

#[tokio::test]
async fn nothing_is_read_for_a_request_that_is_refused_by_its_form() {
    let client = Client::with_users(&[]).await;
    let before = client.app.serving.statements();
    let url = client.app.url(&format!("{}?userIds=1", super::BATCH));
    for authorization in ["", "Bearer x", "authing x:y", "GenAuth", "Basic eDp5"] {
        let request = client.app.http.get(&url).header("authorization", authorization);
        assert_eq!(super::Answer::of(request).await.body["statusCode"], 401);
    }
    assert_eq!(client.app.serving.statements(), before);
}
