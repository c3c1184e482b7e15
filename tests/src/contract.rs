//! Validates what a [`Visitor`](crate::Visitor) receives against the OpenAPI documents in `docs/openapi`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{LazyLock, Mutex},
};

use boon::{Compiler, SchemaIndex, Schemas};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::{Answer, Service};

const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";

/// The media type of errors for browsers, which are pages.
const HTML: &str = "text/html";

static AUTH: LazyLock<Contract> =
    LazyLock::new(|| Contract::new(include_str!("../../docs/openapi/auth-service.json")));
static VERIFY: LazyLock<Contract> =
    LazyLock::new(|| Contract::new(include_str!("../../docs/openapi/verify-service.json")));
static FRONTEND: LazyLock<Contract> =
    LazyLock::new(|| Contract::new(include_str!("../../docs/openapi/web-frontend.json")));

/// Which service listens on which port, and below which path its own paths are.
static PORTS: Mutex<BTreeMap<u16, (Service, String)>> = Mutex::new(BTreeMap::new());

/// Validates from now on every answer of the service that has this URL.
pub fn expect_contract(service: Service, url: &str) {
    expect_contract_below(service, url, "");
}

/// Does the same for a service with its own paths below `prefix` (`PAGES_PATH`).
pub fn expect_contract_below(service: Service, url: &str, prefix: &str) {
    let port = Url::parse(url).unwrap().port_or_known_default().unwrap();
    PORTS.lock().unwrap().insert(port, (service, prefix.to_owned()));
}

/// Fails if an answer of one of our services is not as described. A path that is not described is not checked.
pub(crate) fn check_answer(method: &Method, url: &Url, answer: &Answer) {
    let Some(port) = url.port_or_known_default() else { return };
    let Some((service, prefix)) = PORTS.lock().unwrap().get(&port).cloned() else { return };
    let Some(own_path) = url.path().strip_prefix(&prefix) else { return };
    let contract = match service {
        Service::Auth => &AUTH,
        Service::Verify => &VERIFY,
        Service::Frontend => &FRONTEND,
    };
    if let Err(reason) = contract.check(method, own_path, answer) {
        let (name, path, status) = (service.name(), url.path(), answer.status);
        panic!(
            "docs/openapi/{name}.json does not describe the answer {status} to {method} {path}: {reason}\n{}",
            answer.text
        );
    }
}

/// A document whose schemas are compiled.
struct Contract {
    document: Value,
    schemas: Schemas,
    /// The schemas by JSON pointer.
    indexes: HashMap<String, SchemaIndex>,
    problem: SchemaIndex,
}

impl Contract {
    fn new(json: &str) -> Self {
        const LOCATION: &str = "https://drawbridge.example/openapi.json";
        let mut document: Value = serde_json::from_str(json).unwrap();
        refuse_other_members(&mut document["components"]["schemas"]);
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(LOCATION, document.clone()).unwrap();
        let mut schemas = Schemas::new();
        let mut compile = |pointer: &str| {
            let compiled = compiler.compile(&format!("{LOCATION}#{pointer}"), &mut schemas);
            compiled.unwrap_or_else(|error| panic!("{pointer}: {error:#}"))
        };
        let problem = compile("/components/schemas/Problem");
        let pointers = schema_pointers(&document);
        let indexes = pointers.into_iter().map(|pointer| (pointer.clone(), compile(&pointer))).collect();
        Self { document, schemas, indexes, problem }
    }

    fn check(&self, method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
        let Some(template) = self.find_path(path) else { return Ok(()) };
        let name = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        let pointer = format!("/paths/{}/{name}", escape(template));
        let Some(operation) = self.document.pointer(&pointer) else { return self.check_other_method(answer) };
        let status = answer.status.to_string();
        let pointer = response_pointer(operation, &pointer, &status).ok_or("the status is not described")?;
        let Some(response) = self.document.pointer(&pointer) else {
            return Err(format!("{pointer} is missing"));
        };
        let Some(content) = response.get("content").and_then(Value::as_object) else { return Ok(()) };
        let media_type = media_type(answer);
        if method == Method::HEAD || media_type == HTML && answer.status >= 400 {
            return Ok(());
        }
        if !content.contains_key(media_type) {
            return Err(format!("the media type {media_type:?} is not described"));
        }
        let pointer = format!("{pointer}/content/{}/schema", escape(media_type));
        match self.indexes.get(&pointer) {
            Some(schema) => self.validate(*schema, answer),
            None => Ok(()),
        }
    }

    /// Checks the answer to a method that is not described: a problem must still be one.
    fn check_other_method(&self, answer: &Answer) -> Result<(), String> {
        match media_type(answer) {
            PROBLEM_JSON => self.validate(self.problem, answer),
            _ => Ok(()),
        }
    }

    fn validate(&self, schema: SchemaIndex, answer: &Answer) -> Result<(), String> {
        let body = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
        self.schemas.validate(&body, schema).map_err(|error| error.to_string())
    }

    /// The described path that matches: itself, or one with parameters.
    fn find_path(&self, path: &str) -> Option<&str> {
        let paths = self.document["paths"].as_object().unwrap();
        let matching = paths.keys().map(String::as_str).filter(|template| matches(template, path));
        matching.min_by_key(|template| template.contains('{'))
    }
}

fn media_type(answer: &Answer) -> &str {
    answer.header("content-type").split(';').next().unwrap_or_default().trim()
}

/// Returns true if a path with parameters matches. The parameter `path` matches the rest, the others one segment.
fn matches(template: &str, path: &str) -> bool {
    if let Some(prefix) = template.strip_suffix("{path}") {
        return path.starts_with(prefix);
    }
    let (template, path) = (template.split('/'), path.split('/'));
    let is_match = |(expected, segment): (&str, &str)| {
        expected == segment || expected.starts_with('{') && !segment.is_empty()
    };
    template.clone().count() == path.clone().count() && template.zip(path).all(is_match)
}

/// A member name in a JSON pointer (RFC 6901, 3).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a response of the operation at `operation_pointer`.
fn response_pointer(operation: &Value, operation_pointer: &str, status: &str) -> Option<String> {
    let response = operation["responses"].get(status)?;
    let shared = response.get("$ref").and_then(|reference| reference.as_str()?.strip_prefix('#'));
    Some(shared.map_or_else(|| format!("{operation_pointer}/responses/{status}"), str::to_owned))
}

/// The pointers of the schemas of all responses with JSON.
fn schema_pointers(document: &Value) -> BTreeSet<String> {
    let mut pointers = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let operation_pointer = format!("/paths/{}/{method}", escape(path));
            for status in operation["responses"].as_object().unwrap().keys() {
                let response = response_pointer(operation, &operation_pointer, status).unwrap();
                let media_types = [JSON, PROBLEM_JSON].map(escape).into_iter();
                let schemas = media_types.map(|media_type| format!("{response}/content/{media_type}/schema"));
                pointers.extend(schemas.filter(|schema| document.pointer(schema).is_some()));
            }
        }
    }
    pointers
}

/// Clients must ignore members that they do not know. The tests refuse them, so that each is described.
fn refuse_other_members(schemas: &mut Value) {
    match schemas {
        Value::Object(members) => {
            members.values_mut().for_each(refuse_other_members);
            let is_object = members.get("type").is_some_and(|name| name == "object");
            if is_object
                && members.contains_key("properties")
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refuse_other_members),
        _ => {}
    }
}
