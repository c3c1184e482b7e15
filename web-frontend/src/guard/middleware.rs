use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header::{self, HeaderMap},
};
use futures_util::{
    TryFutureExt,
    future::{Either, LocalBoxFuture, MapOk},
};
use shared::{
    clock::{Clock, SystemClock},
    navigation::is_navigation,
    problem::Problem,
    verification::Refusal,
};

use super::{Guard, SignedIn, attempts, diagnosis::diagnose};

impl<S, B> Transform<S, ServiceRequest> for Guard
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = Guarded<S>;
    type Future = Ready<Result<Guarded<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Guarded { guard: self.clone(), service: Rc::new(service) }))
    }
}

/// A service behind a [`Guard`].
pub struct Guarded<S> {
    guard: Guard,
    service: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for Guarded<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future =
        Either<MapOk<S::Future, IntoLeft<B>>, LocalBoxFuture<'static, Result<Self::Response, Error>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        // Whom this process knows already goes in without waiting for anybody, and without a look at how often
        // the browser was sent: that is forgotten in a minute, or by signing out.
        if let Some(known) = self.guard.identify_hot(request.request()) {
            request.extensions_mut().insert(SignedIn(known));
            return Either::Left(
                self.service.call(request).map_ok(ServiceResponse::map_into_left_body as IntoLeft<B>),
            );
        }
        let sent = attempts::count(request.headers(), self.guard.0.cookie.is_secure());
        let (guard, service) = (self.guard.clone(), self.service.clone());
        Either::Right(Box::pin(async move {
            match guard.identify(request.request()).await {
                Ok(verified) => {
                    request.extensions_mut().insert(SignedIn(verified));
                    let mut response = service.call(request).await?;
                    if sent > 0 {
                        guard.remember(0, response.headers_mut());
                    }
                    Ok(response.map_into_left_body())
                }
                Err(refusal) => {
                    let response = guard.refuse(&request, &refusal, sent);
                    Ok(request.into_response(response).map_into_right_body())
                }
            }
        }))
    }
}

/// How the answer of the service inside becomes one of the guard.
type IntoLeft<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B>>;

impl Guard {
    /// The answer to a request that does not come through. `sent` is how often the browser was sent to sign
    /// in lately.
    fn refuse(&self, request: &ServiceRequest, refusal: &Refusal, sent: u32) -> HttpResponse {
        if matches!(refusal, Refusal::Unavailable(_)) {
            return HttpResponse::from_error(Problem::from(refusal.clone()));
        }
        let mut response = if !is_navigation(request.method(), request.headers()) {
            HttpResponse::from_error(Problem::from(refusal.clone()))
        } else if sent < attempts::MOST {
            let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
            let mut response = HttpResponse::Found()
                .insert_header((header::LOCATION, self.login_target(wanted)))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .finish();
            if !attempts::is_prefetch(request.headers()) {
                self.remember(sent + 1, response.headers_mut());
            }
            response
        } else {
            let problem = self.diagnose(request.request(), refusal);
            tracing::warn!(
                code = problem.code().as_str(),
                detail = problem.detail(),
                "signing in does not help"
            );
            let mut response = HttpResponse::from_error(problem);
            self.remember(0, response.headers_mut());
            response
        };
        // Of several cookies none is the right one: the browser begins anew.
        if self.0.cookie.tokens(request.request()).len() > 1 {
            for cookie in self.0.cookie.clear() {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        response
    }

    fn diagnose(&self, request: &HttpRequest, refusal: &Refusal) -> Problem {
        diagnose(request, &self.0.cookie, &self.0.frontend_host, refusal, SystemClock.now())
    }

    fn remember(&self, sent: u32, headers: &mut HeaderMap) {
        if let Some(cookie) = attempts::remember(sent, self.0.cookie.is_secure()) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}
