//! Passes the change feed of verify-service on.

use std::{io, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};
use drawbridge_http::{
    REQUEST_ID, RequestId,
    draining::OpenGuard,
    problem::Problem,
    replicas::{Replicas, Retry, Unreachable},
};
use futures_util::{Stream, StreamExt, stream};
use reqwest::Response;

use super::{RESPONSE_HEADERS, VerifyClient, outage, respond};

/// The beginning of the names of the headers with which a frontend proves itself.
const PROOF_HEADERS: &str = "x-drawbridge-";

/// How long a feed lasts at most. verify-service ends it earlier.
const FEED_TIMEOUT: Duration = Duration::from_hours(2);

/// How long the head of the response may take. verify-service asks the database or auth-service first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

impl VerifyClient {
    /// Passes a request for the change feed on as it is, and streams the events until `open` ends.
    ///
    /// # Errors
    /// verify-service cannot be reached, or something else answers in its place.
    pub(crate) async fn follow_changes(
        &self,
        request: &HttpRequest,
        open: OpenGuard,
    ) -> Result<HttpResponse, Problem> {
        let received = tokio::time::timeout(HEAD_TIMEOUT, ask(&self.replicas, request)).await;
        let received = received.map_err(|elapsed| outage(format!("verify-service: {elapsed}")))?;
        let received = received.map_err(|error| outage(error.to_string()))?;
        if received.status() != reqwest::StatusCode::OK {
            return respond(received).await;
        }
        let mut response = HttpResponse::build(StatusCode::OK);
        for name in RESPONSE_HEADERS {
            if let Some(value) = received.headers().get(name.as_str()) {
                response.insert_header((name, value.as_bytes()));
            }
        }
        response.insert_header(("x-accel-buffering", "no"));
        Ok(response.streaming(events(received, open)))
    }
}

async fn ask(replicas: &Replicas, request: &HttpRequest) -> Result<Response, Unreachable> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    // A proof opens the feed once.
    let ask = replicas.send(Retry::OnlyIfUnsent, |client, origin| {
        let mut question = client.get(format!("{origin}{target}")).timeout(FEED_TIMEOUT);
        for (name, value) in request.headers() {
            if name.as_str().starts_with(PROOF_HEADERS) {
                question = question.header(name.as_str(), value.as_bytes());
            }
        }
        match RequestId::of(request) {
            Some(id) => question.header(REQUEST_ID.as_str(), id.as_str()),
            None => question,
        }
    });
    ask.await
}

/// The events, until verify-service ends the feed or this service stops.
fn events(received: Response, open: OpenGuard) -> impl Stream<Item = io::Result<Bytes>> {
    let state = (Box::pin(received.bytes_stream()), open);
    stream::unfold(state, |(mut events, mut open)| async move {
        tokio::select! {
            biased;
            () = open.wait_for_stop() => None,
            event = events.next() => Some((event?.map_err(io::Error::other), (events, open))),
        }
    })
}
