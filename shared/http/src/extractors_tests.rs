use actix_web::http::header::HeaderMap;

use super::*;
use crate::{problem::PROBLEM_JSON, request_scope::request_scope, routes};
use actix_web::{App, middleware::from_fn, test};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[expect(dead_code, reason = "only its shape counts")]
    password: String,
}

async fn take(_: web::Json<Input>) -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn answer(request: test::TestRequest) -> (u16, serde_json::Value, HeaderMap) {
    let app = App::new().wrap(from_fn(request_scope)).configure(configure).service(routes::post("/in", take));
    let app = test::init_service(app).await;
    let response = test::call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = test::read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap_or_default(), headers)
}

fn post(body: impl Into<Vec<u8>>) -> test::TestRequest {
    test::TestRequest::post()
        .uri("/in")
        .insert_header(("content-type", "application/json"))
        .set_payload(body.into())
}

#[actix_web::test]
async fn bad_input_gets_a_problem_with_its_code() {
    for (case, body, status, code) in [
        ("no JSON", b"nothing".to_vec(), 400, "malformed_json"),
        ("invalid UTF-8", b"{\"password\": \"\xff\"}".to_vec(), 400, "malformed_json"),
        ("a missing field", b"{}".to_vec(), 422, "invalid_body"),
        ("a number instead of text", b"{\"password\": 4711}".to_vec(), 422, "invalid_body"),
        ("an unknown field", b"{\"password\": \"a\", \"admin\": true}".to_vec(), 422, "invalid_body"),
        ("an oversized body", vec![b' '; BODY_LIMIT_BYTES + 1], 413, "payload_too_large"),
    ] {
        let (got, problem, headers) = answer(post(body)).await;

        let request_id = problem["request_id"].as_str().unwrap_or_default();
        let repeats_input = problem["detail"].as_str().is_none_or(|detail| detail.contains("4711"));
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{case}: {problem}");
        assert_eq!(headers.get("content-type").unwrap(), PROBLEM_JSON, "{case}");
        assert_eq!(headers.get("x-request-id").unwrap(), request_id, "{case}: {problem}");
        assert!(!repeats_input, "{case}: {problem}");
    }
}

#[actix_web::test]
async fn other_content_types_methods_and_paths_are_named() {
    let (status, problem, _) = answer(test::TestRequest::post().uri("/in").set_payload("{}")).await;
    assert_eq!((status, problem["code"].as_str()), (415, Some("unsupported_media_type")));
    let (status, _, headers) = answer(test::TestRequest::get().uri("/in")).await;
    assert_eq!((status, headers.get("allow").unwrap().to_str().unwrap()), (405, "POST"));
    let (status, problem, _) = answer(test::TestRequest::get().uri("/elsewhere")).await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")));
}

#[actix_web::test]
async fn a_good_request_id_is_kept_and_a_bad_one_replaced() {
    let with = |id: &'static str| post("{}").insert_header(("x-request-id", id));
    let (_, problem, _) = answer(with("trace-0123")).await;
    assert_eq!(problem["request_id"], "trace-0123");
    for bad in ["short", "with space and more", "<script>alert(1)</script>"] {
        let (_, problem, _) = answer(with(bad)).await;
        assert_ne!(problem["request_id"], bad, "{bad:?}");
    }
}
