//! What the repository and the gateway say of themselves is what the code does.

use std::path::Path;

use userbatch::api::{admin, documents};

use crate::app::TestApp;

#[test]
fn the_committed_openapi_documents_are_up_to_date() {
    for document in documents().into_iter().chain([admin::document()]) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document.path.trim_start_matches('/'));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let current = format!("{}\n", document.openapi.to_pretty_json().unwrap());
        assert!(committed == current, "{} is out of date; `make openapi` writes it anew", path.display());
    }
}

#[test]
fn the_committed_schema_of_the_user_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/user.schema.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let current = serde_json::to_string_pretty(&userbatch::core::user::json_schema()).unwrap();
    assert_eq!(committed.trim_end(), current, "`make openapi` writes it anew");
}

#[tokio::test]
async fn the_documentation_is_served_and_loads_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.http.get(app.url("/docs/")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("swagger-ui"), "{page}");
    for line in page.lines().filter(|line| line.contains("src=") || line.contains("href=")) {
        assert!(!line.contains("//"), "{line}");
    }
    for document in documents() {
        let answer = app.http.get(app.url(document.path)).send().await.unwrap();
        let served: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(served, serde_json::to_value(&document.openapi).unwrap());
    }
}
