use actix_web::{HttpResponse, web};
use drawbridge_http::{discovery::public_document, problem::Problem};

use crate::app::App;

/// `GET /.well-known/oauth-authorization-server`: the metadata of the deployment (RFC 8414), as at auth-service.
pub(crate) async fn metadata(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(public_document(app.documents.metadata.find(&app.auth).await?))
}

/// `GET /.well-known/jwks.json`: the public keys (RFC 7517, 5), as at auth-service.
pub(crate) async fn public_keys(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(public_document(app.documents.public_keys.find(&app.auth).await?))
}
