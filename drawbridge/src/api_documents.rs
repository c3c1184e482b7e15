//! Generates the documents in `docs/openapi` from the code of the services.

use std::{collections::BTreeSet, fs};

use drawbridge_core::settings::environment;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi");

#[test]
fn the_api_documents_describe_the_services() {
    let documents = [
        ("auth-service", auth_service::openapi::document()),
        ("verify-service", verify_service::openapi::document()),
        (
            "web-frontend",
            web_frontend::openapi::document(
                auth_service::openapi::derived(),
                verify_service::openapi::derived(),
            ),
        ),
    ];

    for (service, document) in documents {
        assert_references_resolve(service, document.value(), document.value());
        assert_operations_are_distinct_and_summarized(service, document.value());
        let path = format!("{FOLDER}/{service}.json");
        if environment("UPDATE_DOCS").is_some() {
            fs::write(&path, document.json()).unwrap();
            continue;
        }
        let current = fs::read(&path).unwrap_or_default();
        assert!(
            current == *document.json(),
            "docs/openapi/{service}.json is outdated: run scripts/api-documents"
        );
    }
}

/// Fails if a part of a document refers to something that the document does not contain.
fn assert_references_resolve(service: &str, document: &Value, part: &Value) {
    if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{service}: {reference} is missing");
    }
    let members = part.as_object().into_iter().flat_map(|members| members.values());
    let items = part.as_array().into_iter().flatten();
    members.chain(items).for_each(|part| assert_references_resolve(service, document, part));
}

/// Fails if two operations share an ID, or if a summary is not a sentence about the operation. The page shows the path
/// in front of the summary, so the summary must not repeat it.
fn assert_operations_are_distinct_and_summarized(service: &str, document: &Value) {
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|item| item.as_object().unwrap().values());
    let mut ids = BTreeSet::new();
    for operation in operations {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{service}: two operations are named {id}");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(summary.starts_with(char::is_uppercase), "{service}: the summary of {id} is \"{summary}\"");
    }
}
