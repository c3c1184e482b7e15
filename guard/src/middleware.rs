use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header,
};
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_http::{append_cookies, navigation::is_navigation, problem::Problem, token_headers};
use drawbridge_verification::Refusal;
use futures_util::{
    TryFutureExt,
    future::{Either, LocalBoxFuture, MapOk},
};

use crate::{
    diagnosis::diagnose,
    guard::{Guard, SignedIn},
    redirects::{MAX_REDIRECTS, count_redirects, forget_redirects, is_prefetch, remember_redirects},
};

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
        // A hot record lets the request through immediately. The redirect count is not even read: it expires
        // within a minute, and signing out removes it.
        if let Some(known) = self.guard.identify_hot(request.request()) {
            request.extensions_mut().insert(SignedIn(known));
            return Either::Left(
                self.service.call(request).map_ok(ServiceResponse::map_into_left_body as IntoLeft<B>),
            );
        }
        let redirects = count_redirects(request.headers(), self.guard.0.cookie.is_secure());
        let (guard, service) = (self.guard.clone(), self.service.clone());
        Either::Right(Box::pin(async move {
            match guard.identify(request.request()).await {
                Ok(verified) => {
                    request.extensions_mut().insert(SignedIn(verified));
                    let mut response = service.call(request).await?;
                    if redirects > 0 {
                        append_cookies(
                            response.headers_mut(),
                            [forget_redirects(guard.0.cookie.is_secure())],
                        );
                    }
                    Ok(response.map_into_left_body())
                }
                Err(refusal) => {
                    let response = guard.refuse(&request, &refusal, redirects);
                    Ok(request.into_response(response).map_into_right_body())
                }
            }
        }))
    }
}

/// Wraps the response of the inner service.
type IntoLeft<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B>>;

impl Guard {
    /// The response to a refused request, after `redirects` recent redirects.
    fn refuse(&self, request: &ServiceRequest, refusal: &Refusal, redirects: u32) -> HttpResponse {
        if matches!(refusal, Refusal::Unavailable(_)) {
            return HttpResponse::from_error(Problem::from(refusal.clone()));
        }
        let mut response = if !is_navigation(request.method(), request.headers()) {
            HttpResponse::from_error(Problem::from(refusal.clone()))
        } else if redirects < MAX_REDIRECTS {
            self.send_to_login(request, redirects)
        } else {
            self.explain(request.request(), refusal)
        };
        // With several cookies, none can be trusted: remove them all and let the browser start over.
        if self.0.cookie.tokens(&token_headers(request.headers())).len() > 1 {
            append_cookies(response.headers_mut(), self.0.cookie.clear());
        }
        response
    }

    fn send_to_login(&self, request: &ServiceRequest, redirects: u32) -> HttpResponse {
        let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
        let mut response = HttpResponse::Found()
            .insert_header((header::LOCATION, self.login_target(wanted)))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish();
        if !is_prefetch(request.headers()) {
            let cookie = remember_redirects(redirects + 1, self.0.cookie.is_secure());
            append_cookies(response.headers_mut(), [cookie]);
        }
        response
    }

    fn explain(&self, request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
        let problem = diagnose(request, &self.0.cookie, &self.0.frontend_host, refusal, SystemClock.now());
        let (code, detail) = (problem.code().as_str(), problem.detail());
        tracing::warn!(code, detail, "redirect loop: signing in does not help this browser");
        let mut response = HttpResponse::from_error(problem);
        append_cookies(response.headers_mut(), [forget_redirects(self.0.cookie.is_secure())]);
        response
    }
}
