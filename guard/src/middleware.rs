use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{Uri, header},
};
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_http::{
    append_cookies,
    navigation::{is_navigation, is_prefetch},
    problem::Problem,
    token_headers,
};
use drawbridge_verification::Refusal;
use futures_util::{
    TryFutureExt,
    future::{Either, LocalBoxFuture, MapOk},
};

use crate::{
    diagnosis::diagnose,
    guard::{Guard, SignedIn},
    redirects::{RoundTrips, forget_redirects},
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
        // A hot record lets the request through immediately. The count of round trips is not even read: it expires
        // within a minute, and signing out removes it.
        if let Some(known) = self.guard.identify_hot(request.request()) {
            request.extensions_mut().insert(SignedIn(known));
            return Either::Left(
                self.service.call(request).map_ok(ServiceResponse::map_into_left_body as IntoLeft<B>),
            );
        }
        let trips = RoundTrips::read(request.headers(), self.guard.0.cookie.is_secure());
        let (guard, service) = (self.guard.clone(), self.service.clone());
        Either::Right(Box::pin(async move {
            match guard.identify(request.request()).await {
                Ok(verified) => {
                    request.extensions_mut().insert(SignedIn(verified));
                    let is_counted = trips != RoundTrips::default() && !is_prefetch(request.headers());
                    let mut response = service.call(request).await?;
                    if is_counted {
                        append_cookies(
                            response.headers_mut(),
                            [forget_redirects(guard.0.cookie.is_secure())],
                        );
                    }
                    Ok(response.map_into_left_body())
                }
                Err(refusal) => {
                    let problem = Problem::from(refusal.clone());
                    let response = guard.refuse(request.request(), &refusal, problem, trips);
                    Ok(request.into_response(response).map_into_right_body())
                }
            }
        }))
    }
}

/// Wraps the response of the inner service.
type IntoLeft<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B>>;

impl Guard {
    /// The response to a request without a session, for an application that the guard does not wrap. Scripts receive 401.
    #[doc(hidden)]
    pub fn refuse_request(&self, request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
        let trips = RoundTrips::read(request.headers(), self.0.cookie.is_secure());
        self.refuse(request, refusal, Problem::from(refusal.clone()).as_unauthorized(), trips)
    }

    /// The response to a refused request of a browser with these recent round trips. Scripts receive `problem`.
    fn refuse(
        &self,
        request: &HttpRequest,
        refusal: &Refusal,
        problem: Problem,
        trips: RoundTrips,
    ) -> HttpResponse {
        if matches!(refusal, Refusal::Unavailable(_)) {
            return HttpResponse::from_error(Problem::from(refusal.clone()));
        }
        let mut response = if !is_navigation(request.method(), request.headers()) {
            HttpResponse::from_error(problem)
        } else if trips.is_loop() {
            self.explain(request, refusal)
        } else {
            self.send_to_login(request, refusal, trips)
        };
        // With several cookies, none can be trusted: remove them all and let the browser start over.
        if self.0.cookie.tokens(&token_headers(request.headers())).len() > 1 {
            append_cookies(response.headers_mut(), self.0.cookie.clear());
        }
        response
    }

    fn send_to_login(&self, request: &HttpRequest, refusal: &Refusal, trips: RoundTrips) -> HttpResponse {
        let wanted = &requested_page(request.uri());
        let mut response = HttpResponse::Found()
            .insert_header((header::LOCATION, self.login_target(wanted)))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish();
        let new_trips = trips.after_redirect(wanted, *refusal == Refusal::InvalidToken);
        if new_trips != trips && !is_prefetch(request.headers()) {
            append_cookies(response.headers_mut(), [new_trips.store(self.0.cookie.is_secure())]);
        }
        response
    }

    fn explain(&self, request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
        let problem = diagnose(request, &self.0.cookie, &self.0.expected, refusal, SystemClock.now());
        let (code, detail) = (problem.code().as_str(), problem.detail());
        tracing::warn!(code, detail, "redirect loop: signing in does not help this browser");
        let mut response = HttpResponse::from_error(problem);
        append_cookies(response.headers_mut(), [forget_redirects(self.0.cookie.is_secure())]);
        response
    }
}

/// The path and query of the page that a browser wants. The parameter that Next.js adds to its own requests for data is
/// not part of it.
#[doc(hidden)]
pub fn requested_page(uri: &Uri) -> String {
    let is_of_framework = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        name.replace("%5F", "_").replace("%5f", "_") == "_rsc"
    };
    let path = uri.path();
    let parameters = uri.query().unwrap_or_default().split('&');
    let query: Vec<_> = parameters.filter(|part| !part.is_empty() && !is_of_framework(part)).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_does_not_include_a_parameter_of_the_framework() {
        for (uri, expected) in [
            ("/a", "/a"),
            ("/a?_rsc=1x", "/a"),
            ("/a?b=1&_rsc=1x&c", "/a?b=1&c"),
            ("/a?_rsc&b", "/a?b"),
            ("/a?%5frsc=1", "/a"),
            ("/a?x_rsc=1&_rscs=1", "/a?x_rsc=1&_rscs=1"),
        ] {
            assert_eq!(requested_page(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}
