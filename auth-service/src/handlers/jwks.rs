use actix_web::{
    HttpResponse,
    http::header::{CacheControl, CacheDirective},
    web,
};
use drawbridge_verification::{KeyRing, Refusal, WantedKeys};

use crate::{app::App, error::Error};

/// How long anybody may keep the set, in seconds. A new key is published longer before it signs.
const MAX_AGE_SECONDS: u32 = 60;

/// `GET /.well-known/jwks.json`: the public keys (RFC 7517, 5).
pub(crate) async fn jwks(app: web::Data<App>) -> Result<HttpResponse, Error> {
    let keys = app
        .verifier
        .keys()
        .current(WantedKeys::YoungerThan(KeyRing::FRESH_FOR, None))
        .await
        .map_err(Refusal::from)?;
    Ok(HttpResponse::Ok()
        .insert_header(CacheControl(vec![CacheDirective::Public, CacheDirective::MaxAge(MAX_AGE_SECONDS)]))
        .json(keys.jwks()))
}
