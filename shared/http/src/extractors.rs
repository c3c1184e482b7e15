//! The limits of Actix's extractors, and their failures as problems.

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    error::{JsonPayloadError, PathError, QueryPayloadError, UrlencodedError},
    web,
};

use serde::de::DeserializeOwned;

use crate::{
    body::JsonObject,
    problem::{Code, Problem},
};

/// The largest request body that our endpoints accept, in bytes.
pub const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// Configures the limits and failures of extractors, and the response for unknown paths.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(
            web::JsonConfig::default()
                .limit(BODY_LIMIT_BYTES)
                .error_handler(|error, _| json_problem(error).into()),
        )
        .app_data(web::FormConfig::default().limit(BODY_LIMIT_BYTES).error_handler(form_problem))
        .app_data(web::QueryConfig::default().error_handler(query_problem))
        .app_data(web::PathConfig::default().error_handler(path_problem))
        .app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES))
        .default_service(web::to(not_found));
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound, "No resource exists at this path."))
}

pub(crate) fn too_large() -> Problem {
    let detail = format!("The body must not exceed {BODY_LIMIT_BYTES} bytes.");
    Problem::new(Code::PayloadTooLarge, detail)
}

fn json_problem(error: JsonPayloadError) -> Problem {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => too_large(),
        JsonPayloadError::ContentType => {
            Problem::new(Code::UnsupportedMediaType, "Send JSON with Content-Type: application/json.")
        }
        JsonPayloadError::Deserialize(error) if error.is_data() => {
            Problem::new(Code::InvalidBody, describe_shape_error(&error))
        }
        JsonPayloadError::Deserialize(error) => Problem::new(
            Code::MalformedJson,
            format!(
                "Send one JSON object in UTF-8; parsing failed at line {}, column {}.",
                error.line(),
                error.column()
            ),
        ),
        _ => Problem::new(Code::BadRequest, "The body could not be read completely."),
    }
}

/// Parses a JSON object that a request may contain; `None` if the body is empty.
///
/// # Errors
/// There is a body, and it is not such an object.
pub fn optional_json<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<Option<T>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(json_problem(JsonPayloadError::ContentType));
    }
    let JsonObject(value) =
        serde_json::from_slice(body).map_err(|error| json_problem(JsonPayloadError::Deserialize(error)))?;
    Ok(Some(value))
}

/// Names the invalid field. Its content, perhaps a password, is never repeated.
fn describe_shape_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field")
        || text.starts_with("unknown field")
        || text.starts_with("duplicate field")
    {
        let text: String = text.chars().take(200).collect();
        let article = if text.starts_with('u') { "an" } else { "a" };
        // serde writes "… at line 1 column 55".
        return format!("The body has {article} {}.", text.replace(" column ", ", column "));
    }
    format!("A field has the wrong type, at line {}, column {}.", error.line(), error.column())
}

fn form_problem(error: UrlencodedError, _: &HttpRequest) -> Error {
    match error {
        UrlencodedError::Overflow { .. } => too_large(),
        UrlencodedError::ContentType | UrlencodedError::UnknownLength => Problem::new(
            Code::UnsupportedMediaType,
            "Send the form with Content-Type: application/x-www-form-urlencoded.",
        ),
        _ => Problem::new(Code::InvalidForm, "A field is missing, unknown or duplicated."),
    }
    .into()
}

fn query_problem(_: QueryPayloadError, _: &HttpRequest) -> Error {
    Problem::new(Code::InvalidQuery, "A parameter is missing, unknown, duplicated or of the wrong type.")
        .into()
}

fn path_problem(_: PathError, _: &HttpRequest) -> Error {
    Problem::new(Code::NotFound, "No resource exists at this path.").into()
}

#[cfg(test)]
#[path = "extractors_tests.rs"]
mod tests;
