use actix_web::{HttpResponse, web};
use drawbridge_http::{Success, problems};
use serde::Serialize;

use crate::{
    app::App,
    caller::Caller,
    domain::{FrontendOrigin, OriginKind},
    error::Error,
    request_context::RequestContext,
};

/// The registered origins of all frontends.
#[derive(Serialize, utoipa::ToSchema)]
struct RegisteredOriginsResponse {
    /// Origins, such as `https://shop.example.com`.
    origins: Vec<String>,
    /// Patterns, such as `https://*.preview.example.com`, in which the asterisk is any one label.
    patterns: Vec<String>,
}

problems! {
    /// Why the origins are not listed.
    RegisteredOriginsProblems: ProofRequired
}

/// `GET /api/frontends/origins`: lists the origins to which web-frontend may send users back. Only web-frontend may
/// read them.
#[utoipa::path(
    get,
    path = "/api/frontends/origins",
    operation_id = "list_registered_origins",
    tag = "Frontends",
    responses(
        (
            status = 200,
            description = "The registered origins that have not expired",
            body = Success<RegisteredOriginsResponse>
        ),
        RegisteredOriginsProblems
    )
)]
pub(crate) async fn list(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    if !matches!(context.caller, Caller::WebFrontend { .. }) {
        return Err(Error::WebFrontendRequired);
    }
    let registered = app.frontends.find_registered_origins().await?;
    let (patterns, origins): (Vec<_>, Vec<_>) =
        registered.iter().partition(|origin| origin.kind() == OriginKind::Pattern);
    let texts = |origins: Vec<&FrontendOrigin>| origins.into_iter().map(ToString::to_string).collect();
    let response = RegisteredOriginsResponse { origins: texts(origins), patterns: texts(patterns) };
    Ok(HttpResponse::Ok().json(Success::with("Registered origins", response)))
}
