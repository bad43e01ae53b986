//! The Postman collections under `postman/`: the documented operations with their examples, and what a collection adds
//! to them, which is in the tables here. They are written by a test, since the program has no use for them.

mod admin;
mod avepoint;
mod bitbadges;
mod collection;
mod genauth;
mod request;
mod scim;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use userbatch::api::{self, Document};

use collection::Collection;
use request::Request;

fn collections() -> [Collection; 5] {
    let documents: Vec<Document> = api::documents(None).into_iter().chain([api::admin::document()]).collect();
    let of = |path| {
        let document = documents.iter().find(|document| document.path == path).unwrap();
        serde_json::to_value(&document.openapi).unwrap()
    };
    [
        bitbadges::collection(of("/openapi/bitbadges.json")),
        avepoint::collection(of("/openapi/avepoint.json")),
        genauth::collection(of("/openapi/genauth.json")),
        admin::collection(of("/openapi/admin.json")),
        scim::collection(of("/openapi/scim.json")),
    ]
}

fn requests(collection: &Collection) -> impl Iterator<Item = &Request> {
    collection.folders.iter().flat_map(|folder| &folder.requests)
}

/// Path and content of each file below `postman/`.
fn files() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("postman");
    let files = collections().into_iter().flat_map(|collection| {
        [("collection", collection.to_json()), ("environment", collection.environment())].map(
            |(kind, content)| {
                let path = folder.join(format!("{}.postman_{kind}.json", collection.file));
                (path, format!("{content:#}\n"))
            },
        )
    });
    files.collect()
}

#[test]
fn the_committed_collections_are_up_to_date_and_alone() {
    let files = files();
    for (path, text) in &files {
        if std::env::var_os("USERBATCH_WRITE_POSTMAN").is_some() {
            fs::write(path, text).unwrap();
        }
        let committed = fs::read_to_string(path).unwrap_or_default();
        assert!(committed == *text, "{} is out of date; `make postman` writes it anew", path.display());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("postman");
    let committed: BTreeSet<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(committed, files.into_iter().map(|(path, _)| path).collect());
}

#[test]
fn every_documented_operation_is_called() {
    for collection in collections() {
        let called: BTreeSet<&str> = requests(&collection).map(|request| request.operation).collect();
        let paths = collection.document["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
        for id in operations.filter_map(|operation| operation["operationId"].as_str()) {
            assert!(called.contains(id), "{} does not call {id}", collection.name);
        }
    }
}

#[test]
fn no_two_requests_of_a_collection_have_the_same_name() {
    for collection in collections() {
        let mut names = BTreeSet::new();
        for request in requests(&collection) {
            assert!(names.insert(request.name), "{} twice in {}", request.name, collection.name);
        }
    }
}

#[test]
fn no_secret_is_committed() {
    for collection in collections() {
        for variable in collection.variables.iter().filter(|variable| variable.is_secret) {
            assert_eq!(variable.value, "", "{} in {}", variable.name, collection.name);
        }
    }
}
