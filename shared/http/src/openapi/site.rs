//! `/openapi.json`, `/openapi` and `/problems/{code}`, for services without templates of their own.

use actix_web::{HttpResponse, http::header, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{ApiDocument, render_api, render_problem};
use crate::problem::{Code, Problem};

/// The style of the content that [`render_api`] and [`render_problem`] return. It uses the variables of a page: colors
/// `--ink`, `--soft`, `--line`, `--surface` and `--accent`.
pub const API_STYLE: &str = include_str!("api.css");

/// The style of the page around that content.
const FRAME_STYLE: &str = include_str!("frame.css");

/// `GET /openapi.json`: this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "get_openapi_document",
    tag = "Documentation",
    responses((status = 200, description = "The document", body = Object, content_type = "application/json"))
)]
pub async fn show_document(document: web::Data<ApiDocument>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.json().clone())
}

/// `GET /openapi`: this document as a page.
#[utoipa::path(
    get,
    path = "/openapi",
    operation_id = "get_openapi_page",
    tag = "Documentation",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
pub async fn show_page(document: web::Data<ApiDocument>) -> HttpResponse {
    let title = document.value().pointer("/info/title").and_then(|title| title.as_str()).unwrap_or_default();
    html_page(title, &render_api(&document))
}

/// `GET /problems/{code}`: describes an error code. The `type` of every error response leads here.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    operation_id = "get_problem_page",
    tag = "Documentation",
    params(("code" = String, Path, description = "The code, such as `invalid_token`.")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
pub async fn show_problem(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = Code::find(&code).ok_or_else(|| Problem::new(Code::NotFound, "No error has this code."))?;
    Ok(html_page(code.title(), &render_problem(code)))
}

/// A page that loads no resources and runs no scripts.
fn html_page(title: &str, content: &str) -> HttpResponse {
    let style = format!("{FRAME_STYLE}{API_STYLE}");
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    );
    let body = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{}</title><style>{style}</style></head>\n<body>\n<main>\n{content}</main>\n</body></html>\n",
        super::html::escape(title)
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(body)
}
