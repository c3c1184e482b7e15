use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header,
};
use futures_util::{
    TryFutureExt,
    future::{Either, LocalBoxFuture, MapOk},
};
use shared::{navigation::is_navigation, problem::Problem, verification::Refusal};

use super::{Guard, SignedIn};

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
        // Whom this process knows already goes in without waiting for anybody.
        if let Some(known) = self.guard.identify_hot(request.request()) {
            request.extensions_mut().insert(SignedIn(known));
            return Either::Left(
                self.service.call(request).map_ok(ServiceResponse::map_into_left_body as IntoLeft<B>),
            );
        }
        let (guard, service) = (self.guard.clone(), self.service.clone());
        Either::Right(Box::pin(async move {
            match guard.identify(request.request()).await {
                Ok(verified) => {
                    request.extensions_mut().insert(SignedIn(verified));
                    Ok(service.call(request).await?.map_into_left_body())
                }
                Err(refusal) => {
                    let response = guard.refuse(&request, refusal);
                    Ok(request.into_response(response).map_into_right_body())
                }
            }
        }))
    }
}

/// How the answer of the service inside becomes one of the guard.
type IntoLeft<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B>>;

impl Guard {
    fn refuse(&self, request: &ServiceRequest, refusal: Refusal) -> HttpResponse {
        if !matches!(refusal, Refusal::Unavailable(_)) && is_navigation(request.method(), request.headers()) {
            let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
            return HttpResponse::Found()
                .insert_header((header::LOCATION, self.login_target(wanted)))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .finish();
        }
        HttpResponse::from_error(Problem::from(refusal))
    }
}
