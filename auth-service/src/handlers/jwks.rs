use actix_web::{
    HttpResponse,
    http::header::{CacheControl, CacheDirective},
    web,
};
use drawbridge_verification::Refusal;

use crate::{app::App, error::Error};

/// How long clients may cache the keys, in seconds. A new key is published long before it signs.
const MAX_AGE_SECONDS: u32 = 60;

/// `GET /.well-known/jwks.json`: returns the public keys (RFC 7517, section 5).
pub(crate) async fn jwks(app: web::Data<App>) -> Result<HttpResponse, Error> {
    let keys = app.verifier.key_ring().keys().await.map_err(Refusal::from)?;
    Ok(HttpResponse::Ok()
        .insert_header(CacheControl(vec![CacheDirective::Public, CacheDirective::MaxAge(MAX_AGE_SECONDS)]))
        .json(keys.jwks()))
}
