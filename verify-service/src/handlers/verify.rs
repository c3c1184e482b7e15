use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_core::audience::Audience;
use drawbridge_http::{
    openapi::TokenProblems,
    optional_json,
    problem::{Code, Problem},
    token_headers,
};
use drawbridge_verification::token::AcceptedTokens;
use serde::Deserialize;

use crate::{
    answers::{FollowerBody, ValidTokenBody},
    app::App,
    verdict::{self, Verdict},
};

/// Which tokens the caller accepts. Without a body, those are session tokens.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyBody {
    /// Access tokens with this audience.
    audience: Option<Audience>,
    /// Session tokens of the frontends that have this audience of their own.
    session_audience: Option<Audience>,
    /// Whether the caller follows the change feed and would like to remember the answer: `data.record` says whether it
    /// may.
    #[serde(default)]
    with_record: bool,
}

impl VerifyBody {
    fn accepted_tokens(&self, own_audience: &str) -> Result<AcceptedTokens<'_>, Problem> {
        match (&self.audience, &self.session_audience) {
            (None, None) => Ok(AcceptedTokens::Session),
            (Some(audience), None) => Ok(AcceptedTokens::Access(audience.as_str())),
            (None, Some(audience)) => Ok(AcceptedTokens::sessions_at(audience.as_str(), own_audience)),
            (Some(_), Some(_)) => {
                Err(Problem::new(Code::InvalidBody, "Send either audience or session_audience, not both."))
            }
        }
    }
}

/// `POST /api/verify`: verifies the token in the session cookie or in `Authorization: Bearer`: a session token, or an
/// access token for the `audience` in the body.
#[utoipa::path(
    post,
    path = "/api/verify",
    operation_id = "verify_token",
    tag = "Verification",
    request_body = Option<VerifyBody>,
    responses((status = 200, description = "The token is valid", body = ValidTokenBody), TokenProblems)
)]
pub(crate) async fn verify(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let body: VerifyBody = optional_json(&request, &body)?.unwrap_or_default();
    let accepted = body.accepted_tokens(&app.audience)?;
    if body.with_record
        && let Some(token) = app.cookie.only_token(&token_headers(request.headers()))
    {
        let grant = app.verifier.verify_for_follower(token, accepted).await?;
        return Ok(HttpResponse::Ok().json(FollowerBody::new(&grant)));
    }
    respond(verdict::verify(&app, request.headers(), accepted).await)
}

/// The response to a verdict.
pub(crate) fn respond(verdict: Verdict) -> Result<HttpResponse, Problem> {
    let grant = verdict?;
    Ok(HttpResponse::Ok().json(ValidTokenBody::new(&grant)))
}
