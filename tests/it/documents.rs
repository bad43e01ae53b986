//! What the repository and the gateway say of themselves is what the code does.

use std::path::Path;

use userbatch::api::documents;

use crate::app::TestApp;

#[test]
fn the_committed_openapi_documents_are_up_to_date() {
    for document in documents() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(document.path.trim_start_matches('/'));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let current = format!("{}\n", document.openapi.to_pretty_json().unwrap());
        assert!(
            committed == current,
            "{} is out of date; `make openapi` writes it anew",
            path.display()
        );
    }
}

#[tokio::test]
async fn the_documentation_is_served_and_loads_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app
        .http
        .get(app.url("/docs/"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("swagger-ui"), "{page}");
    for line in page
        .lines()
        .filter(|line| line.contains("src=") || line.contains("href="))
    {
        assert!(!line.contains("//"), "{line}");
    }
    for document in documents() {
        let answer = app.http.get(app.url(document.path)).send().await.unwrap();
        let served: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(served, serde_json::to_value(&document.openapi).unwrap());
    }
}
