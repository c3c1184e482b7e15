use actix_web::web::Bytes;
use drawbridge_core::origin::Origin;
use drawbridge_http::replicas::Retry;
use reqwest::{Client, StatusCode};

use super::AuthClient;

impl AuthClient {
    /// Fetches a document that auth-service publishes for everyone.
    ///
    /// # Errors
    /// The cause, for the log: auth-service cannot be reached, or does not have the document.
    pub(crate) async fn fetch_document(&self, path: &'static str) -> Result<Bytes, String> {
        let get = |client: &Client, origin: &Origin| client.get(format!("{origin}{path}"));
        let received = self.replicas.send(Retry::Idempotent, get).await.map_err(|error| error.to_string())?;
        match received.status() {
            StatusCode::OK => received.bytes().await.map_err(|error| format!("auth-service: {error:?}")),
            other => Err(format!("auth-service answered {other} to GET {path}")),
        }
    }
}
