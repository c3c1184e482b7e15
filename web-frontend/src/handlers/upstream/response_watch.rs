//! What ends a response of an upstream before the upstream does.

use std::future::pending;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use drawbridge_http::draining::{Draining, OpenGuard, OpenWork};

use super::session_watch::SessionWatch;
use crate::app::App;

/// The types of responses that go on until one side closes the connection.
const ENDLESS_TYPES: [&str; 3] = ["text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson"];

/// Why a response is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseEnd {
    /// The session has ended that the response belongs to.
    SessionEnded,
    /// The service stops, and the response has no end of its own.
    ServiceStops,
}

/// Follows the session and the service while a response is open.
pub(super) struct ResponseWatch {
    session: Option<SessionWatch>,
    open: Option<OpenGuard>,
}

impl ResponseWatch {
    /// Watches the response with this head, for the session whose token came with `request`.
    pub(super) fn new(
        app: &web::Data<App>,
        request: &HttpRequest,
        token: Option<String>,
        head: &HttpResponse,
    ) -> Self {
        let draining = request.app_data::<web::Data<Draining>>();
        let work = open_work(head);
        let session = token.map(|token| SessionWatch::new(app, request, token));
        if let (Some(session), OpenWork::WebSocket | OpenWork::EventStream) = (&session, work) {
            session.release_request();
        }
        Self { session, open: draining.map(|draining| draining.open(work)) }
    }

    /// Waits until the response has to end. Can be dropped and called again.
    pub(super) async fn wait_for_end(&mut self) -> ResponseEnd {
        let Self { session, open } = self;
        let session_end = async {
            match session {
                Some(session) => session.wait_for_end().await,
                None => pending().await,
            }
        };
        let stop = async {
            match open {
                Some(open) => open.wait_for_stop().await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = session_end => ResponseEnd::SessionEnded,
            () = stop => ResponseEnd::ServiceStops,
        }
    }
}

fn open_work(head: &HttpResponse) -> OpenWork {
    if head.status() == StatusCode::SWITCHING_PROTOCOLS {
        return OpenWork::WebSocket;
    }
    let content_type = head.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if ENDLESS_TYPES.iter().any(|endless| endless.eq_ignore_ascii_case(content_type)) {
        return OpenWork::EventStream;
    }
    OpenWork::Response
}
