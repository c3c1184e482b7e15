//! Token exchange (RFC 8693).

mod exchange_form;

use actix_web::{
    Error as ActixError, HttpResponse,
    http::header::{CacheControl, CacheDirective},
    web,
};
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::{
    openapi::always_true,
    problem::{Code, Problem},
    problems,
    token_exchange::{TOKEN_PATH, TOKEN_TYPE_ACCESS_TOKEN},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use self::exchange_form::{ExchangeForm, ExchangeRequest};
use crate::{
    app::App,
    error::Error,
    request_context::RequestContext,
    signing_keys::{IssuedToken, TokenSubject},
};

/// An access token (RFC 8693, 2.2.1).
#[derive(Serialize, utoipa::ToSchema)]
struct ExchangeResponse {
    /// Always true.
    #[schema(schema_with = always_true)]
    success: bool,
    /// For people; it may change.
    message: &'static str,
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    access_token: SecretString,
    /// `urn:ietf:params:oauth:token-type:access_token`.
    issued_token_type: &'static str,
    /// `Bearer`.
    token_type: &'static str,
    /// In seconds.
    expires_in: i64,
}

problems! {
    /// Why a token exchange is refused.
    ExchangeProblems: ProofRequired, InvalidForm, InvalidAudience
}

problems! {
    /// Why a subject token is refused.
    SubjectTokenProblems as 400: InvalidToken, ExpiredToken, UserNotFound, UserDisabled, SessionRevoked
}

/// `POST /api/token`: exchanges a session token for an access token with the requested audience. Only web-frontend and
/// frontends with a key may do this.
#[utoipa::path(
    post,
    path = TOKEN_PATH,
    operation_id = "exchange_token",
    tag = "Frontends",
    request_body(content = ExchangeForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The access token", body = ExchangeResponse),
        ExchangeProblems,
        SubjectTokenProblems
    )
)]
pub(crate) async fn exchange(
    app: web::Data<App>,
    context: RequestContext,
    form: Result<web::Form<ExchangeForm>, ActixError>,
) -> Result<HttpResponse, Problem> {
    let Some(client_id) = context.caller.frontend_name() else {
        let detail = "Prove which frontend you are, with a proof or the frontend's key.";
        return Err(Problem::new(Code::ProofRequired, detail).with_oauth_error("invalid_client"));
    };
    let form = form.map_err(|error| form_problem(&error))?.into_inner();
    let request = form.parse()?;
    if !context.may_exchange_for(&app, &request.audience).await? {
        let detail = "This frontend may not request tokens for this audience. `drawbridge frontend` configures audiences.";
        return Err(Problem::new(Code::InvalidAudience, detail).with_oauth_error("invalid_target"));
    }
    let token = issue(&app, &context, request, client_id).await.map_err(exchange_problem)?;
    let response = ExchangeResponse {
        success: true,
        message: "Access token issued",
        access_token: token.text,
        issued_token_type: TOKEN_TYPE_ACCESS_TOKEN,
        token_type: "Bearer",
        expires_in: (token.expires_at - app.clock.now()).num_seconds(),
    };
    Ok(HttpResponse::Ok().insert_header(CacheControl(vec![CacheDirective::NoStore])).json(response))
}

async fn issue(
    app: &App,
    context: &RequestContext,
    request: ExchangeRequest,
    client_id: &str,
) -> Result<IssuedToken, Error> {
    let tokens = [request.subject_token.expose_secret().to_owned()];
    let grant = app.verifier.verify_request(&tokens, context.accepted_tokens(app)).await?;
    let session = grant.session();
    let subject =
        TokenSubject { user: grant.record().id, session: session.id, session_expires_at: session.expires_at };
    Ok(app.signer.issue_access(subject, &request.audience, client_id).await?)
}

/// The problem of an exchange for which no token is issued. A subject token that is refused makes the request invalid
/// (RFC 8693, 2.2.2), whereas an outage does not.
fn exchange_problem(error: Error) -> Problem {
    let problem = Problem::from(error);
    if problem.status().is_client_error() {
        problem.as_bad_request().with_oauth_error("invalid_request")
    } else {
        problem
    }
}

/// The problem of a body that is not a form, or has a parameter twice.
fn form_problem(error: &ActixError) -> Problem {
    let detail = "Send grant_type, subject_token, subject_token_type and audience as \
                  application/x-www-form-urlencoded, and no parameter twice.";
    Problem::new(Code::InvalidForm, detail).with_oauth_error("invalid_request").caused_by(error)
}
