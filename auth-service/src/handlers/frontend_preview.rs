use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use drawbridge_cookies::topology::registrable;
use drawbridge_core::origin::Origin;
use drawbridge_http::{JsonObject, Success, problems};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    caller::CallingFrontend,
    domain::{Actor, ActorKind, parse_browser_origin},
    error::Error,
    establish_caller::PREVIEW_ANNOUNCEMENT_PATH,
    request_context::RequestContext,
};

/// The origin at which the preview runs.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewBody {
    /// The origin, such as `https://preview-1.example.com`.
    origin: String,
}

/// A registered preview.
#[derive(Serialize, utoipa::ToSchema)]
struct PreviewResponse<'a> {
    /// The name of the frontend.
    frontend: &'a str,
    origin: String,
    /// `null` if an operator declared the origin.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
}

problems! {
    /// Why a preview is not registered.
    PreviewProblems: ProofRequired, InvalidOrigin, OriginTaken, TooManyPreviews
}

/// `POST /api/frontends/preview`: registers the exact origin of a preview for a day.
#[utoipa::path(
    post,
    path = PREVIEW_ANNOUNCEMENT_PATH,
    operation_id = "announce_preview",
    tag = "Frontends",
    request_body = PreviewBody,
    responses(
        (status = 200, description = "The preview is registered", body = Success<PreviewResponse>),
        PreviewProblems
    )
)]
pub(crate) async fn announce(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PreviewBody>>,
) -> Result<HttpResponse, Error> {
    let caller = context.caller.registered_frontend().filter(|caller| caller.is_preview);
    let caller = caller.ok_or(Error::PreviewKeyRequired)?;
    let origin = parse_own_origin(&body.origin, caller)?;
    let actor = Actor { kind: ActorKind::Frontend, ..context.actor.clone() };
    let name = &caller.name;
    let registration = app.frontends.announce_preview(name, origin.clone(), actor).await?;
    let response = PreviewResponse {
        frontend: name.as_str(),
        origin: origin.to_string(),
        expires_at: registration.expires_at,
    };
    Ok(HttpResponse::Ok().json(Success::with("Preview registered", response)))
}

/// Parses the origin, which must be the one that the proof names.
fn parse_own_origin(text: &str, caller: &CallingFrontend) -> Result<Origin, Error> {
    let origin = parse_browser_origin(text).map_err(Error::InvalidOrigin)?;
    if origin != caller.origin {
        return Err(Error::InvalidOrigin("must be the one in x-drawbridge-origin".into()));
    }
    // Over plain http, only localhost has passed until here.
    if origin.is_https() && registrable(&origin).is_none() {
        let reason = "must have a host that one person can own, and so no public suffix and no IP address";
        return Err(Error::InvalidOrigin(reason.into()));
    }
    Ok(origin)
}
