//! Token exchange (RFC 8693).

use actix_web::{
    Error as ActixError, HttpResponse,
    http::header::{CacheControl, CacheDirective},
    web,
};
use drawbridge_core::{audience::Audience, exposed_secret::serialize_exposed};
use drawbridge_http::{
    openapi::{TokenProblems, always_true},
    problem::{Code, Problem},
    problems,
    token_exchange::{GRANT_TYPE, TOKEN_PATH, TOKEN_TYPE_ACCESS_TOKEN, TOKEN_TYPE_JWT},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::Error,
    request_context::RequestContext,
    signing_keys::{IssuedToken, TokenSubject},
};

/// The form of a token exchange. Unknown parameters are ignored (RFC 6749, 3.2).
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct ExchangeForm {
    /// `urn:ietf:params:oauth:grant-type:token-exchange`.
    grant_type: String,
    /// The session token.
    #[schema(value_type = String, format = Password)]
    subject_token: SecretString,
    /// `urn:ietf:params:oauth:token-type:jwt`.
    subject_token_type: String,
    /// `urn:ietf:params:oauth:token-type:access_token`, the default.
    #[schema(nullable = false)]
    requested_token_type: Option<String>,
    /// The audience of the access token.
    audience: String,
}

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
        TokenProblems,
        ExchangeProblems
    )
)]
pub(crate) async fn exchange(
    app: web::Data<App>,
    context: RequestContext,
    form: Result<web::Form<ExchangeForm>, ActixError>,
) -> Result<HttpResponse, Problem> {
    if !context.has_proof() {
        let detail = "Prove which frontend you are, with a proof or the frontend's key.";
        return Err(Problem::new(Code::ProofRequired, detail).with_oauth_error("invalid_client"));
    }
    let form = form.map_err(|error| form_problem(&error))?.into_inner();
    let audience = parse_request(&form)?;
    if !context.may_exchange_for(&app, &audience).await? {
        let detail = "This frontend may not request tokens for this audience. `drawbridge frontend` configures audiences.";
        return Err(Problem::new(Code::InvalidAudience, detail).with_oauth_error("invalid_target"));
    }
    let token = issue(&app, &context, form.subject_token, &audience).await;
    let token = token.map_err(|error| Problem::from(error).with_oauth_error("invalid_request"))?;
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
    subject_token: SecretString,
    audience: &Audience,
) -> Result<IssuedToken, Error> {
    let tokens = [subject_token.expose_secret().to_owned()];
    let grant = app.verifier.verify_request(&tokens, context.accepted_tokens(app)).await?;
    let session = grant.session();
    let subject =
        TokenSubject { user: grant.record().id, session: session.id, session_expires_at: session.expires_at };
    Ok(app.signer.issue_access(subject, audience).await?)
}

/// The problem of a body that is not a form with the required parameters.
fn form_problem(error: &ActixError) -> Problem {
    let detail = "Send grant_type, subject_token, subject_token_type and audience, each once, as \
                  application/x-www-form-urlencoded.";
    Problem::new(Code::InvalidForm, detail).with_oauth_error("invalid_request").caused_by(error)
}

/// Checks the parameters, and returns the audience.
fn parse_request(form: &ExchangeForm) -> Result<Audience, Problem> {
    if form.grant_type != GRANT_TYPE {
        let detail = format!("grant_type must be {GRANT_TYPE}.");
        return Err(Problem::new(Code::InvalidForm, detail).with_oauth_error("unsupported_grant_type"));
    }
    let invalid =
        |detail: String| Problem::new(Code::InvalidForm, detail).with_oauth_error("invalid_request");
    if form.subject_token_type != TOKEN_TYPE_JWT {
        return Err(invalid(format!("subject_token_type must be {TOKEN_TYPE_JWT}: a session token.")));
    }
    let requested = form.requested_token_type.as_deref().unwrap_or(TOKEN_TYPE_ACCESS_TOKEN);
    if requested != TOKEN_TYPE_ACCESS_TOKEN {
        return Err(invalid(format!("requested_token_type must be {TOKEN_TYPE_ACCESS_TOKEN}, or left out.")));
    }
    form.audience.parse().map_err(|reason| invalid(format!("audience {reason}.")))
}
