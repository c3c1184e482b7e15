use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use drawbridge_http::{forwarded, problem::Problem, proxy_identity::PROXY_IDENTITY};

use super::{AuthClient, AuthEndpoint};

/// The beginning of the names of the headers that a frontend's proof covers.
const PROVEN_HEADERS: &str = "x-drawbridge-";

/// The headers of a response that a frontend receives.
const RESPONSE_HEADERS: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::CONTENT_DISPOSITION,
    header::CACHE_CONTROL,
    header::RETRY_AFTER,
    header::ALLOW,
    header::WWW_AUTHENTICATE,
];

/// Returns true if a request comes from a frontend that speaks for itself. auth-service refuses it if its proof or key
/// is not valid. Proofs of version 1 are not meant here: auth-service ignores invalid ones, and would then count the
/// attempts of any client as coming from web-frontend.
pub(crate) fn is_from_frontend(request: &HttpRequest) -> bool {
    let has_proof = |value: &HeaderValue| value.as_bytes().starts_with(b"v2.");
    request.headers().get_all(PROXY_IDENTITY).any(has_proof) || request.headers().contains_key(forwarded::KEY)
}

impl AuthClient {
    /// Passes a frontend's request on as it is, without a proof of our own: auth-service answers the frontend, and no
    /// cookie is set on this origin.
    ///
    /// # Errors
    /// auth-service cannot be reached.
    pub(crate) async fn pass_on(
        &self,
        endpoint: AuthEndpoint,
        request: &HttpRequest,
        body: &[u8],
    ) -> Result<HttpResponse, Problem> {
        let unavailable = |cause: String| {
            Problem::unavailable("Signing in and out is not possible right now. Try again shortly.", cause)
        };
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| unavailable(error.to_string()))?;
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let received = self
            .replicas
            .send(endpoint.retry, |client, origin| {
                let mut outgoing = client
                    .request(method.clone(), format!("{origin}{target}"))
                    .timeout(endpoint.timeout(self.answer_timeout));
                for (name, value) in request.headers().iter().filter(|(name, _)| is_passed_on(name)) {
                    outgoing = outgoing.header(name.as_str(), value.as_bytes());
                }
                outgoing.body(body.to_vec())
            })
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let status = StatusCode::from_u16(received.status().as_u16());
        let mut response = HttpResponse::build(status.map_err(|error| unavailable(error.to_string()))?);
        for name in RESPONSE_HEADERS {
            if let Some(value) = received.headers().get(name.as_str()) {
                response.insert_header((name, value.as_bytes()));
            }
        }
        let body = received.bytes().await.map_err(|error| unavailable(format!("{error:?}")))?;
        Ok(response.body(body))
    }
}

fn is_passed_on(name: &HeaderName) -> bool {
    name.as_str().starts_with(PROVEN_HEADERS)
        || [header::ACCEPT, header::AUTHORIZATION, header::CONTENT_TYPE].contains(name)
        || name == drawbridge_http::REQUEST_ID
}
