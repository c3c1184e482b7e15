use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web,
};
use drawbridge_http::{
    draining::{Draining, OpenWork},
    problem::Problem,
    problems,
};

use crate::{app::App, changes::stream_events};

problems! {
    /// Why the feed cannot be read.
    ChangesProblems: ProofRequired, UnknownKey, InvalidProof, ProofReplayed, OriginNotRegistered
}

/// `GET /api/changes`: the change feed, for programs that verify tokens themselves. A stream of server-sent events:
/// `reset`, `keys`, `user` and `watermark`.
#[utoipa::path(
    get,
    path = "/api/changes",
    operation_id = "follow_changes",
    tag = "Verification",
    params(
        ("x-drawbridge-key" = Option<String>, Header, description = "The key of a registered frontend, over TLS only."),
        ("x-drawbridge-proxy" = Option<String>, Header, description = "A proof, instead of the key."),
        ("x-drawbridge-origin" = Option<String>, Header, description = "With a proof of a registered frontend: the origin that it acts for.")
    ),
    responses(
        (status = 200, description = "Events, until the connection ends", body = String, content_type = "text/event-stream"),
        ChangesProblems
    )
)]
pub(crate) async fn follow(
    app: web::Data<App>,
    draining: web::Data<Draining>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let reader = app.feed_access.allow(&request).await?;
    let publisher = app.publisher.clone().ok_or_else(|| {
        Problem::unavailable(
            "This deployment has no cache that announces changes. Verify tokens with POST /api/verify.",
            "REDIS_URL is not set",
        )
    })?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/event-stream"));
    response.insert_header((CACHE_CONTROL, "no-store"));
    // nginx buffers responses otherwise.
    response.insert_header(("x-accel-buffering", "no"));
    let open = draining.open(OpenWork::EventStream);
    Ok(response.streaming(stream_events(publisher, reader, open)))
}
