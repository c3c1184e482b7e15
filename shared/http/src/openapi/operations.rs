//! Completes the operations: problems by status, security and readable summaries.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::{
    AllOfBuilder, Content, HeaderBuilder, HttpMethod, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response,
    ResponseBuilder, Schema, SecurityRequirement, Type, path::Operation,
};

use crate::problem::{Code, PROBLEM_JSON};

/// The extension of a response that lists codes.
pub(super) const LISTED_PROBLEMS: &str = "x-problems";

/// The beginning of the keys under which [`super::list_problems`] stores such responses in place of a status.
pub(super) const LISTED_PROBLEMS_PREFIX: &str = "problems:";

/// The names of the security schemes.
pub(super) const SESSION_COOKIE: &str = "session_cookie";
pub(super) const BEARER_TOKEN: &str = "bearer_token";
pub(super) const FRONTEND_PROOF: &str = "frontend_proof";
pub(super) const FRONTEND_KEY: &str = "frontend_key";

/// What any request can fail with.
const ON_EVERY_REQUEST: [Code; 4] =
    [Code::BadRequest, Code::RequestTimeout, Code::Internal, Code::Unavailable];

/// What a JSON body can be refused with.
const WITH_JSON_BODY: [Code; 3] = [Code::MalformedJson, Code::InvalidBody, Code::UnsupportedMediaType];

/// The problems with which the middleware of a service refuses requests.
#[derive(Debug, Clone, Copy)]
pub struct MiddlewareProblems {
    /// Any request.
    pub on_every_request: &'static [Code],
    /// Requests with another method than `GET` and `HEAD`.
    pub on_changes: &'static [Code],
}

/// The codes of an operation by status.
type CodesByStatus = BTreeMap<u16, Vec<Code>>;

/// Responses by the name under which operations refer to them.
pub(super) type SharedResponses = BTreeMap<String, Response>;

/// Completes every operation of a document, and returns the responses that they share.
pub(super) fn complete_operations(document: &mut OpenApi, middleware: MiddlewareProblems) -> SharedResponses {
    let mut shared = SharedResponses::new();
    for (path, item) in &mut document.paths.paths {
        let has_parameters = path.contains('{');
        for (method, operation) in operations(item) {
            tidy_summary(operation);
            tidy_optional_body(operation);
            let mut codes = take_listed_problems(operation);
            let common = common_problems(operation, &method, has_parameters, middleware);
            for code in common {
                add_code(&mut codes, code.status(), code);
            }
            add_security(operation, &codes);
            for (status, mut codes) in codes {
                codes.sort_by_key(|code| Code::ALL.iter().position(|other| other == code));
                add_problem_response(operation, &mut shared, status, &codes);
            }
        }
    }
    shared
}

/// The operations of a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let PathItem { get, post, put, delete, patch, .. } = item;
    [
        (HttpMethod::Get, get),
        (HttpMethod::Post, post),
        (HttpMethod::Put, put),
        (HttpMethod::Delete, delete),
        (HttpMethod::Patch, patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Removes the method and the path from the beginning of a doc comment, such as "`POST /api/login`: checks …".
fn tidy_summary(operation: &mut Operation) {
    let Some(summary) = &operation.summary else { return };
    let text = summary.split_once("`: ").map_or(summary.as_str(), |(_, rest)| rest).replace('\n', " ");
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    operation.summary = Some(first + characters.as_str());
}

/// A body that may be left out is not one that may be `null`.
fn tidy_optional_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(choice))) = &content.schema
            && let Some(named) = choice.items.iter().find(|item| matches!(item, RefOr::Ref(_)))
        {
            content.schema = Some(named.clone());
        }
    }
}

/// Takes the lists of codes out of the responses.
fn take_listed_problems(operation: &mut Operation) -> CodesByStatus {
    let mut codes = CodesByStatus::new();
    operation.responses.responses.retain(|key, response| {
        if !key.starts_with(LISTED_PROBLEMS_PREFIX) {
            return true;
        }
        for (status, code) in listed_problems(response) {
            add_code(&mut codes, status, code);
        }
        false
    });
    codes
}

fn listed_problems(response: &RefOr<Response>) -> Vec<(u16, Code)> {
    let RefOr::T(response) = response else { return Vec::new() };
    let list =
        response.extensions.as_ref().and_then(|extensions| extensions.get(LISTED_PROBLEMS)?.as_array());
    let listed = list.into_iter().flatten();
    listed.filter_map(|listed| Some((status_of(listed)?, code_of(listed)?))).collect()
}

fn status_of(listed: &Value) -> Option<u16> {
    u16::try_from(listed.get("status")?.as_u64()?).ok()
}

fn code_of(listed: &Value) -> Option<Code> {
    Code::find(listed.get("code")?.as_str()?)
}

fn add_code(codes: &mut CodesByStatus, status: u16, code: Code) {
    let of_status = codes.entry(status).or_default();
    if !of_status.contains(&code) {
        of_status.push(code);
    }
}

/// What an operation can fail with before its handler runs.
fn common_problems(
    operation: &Operation,
    method: &HttpMethod,
    has_parameters: bool,
    middleware: MiddlewareProblems,
) -> Vec<Code> {
    let mut codes = middleware.on_every_request.to_vec();
    // An endpoint that describes its own 503, such as a health check, depends on nothing else.
    let describes_outage = operation.responses.responses.contains_key("503");
    codes.extend(ON_EVERY_REQUEST.iter().filter(|code| !describes_outage || code.status() != 503));
    if *method != HttpMethod::Get {
        codes.extend(middleware.on_changes);
        codes.push(Code::PayloadTooLarge);
    }
    if accepts_json(operation) {
        codes.extend(WITH_JSON_BODY);
    }
    if has_parameters {
        codes.push(Code::NotFound);
    }
    codes
}

fn accepts_json(operation: &Operation) -> bool {
    matches!(&operation.request_body, Some(RefOr::T(body)) if body.content.contains_key("application/json"))
}

/// An operation that can miss a token takes one, and an operation that can miss a proof takes that.
fn add_security(operation: &mut Operation, codes: &CodesByStatus) {
    let has = |wanted| codes.values().flatten().any(|code| *code == wanted);
    let names = if has(Code::ProofRequired) {
        &[FRONTEND_PROOF, FRONTEND_KEY]
    } else if has(Code::MissingToken) {
        &[SESSION_COOKIE, BEARER_TOKEN]
    } else {
        return;
    };
    let requirement = |name: &&str| SecurityRequirement::new(*name, Vec::<String>::new());
    operation.security = Some(names.iter().map(requirement).collect());
}

/// Adds the problems with one status to the responses. Operations share the response to the same codes.
fn add_problem_response(
    operation: &mut Operation,
    shared: &mut SharedResponses,
    status: u16,
    codes: &[Code],
) {
    let key = status.to_string();
    if let Some(RefOr::T(described)) = operation.responses.responses.get_mut(&key) {
        described.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(problem_content(status, codes)));
        return;
    }
    let words = codes.iter().map(|code| format!(".{}", code.as_str()));
    let name = format!("{status}{}", words.collect::<String>());
    let reference = Ref::from_response_name(name.as_str());
    operation.responses.responses.insert(key, RefOr::Ref(reference));
    shared.entry(name).or_insert_with(|| problem_response(status, codes));
}

fn problem_response(status: u16, codes: &[Code]) -> Response {
    let response = ResponseBuilder::new()
        .description(describe_codes(codes))
        .content(PROBLEM_JSON, problem_content(status, codes));
    if !matches!(status, 429 | 503) {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let header = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("After how many seconds to try again."))
        .build();
    response.header("Retry-After", header).build()
}

/// The body of a problem that has one of these codes.
fn problem_content(status: u16, codes: &[Code]) -> Content {
    let words = codes.iter().map(|code| code.as_str());
    let narrowed = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status])))
        .required("status")
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)))
        .required("code");
    Content::new(Some(AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed)))
}

fn describe_codes(codes: &[Code]) -> String {
    match codes {
        [code] => code.meaning().to_owned(),
        codes => {
            let titles: Vec<_> = codes.iter().map(|code| code.title()).collect();
            format!("{}.", titles.join("; "))
        }
    }
}
