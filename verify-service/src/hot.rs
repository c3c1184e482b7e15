//! The fast path. It handles requests with a single plausible token and no body before anything else is set
//! up for them.
//!
//! It verifies the token once and responds itself. Valid tokens are accepted from memory
//! (`docs/performance.md`, rows `verify-hot` and `auth-request-hot`), or after asking Redis or the database
//! (rows `verify-redis-hit` and `verify-cold`). Refusals and renewals use the response functions of the
//! handlers. All other requests go on to the handlers.

use std::{
    future::{Ready, ready},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error, HttpResponse,
    body::BoxBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        ConnectionType, Method, StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
    web,
};
use drawbridge_core::metrics::StatusLabel;
use drawbridge_http::{
    add_headers, complete_problem, draining::Draining, has_body, request_id::RequestId, token_headers,
};
use drawbridge_verification::{Grant, HotMiss, token::AcceptedTokens};
use futures_util::future::{Either, FutureExt, LocalBoxFuture};
use prometheus_client::metrics::counter::Counter;
use tracing::Instrument;

use crate::{
    access,
    answers::Answers,
    app::App,
    handlers::{auth_request, forward_auth, verify},
    identity,
    verdict::{Verdict, is_renewal_due},
};

/// The fast path as middleware. It must be the outermost one.
#[derive(Clone)]
pub(crate) struct FastPath {
    app: web::Data<App>,
    draining: web::Data<Draining>,
    answers: Arc<Answers>,
    accepted: Counter,
}

/// An endpoint with a fast path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    /// `POST /api/verify`
    Verify,
    /// `GET /auth-request`
    AuthRequest,
    /// `GET /forward-auth`
    ForwardAuth,
}

/// A request that the fast path can answer.
struct Question<'a> {
    endpoint: Endpoint,
    token: &'a str,
}

impl FastPath {
    pub(crate) fn new(app: web::Data<App>, draining: web::Data<Draining>) -> Self {
        let ok = StatusLabel { status: StatusCode::OK.as_u16() };
        let accepted = app.metrics.http_requests.get_or_create_owned(&ok);
        Self { app, draining, answers: Arc::new(Answers::new()), accepted }
    }

    /// Recognizes a request that the fast path can answer.
    fn question<'a>(&self, request: &'a ServiceRequest) -> Option<Question<'a>> {
        let endpoint = match (request.method(), request.path()) {
            (&Method::POST, "/api/verify") => Endpoint::Verify,
            (&Method::GET, "/auth-request") => Endpoint::AuthRequest,
            (&Method::GET, "/forward-auth") => Endpoint::ForwardAuth,
            _ => return None,
        };
        if has_body(request) {
            return None;
        }
        let token = self.app.cookie.only_token(&token_headers(request.headers()))?;
        Some(Question { endpoint, token })
    }

    /// The response to a valid token, unless a renewal is due.
    fn accept(
        &self,
        request: &ServiceRequest,
        endpoint: Endpoint,
        grant: &Grant,
        started: Instant,
    ) -> Option<HttpResponse> {
        let mut response = match endpoint {
            Endpoint::AuthRequest | Endpoint::ForwardAuth if !self.is_granted(request, grant) => return None,
            Endpoint::AuthRequest | Endpoint::ForwardAuth if is_renewal_due(&self.app, grant) => return None,
            Endpoint::AuthRequest | Endpoint::ForwardAuth => identity::response(grant.record()),
            Endpoint::Verify => {
                let body = self.answers.body(grant)?;
                let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
        };
        let id = RequestId::for_request(request.headers());
        add_headers(response.headers_mut(), &id);
        self.close_if_draining(&mut response);
        let took = started.elapsed();
        self.accepted.inc();
        self.app.metrics.http_request_seconds.observe(took.as_secs_f64());
        tracing::debug!(
            target: "request", request_id = id.as_str(), method = %request.method(), path = request.path(),
            status = 200, milliseconds = took.as_secs_f64() * 1000.0
        );
        Some(response)
    }

    /// Returns true if the access rules let this user see what the gateway asks about.
    fn is_granted(&self, request: &ServiceRequest, grant: &Grant) -> bool {
        self.app.access_rules.is_empty()
            || access::find_demand(&self.app, request.request())
                .is_ok_and(|demand| access::is_granted(&demand, grant))
    }

    /// Verifies a token that could not be accepted from memory, and responds.
    async fn verify_after_miss(
        self: Rc<Self>,
        request: ServiceRequest,
        endpoint: Endpoint,
        token: String,
        miss: HotMiss,
        started: Instant,
    ) -> ServiceResponse<BoxBody> {
        let verdict = self.app.verifier.verify_after_miss(&token, AcceptedTokens::Session, miss).await;
        match verdict.as_ref().ok().and_then(|grant| self.accept(&request, endpoint, grant, started)) {
            Some(response) => request.into_response(response),
            // Boxed, because refusals and renewals are rare and their futures are large.
            None => Box::pin(self.respond(request, endpoint, verdict, started)).await,
        }
    }

    /// Responds with the endpoint's response function: to refusals, and to valid tokens that are due for
    /// renewal.
    async fn respond(
        self: Rc<Self>,
        request: ServiceRequest,
        endpoint: Endpoint,
        verdict: Verdict,
        started: Instant,
    ) -> ServiceResponse<BoxBody> {
        let (app, http_request) = (&self.app, request.request());
        let id = RequestId::for_request(request.headers());
        let span = tracing::error_span!("request", request_id = id.as_str());
        let respond = async {
            match endpoint {
                Endpoint::Verify => verify::respond(verdict),
                Endpoint::AuthRequest => auth_request::respond(app, http_request, verdict, Some(&id)).await,
                Endpoint::ForwardAuth => forward_auth::respond(app, http_request, verdict, Some(&id)).await,
            }
        };
        let result = respond.instrument(span.clone()).await;
        let _entered = span.enter();
        let mut response = match result {
            Ok(mut response) => {
                add_headers(response.headers_mut(), &id);
                response
            }
            Err(problem) => complete_problem(&problem, &id, &self.app.pages),
        };
        self.close_if_draining(&mut response);
        let took = started.elapsed();
        let status = response.status().as_u16();
        self.app.metrics.record_request(status, took);
        tracing::debug!(
            target: "request", method = %request.method(), path = request.path(), status,
            milliseconds = took.as_secs_f64() * 1000.0
        );
        request.into_response(response)
    }

    fn close_if_draining(&self, response: &mut HttpResponse) {
        if self.draining.is_on() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
    }
}

impl<S> Transform<S, ServiceRequest> for FastPath
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type InitError = ();
    type Transform = FastPathService<S>;
    type Future = Ready<Result<FastPathService<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(FastPathService { fast_path: Rc::new(self.clone()), service }))
    }
}

/// A service behind the [`FastPath`].
pub(crate) struct FastPathService<S> {
    fast_path: Rc<FastPath>,
    service: S,
}

/// Ready if the request was answered from memory.
type FastPathFuture<F> = Either<
    Ready<Result<ServiceResponse<BoxBody>, Error>>,
    Either<F, LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>>,
>;

impl<S> Service<ServiceRequest> for FastPathService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = FastPathFuture<S::Future>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let started = Instant::now();
        let Some(Question { endpoint, token }) = self.fast_path.question(&request) else {
            return Either::Right(Either::Left(self.service.call(request)));
        };
        let response = match self.fast_path.app.verifier.verify_hot(token, AcceptedTokens::Session) {
            Ok(grant) => match self.fast_path.accept(&request, endpoint, &grant, started) {
                Some(response) => return Either::Left(ready(Ok(request.into_response(response)))),
                None => {
                    let fast_path = self.fast_path.clone();
                    fast_path.respond(request, endpoint, Ok(grant), started).map(Ok).boxed_local()
                }
            },
            Err(miss) => {
                let (fast_path, token) = (self.fast_path.clone(), token.to_owned());
                fast_path.verify_after_miss(request, endpoint, token, miss, started).map(Ok).boxed_local()
            }
        };
        Either::Right(Either::Right(response))
    }
}
