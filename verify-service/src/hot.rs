//! The way of nearly all requests: a token whose signature was checked before, of a user whose record
//! is hot. It is taken before anything else is set up for a request, and ends in the same answers as
//! the handlers'; whatever it does not know goes on to them. (`docs/performance.md`, rows `verify` and
//! `auth-request`.)

use std::{
    future::{Ready, ready},
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error, HttpResponse,
    body::BoxBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        Method, StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
    web,
};
use futures_util::future::Either;
use prometheus_client::metrics::counter::Counter;
use shared::{
    http::{add_headers, has_body},
    metrics::StatusLabel,
    request_id::RequestId,
};

use crate::{answers::Answers, app::App, handlers::is_renewal_due, identity};

/// The middleware, to be the outermost.
#[derive(Clone)]
pub(crate) struct Hot {
    app: web::Data<App>,
    answers: Arc<Answers>,
    answered: Counter,
}

impl Hot {
    pub(crate) fn new(app: web::Data<App>) -> Self {
        let ok = StatusLabel { status: StatusCode::OK.as_u16() };
        let answered = app.metrics.http_requests.get_or_create_owned(&ok);
        Self { app, answers: Arc::new(Answers::new()), answered }
    }

    /// The answer, if this process knows it by itself.
    fn answer(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        let started = Instant::now();
        let for_gateway = match (request.method(), request.path()) {
            (&Method::POST, "/api/verify") => false,
            (&Method::GET, "/auth-request" | "/forward-auth") => true,
            _ => return None,
        };
        if has_body(request) {
            return None;
        }
        let token = self.app.cookie.only_token(request.headers())?;
        let grant = self.app.verifier.verify_hot(token)?;
        let mut response = if for_gateway {
            if is_renewal_due(&self.app, &grant) {
                return None;
            }
            let mut response = HttpResponse::new(StatusCode::OK);
            identity::write(response.headers_mut(), grant.record());
            response
        } else {
            let body = self.answers.of(&grant)?;
            let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        };
        let id = RequestId::for_request(request.headers());
        add_headers(response.headers_mut(), &id);
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
        ready(Ok(HotService { hot: self.clone(), service }))
    }
}

/// A service behind [`Hot`].
pub(crate) struct HotService<S> {
    hot: Hot,
    service: S,
}

impl<S> Service<ServiceRequest> for HotService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Result<Self::Response, Error>>, S::Future>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.hot.answer(&request) {
            Some(response) => Either::Left(ready(Ok(request.into_response(response)))),
            None => Either::Right(self.service.call(request)),
        }
    }
}
