//! What the repository and the gateway document is what the code does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory as _};
use tokio_util::sync::CancellationToken;
use userbatch::api::{self, Ingress, admin, documents};
use userbatch::cli::Cli;
use userbatch::server::ListenOptions;

use crate::app::{TestApp, serve};

#[test]
fn the_committed_openapi_documents_are_up_to_date() {
    for document in documents(None).into_iter().chain([admin::document()]) {
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
    for (file, start) in
        [("swagger-ui-bundle.js", "/*!"), ("swagger-ui.css", ".swagger-ui"), ("page.js", "//")]
    {
        let file =
            app.http.get(app.url(&format!("/docs/{file}"))).send().await.unwrap().text().await.unwrap();
        assert!(file.starts_with(start), "{file:.80}");
    }
    for line in page.lines().filter(|line| line.contains("src=") || line.contains("href=")) {
        assert!(!line.contains("//"), "{line}");
    }
    // Only the demo has credentials to fill in.
    let answer = app.http.get(app.url("/docs/demo.json")).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    for document in documents(None) {
        let answer = app.http.get(app.url(document.path)).send().await.unwrap();
        let served: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(served, serde_json::to_value(&document.openapi).unwrap());
    }
}

#[tokio::test]
async fn the_document_of_a_gateway_with_a_known_address_says_where_tokens_are() {
    let app = TestApp::start().await;
    let public_url = Some("https://users.example.com".to_owned());
    let gateway = app.gateway(Ingress { public_url, ..Ingress::default() });
    let base = serve(api::router(gateway), ListenOptions::default(), CancellationToken::new()).await;
    let answer = app.http.get(format!("{base}/openapi/avepoint.json")).send().await.unwrap();
    let document: serde_json::Value = answer.json().await.unwrap();
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"];
    assert_eq!(flow["tokenUrl"], "https://users.example.com/connect/token");
}

/// The Markdown pages of the repository, but for those of tools and packages below `target` and the like.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["", "docs", "migrations", "tests/sdk"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        for link in links.filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", page.display());
            let headings = || {
                let text = std::fs::read_to_string(&target).unwrap().to_lowercase().replace(' ', "-");
                text.replace(|c: char| c.is_ascii_punctuation() && !"#-_".contains(c), "")
            };
            let found = heading.is_empty() || headings().contains(&format!("#-{heading}\n"));
            assert!(found, "{}: {link}", page.display());
        }
    }
}

/// The environment variables that commands read, but for the names of files that hold secrets; each with its default.
fn settings(command: &Command, found: &mut BTreeMap<String, String>) {
    let name = |argument: &Arg| argument.get_env().map(|name| name.to_str().unwrap().to_owned());
    for (name, argument) in command.get_arguments().filter_map(|argument| Some((name(argument)?, argument))) {
        let defaults = argument.get_default_values().iter().filter_map(|value| value.to_str());
        let default = defaults.filter(|value| *value != "false").collect();
        found.insert(name, default);
    }
    command.get_subcommands().for_each(|command| settings(command, found));
}

#[test]
fn the_page_of_settings_has_every_setting_with_its_default() {
    let page = include_str!("../../docs/settings.md");
    let mut rows: BTreeMap<_, _> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).collect();
    let mut found = BTreeMap::new();
    settings(&Cli::command(), &mut found);
    for (name, default) in found.iter().filter(|(name, _)| !name.ends_with("_FILE")) {
        let row = rows.remove(name.as_str()).unwrap_or_else(|| panic!("the page lacks {name}"));
        assert!(
            default.is_empty() || row.contains(&format!("`{default}`")),
            "{name} is by default {default}"
        );
    }
    assert!(rows.is_empty(), "no command reads {:?}", rows.keys());
}
