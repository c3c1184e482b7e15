use actix_web::{HttpResponse, web};
use drawbridge_http::discovery::{METADATA_PATH, PUBLIC_KEYS_PATH, public_document};
use drawbridge_verification::Refusal;

use crate::{app::App, discovery::Metadata, error::Error};

/// `GET /.well-known/oauth-authorization-server`: the metadata of the deployment (RFC 8414).
#[utoipa::path(
    get,
    path = METADATA_PATH,
    operation_id = "get_metadata",
    tag = "Discovery",
    responses(
        (status = 200, description = "The metadata", body = Metadata)
    )
)]
pub(crate) async fn metadata(app: web::Data<App>) -> HttpResponse {
    public_document(app.metadata.clone())
}

/// `GET /.well-known/jwks.json`: the public keys (RFC 7517, 5).
#[utoipa::path(
    get,
    path = PUBLIC_KEYS_PATH,
    operation_id = "get_public_keys",
    tag = "Discovery",
    responses(
        (status = 200, description = "The key set", body = Object, content_type = "application/json")
    )
)]
pub(crate) async fn public_keys(app: web::Data<App>) -> Result<HttpResponse, Error> {
    let keys = app.verifier.key_ring().keys().await.map_err(Refusal::from)?;
    let json = serde_json::to_vec(keys.jwks()).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(public_document(json.into()))
}
