//! The way of nearly all requests: one token, which is good. It is taken before anything else is set up
//! for a request, and ends in the same answers as the handlers'. Whatever this process knows by itself is
//! answered at once (`docs/performance.md`, rows `verify-hot` and `auth-request-hot`); whatever it has to
//! ask for is, too, if the token is good (rows `verify-redis-hit` and `verify-cold`). All others go on to
//! the handlers.

use std::{
    future::{Ready, ready},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::BoxBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        ConnectionType, Method, StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
    web,
};
use drawbridge_core::metrics::StatusLabel;
use drawbridge_http::{add_headers, draining::Draining, has_body, request_id::RequestId, token_headers};
use drawbridge_verification::{Glimpse, Grant, Refusal};
use futures_util::future::{Either, FutureExt, LocalBoxFuture};
use prometheus_client::metrics::counter::Counter;

use crate::{answers::Answers, app::App, handlers::is_renewal_due, identity};

/// The middleware, to be the outermost.
#[derive(Clone)]
pub(crate) struct Hot {
    app: web::Data<App>,
    draining: web::Data<Draining>,
    answers: Arc<Answers>,
    answered: Counter,
}

/// Who asks, and so what the answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// A program: the answer is JSON.
    Program,
    /// A gateway: the answer is headers.
    Gateway,
}

/// How the one token of a request was judged on its way to the handler, which has only to say so.
#[derive(Debug, Clone)]
pub(crate) struct Judged(pub(crate) Result<Grant, Refusal>);

impl Hot {
    pub(crate) fn new(app: web::Data<App>, draining: web::Data<Draining>) -> Self {
        let ok = StatusLabel { status: StatusCode::OK.as_u16() };
        let answered = app.metrics.http_requests.get_or_create_owned(&ok);
        Self { app, draining, answers: Arc::new(Answers::new()), answered }
    }

    /// Who asks with which token; `None` for a request that is the handlers' own.
    fn question<'a>(&self, request: &'a ServiceRequest) -> Option<(Asker, &'a str)> {
        let asker = match (request.method(), request.path()) {
            (&Method::POST, "/api/verify") => Asker::Program,
            (&Method::GET, "/auth-request" | "/forward-auth") => Asker::Gateway,
            _ => return None,
        };
        if has_body(request) {
            return None;
        }
        Some((asker, self.app.cookie.only_token(&token_headers(request.headers()))?))
    }

    /// The answer to a request that [`Hot::question`] knows, if the token is good; or else how it was
    /// judged, for the handler.
    async fn ask_further(
        &self,
        request: &ServiceRequest,
        (asker, token, seen): (Asker, String, Glimpse),
        started: Instant,
    ) -> Option<HttpResponse> {
        let judged = self.app.verifier.verify_further(&token, seen).await;
        let answer = judged.as_ref().ok().and_then(|grant| self.answer(request, asker, grant, started));
        if answer.is_none() {
            request.extensions_mut().insert(Judged(judged));
        }
        answer
    }

    fn answer(
        &self,
        request: &ServiceRequest,
        asker: Asker,
        grant: &Grant,
        started: Instant,
    ) -> Option<HttpResponse> {
        let mut response = match asker {
            // The handler has a new token made.
            Asker::Gateway if is_renewal_due(&self.app, grant) => return None,
            Asker::Gateway => {
                let mut response = HttpResponse::new(StatusCode::OK);
                identity::write(response.headers_mut(), grant.record());
                response
            }
            Asker::Program => {
                let body = self.answers.of(grant)?;
                let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
        };
        let id = RequestId::for_request(request.headers());
        add_headers(response.headers_mut(), &id);
        if self.draining.is_on() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        let took = started.elapsed();
        self.answered.inc();
        self.app.metrics.http_request_seconds.observe(took.as_secs_f64());
        tracing::debug!(
            target: "request", request_id = id.as_str(), method = %request.method(), path = request.path(),
            status = 200, milliseconds = took.as_secs_f64() * 1000.0
        );
        Some(response)
    }
}

impl<S> Transform<S, ServiceRequest> for Hot
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type InitError = ();
    type Transform = HotService<S>;
    type Future = Ready<Result<HotService<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(HotService { hot: Rc::new(self.clone()), service: Rc::new(service) }))
    }
}

/// A service behind [`Hot`].
pub(crate) struct HotService<S> {
    hot: Rc<Hot>,
    service: Rc<S>,
}

impl<S> Service<ServiceRequest> for HotService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<
        Ready<Result<Self::Response, Error>>,
        Either<S::Future, LocalBoxFuture<'static, Result<Self::Response, Error>>>,
    >;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let started = Instant::now();
        let Some((asker, token)) = self.hot.question(&request) else {
            return Either::Right(Either::Left(self.service.call(request)));
        };
        let (token, seen) = match self.hot.app.verifier.verify_hot(token) {
            Ok(grant) => match self.hot.answer(&request, asker, &grant, started) {
                Some(response) => return Either::Left(ready(Ok(request.into_response(response)))),
                None => return Either::Right(Either::Left(self.service.call(request))),
            },
            Err(seen) => (token.to_owned(), seen),
        };
        let (hot, service) = (self.hot.clone(), self.service.clone());
        let answer = async move {
            match hot.ask_further(&request, (asker, token, seen), started).await {
                Some(response) => Ok(request.into_response(response)),
                None => service.call(request).await,
            }
        };
        Either::Right(Either::Right(answer.boxed_local()))
    }
}
