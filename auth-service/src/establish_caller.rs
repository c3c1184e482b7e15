//! Establishes which program sent a request, before any handler sees it.

use std::net::IpAddr;

use actix_web::{
    Error as ActixError, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web,
};
use chrono::{DateTime, Utc};
use drawbridge_core::{
    frontend_key::{FrontendKey, FrontendKeyKind, KeyId},
    origin::Origin,
    pages_path::PagesPath,
};
use drawbridge_http::{
    buffer_body,
    discovery::CHANGES_PATH,
    forwarded,
    problem::Problem,
    proof::{CheckedProof, InvalidProof, Proof, ProvenRequest, is_accepted_once, is_first_version},
    proxy_identity::PROXY_IDENTITY,
    token_exchange::TOKEN_PATH,
};

use crate::{
    app::App,
    caller::{Caller, CallingFrontend},
    error::Error,
    frontends::RegisteredKey,
    storage,
};

/// Where a preview announces its origin, which cannot be registered before.
pub(crate) const PREVIEW_ANNOUNCEMENT_PATH: &str = "/api/frontends/preview";

/// The owner of a key.
enum KeyHolder {
    WebFrontend(FrontendKey),
    Frontend(RegisteredKey),
}

impl KeyHolder {
    fn key(&self) -> &FrontendKey {
        match self {
            Self::WebFrontend(key) => key,
            Self::Frontend(known) => &known.key,
        }
    }
}

/// Middleware that checks the proof or the key of a request, and leaves the [`Caller`] for the request context. A proof
/// expires, so it is checked once, when the request arrives. A request with an invalid proof or key is refused.
pub(crate) async fn establish_caller<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, ActixError> {
    let headers = request.headers();
    if headers.contains_key(PROXY_IDENTITY) || headers.contains_key(forwarded::KEY) {
        let caller =
            find_caller(&mut request).await.map_err(|problem| as_oauth_error(problem, api_path(&request)))?;
        request.extensions_mut().insert(caller);
    }
    next.call(request).await
}

/// The path of a request without `PAGES_PATH`.
fn api_path(request: &ServiceRequest) -> &str {
    let path = request.path();
    request.app_data::<PagesPath>().and_then(|pages| pages.strip(path)).unwrap_or(path)
}

/// The same problem, with the member that OAuth clients read if the request was for a token (RFC 6749, 5.2).
fn as_oauth_error(problem: Problem, path: &str) -> Problem {
    let status = problem.status();
    if path != TOKEN_PATH || !status.is_client_error() {
        return problem;
    }
    // Otherwise the body, which the proof covers, could not be read.
    let is_about_caller = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    problem.with_oauth_error(if is_about_caller { "invalid_client" } else { "invalid_request" })
}

async fn find_caller(request: &mut ServiceRequest) -> Result<Caller, Problem> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let app = app.ok_or_else(|| Error::Internal("the application state is missing".into()))?;
    // Read the clock before the body, which the client may send slowly.
    let now = app.clock.now();
    if !request.headers().contains_key(PROXY_IDENTITY) {
        let checked = check_key(&app, request).await.map_err(Problem::from);
        app.proof_check.record(&checked);
        return checked;
    }
    let checked = match single_proof(request) {
        Ok(text) if is_first_version(&text) => {
            return Ok(app.proof_check.check_first_version(request, &text, now));
        }
        Ok(text) => check_proof(&app, request, &text, now).await,
        Err(malformed) => Err(malformed.into()),
    };
    app.proof_check.record(&checked);
    checked
}

/// The text of the header, of which there must be only one.
fn single_proof(request: &ServiceRequest) -> Result<String, Error> {
    let mut proofs = request.headers().get_all(PROXY_IDENTITY);
    let text = proofs.next().and_then(|proof| proof.to_str().ok()).ok_or(InvalidProof::Malformed)?;
    if proofs.next().is_some() {
        return Err(InvalidProof::Malformed.into());
    }
    Ok(text.to_owned())
}

async fn check_proof(
    app: &App,
    request: &mut ServiceRequest,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Caller, Problem> {
    let proof = Proof::parse(text).map_err(Error::from)?;
    let holder = find_key_holder(app, proof.key_id()).await?;
    let body = buffer_body(request).await?;
    let checked = proof.check(holder.key(), &ProvenRequest::received(request, &body), now);
    let checked = checked.map_err(Error::from)?;
    let caller = match holder {
        KeyHolder::WebFrontend(_) => Caller::WebFrontend { address: checked.client },
        KeyHolder::Frontend(known) => {
            Caller::Frontend(Box::new(identify(app, request, known, checked.client)?))
        }
    };
    // A feed outlives its proof. Last, so that a request that is refused for another reason can be sent again.
    if is_accepted_once(request.method()) || api_path(request) == CHANGES_PATH {
        use_nonce(app, &checked).await?;
    }
    Ok(caller)
}

/// The caller according to the key itself, which a simple client sends instead of a proof. Keys of web-frontend are not
/// accepted in this way, and neither is a client address.
async fn check_key(app: &App, request: &ServiceRequest) -> Result<Caller, Error> {
    let mut keys = request.headers().get_all(forwarded::KEY);
    let text = keys.next().and_then(|key| key.to_str().ok()).ok_or(Error::UnknownKey)?;
    let sent = FrontendKey::parse(text.into()).map_err(|_| Error::UnknownKey)?;
    let known = app.frontends.find_by_key_id(sent.id()).await?.ok_or(Error::UnknownKey)?;
    if keys.next().is_some() || !known.is(&sent) {
        return Err(Error::UnknownKey);
    }
    Ok(Caller::Frontend(Box::new(identify(app, request, known, None)?)))
}

async fn find_key_holder(app: &App, id: &KeyId) -> Result<KeyHolder, Error> {
    if let Some(key) = app.proof_check.find_web_frontend_key(id) {
        return Ok(KeyHolder::WebFrontend(key.clone()));
    }
    let known = app.frontends.find_by_key_id(id).await?;
    known.map(KeyHolder::Frontend).ok_or(Error::UnknownKey)
}

/// The frontend, which must act for an origin of its own.
fn identify(
    app: &App,
    request: &ServiceRequest,
    known: RegisteredKey,
    client: Option<IpAddr>,
) -> Result<CallingFrontend, Error> {
    let mut named = request.headers().get_all(forwarded::ORIGIN);
    let first = named.next().filter(|_| named.next().is_none());
    let named = first.and_then(|origin| origin.to_str().ok());
    let origin = named.and_then(|origin| Origin::parse(origin).ok());
    // A URL may contain an asterisk, but no host has one.
    let origin = origin.filter(|origin| !origin.host().contains('*')).ok_or(Error::OriginNotRegistered)?;
    let is_preview = known.kind() == FrontendKeyKind::Preview;
    let is_announcement = api_path(request) == PREVIEW_ANNOUNCEMENT_PATH;
    // An origin may have been registered before it became the deployment's own.
    if !is_announcement && app.frontends.is_reserved(&origin) {
        return Err(Error::OriginNotRegistered);
    }
    if !known.may_act_for(&origin) {
        match (is_announcement, is_preview) {
            (true, true) => {}
            (true, false) => return Err(Error::SiteKeyForPreview(known.frontend)),
            (false, _) => return Err(Error::OriginNotRegistered),
        }
    }
    Ok(CallingFrontend {
        name: known.frontend,
        audience: known.audience,
        audiences: known.audiences,
        origin,
        // Only a frontend whose hosting platform names the client in a header knows the address.
        address: client.filter(|_| known.address_header.is_some()),
        is_preview,
    })
}

/// Records that a nonce was used.
async fn use_nonce(app: &App, checked: &CheckedProof) -> Result<(), Error> {
    let CheckedProof { nonce, nonce_expires_at, .. } = *checked;
    let is_new = app.database.query(move |c| storage::insert_nonce(c, &nonce, nonce_expires_at)).await?;
    if is_new { Ok(()) } else { Err(Error::ProofReplayed) }
}
