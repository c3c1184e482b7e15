use std::time::Duration;

use reqwest::{Client, RequestBuilder, header, redirect};

/// An endpoint that verifies the session of a request.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    url: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    AuthService,
    Verifier,
    Page,
    Data,
}

impl Endpoint {
    /// `/api/me` of auth-service, which reads from the database every time.
    pub(crate) fn account(auth: &str) -> Self {
        Self { name: "auth-service", url: format!("{auth}/api/me"), kind: Kind::AuthService }
    }

    /// `/api/verify` of a verify-service.
    pub(crate) fn verifier(name: &'static str, origin: &str) -> Self {
        Self { name, url: format!("{origin}/api/verify"), kind: Kind::Verifier }
    }

    /// The guarded page, requested by a browser.
    pub(crate) fn page(frontend: &str) -> Self {
        Self { name: "page", url: format!("{frontend}/private"), kind: Kind::Page }
    }

    /// The guarded page, requested by a script.
    pub(crate) fn data(frontend: &str) -> Self {
        Self { name: "data", url: format!("{frontend}/private"), kind: Kind::Data }
    }

    /// A request with this session token.
    pub(crate) fn request(&self, client: &Client, token: &str) -> RequestBuilder {
        let request = match self.kind {
            Kind::Verifier => client.post(&self.url),
            Kind::AuthService => client.get(&self.url),
            Kind::Page => client.get(&self.url).header(header::ACCEPT, "text/html"),
            Kind::Data => client.get(&self.url).header(header::ACCEPT, "application/json"),
        };
        request.header(header::COOKIE, format!("token={token}"))
    }
}

/// The parts of a response that the load checks.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) redirects_to_login: bool,
    pub(crate) has_retry_after: bool,
    pub(crate) clears_cookie: bool,
    /// The session cookie that the response sets.
    pub(crate) token: Option<String>,
    pub(crate) text: String,
}

/// The HTTP client of the load. It waits longer than any time limit of the services.
pub(crate) fn client() -> Client {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    // A connection that has been idle for 4 s is not reused: the service may be about to close it.
    client.pool_idle_timeout(Duration::from_secs(4)).timeout(Duration::from_secs(20)).build().unwrap()
}

/// Sends a request. Returns an error if there is no complete response.
pub(crate) async fn send(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    let headers = response.headers();
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut token = None;
    let mut clears_cookie = false;
    for cookie in cookies.filter_map(|cookie| cookie.strip_prefix("token=")) {
        let (value, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        if value.is_empty() || attributes.contains("Max-Age=0") {
            clears_cookie = true;
        } else {
            token = Some(value.to_owned());
        }
    }
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    Ok(Reply {
        status: response.status().as_u16(),
        redirects_to_login: location.is_some_and(|location| location.starts_with("/login")),
        has_retry_after: headers.contains_key(header::RETRY_AFTER),
        clears_cookie,
        token,
        text: response.text().await?,
    })
}
