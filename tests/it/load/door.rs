use std::time::Duration;

use reqwest::{Client, RequestBuilder, header, redirect};

/// A place where a session is shown.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) name: &'static str,
    url: String,
    shown: Shown,
}

#[derive(Debug, Clone, Copy)]
enum Shown {
    ToAuthService,
    ToVerifier,
    ForPage,
    ForData,
}

impl Door {
    /// auth-service, which asks the database every time.
    pub(crate) fn account(auth: &str) -> Self {
        Self { name: "auth-service", url: format!("{auth}/api/me"), shown: Shown::ToAuthService }
    }

    pub(crate) fn verifier(name: &'static str, origin: &str) -> Self {
        Self { name, url: format!("{origin}/api/verify"), shown: Shown::ToVerifier }
    }

    /// The guarded page, as a person's browser asks for it.
    pub(crate) fn page(frontend: &str) -> Self {
        Self { name: "page", url: format!("{frontend}/private"), shown: Shown::ForPage }
    }

    /// The same, as a script asks for it.
    pub(crate) fn data(frontend: &str) -> Self {
        Self { name: "data", url: format!("{frontend}/private"), shown: Shown::ForData }
    }

    pub(crate) fn request(&self, client: &Client, token: &str) -> RequestBuilder {
        let request = match self.shown {
            Shown::ToVerifier => client.post(&self.url),
            Shown::ToAuthService => client.get(&self.url),
            Shown::ForPage => client.get(&self.url).header(header::ACCEPT, "text/html"),
            Shown::ForData => client.get(&self.url).header(header::ACCEPT, "application/json"),
        };
        request.header(header::COOKIE, format!("token={token}"))
    }
}

/// What came back, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) to_login: bool,
    pub(crate) retry_after: bool,
    pub(crate) clears_cookie: bool,
    /// The session cookie that was set.
    pub(crate) token: Option<String>,
    pub(crate) text: String,
}

/// The client of the load: it waits longer than any limit of the services.
pub(crate) fn client() -> Client {
    // An error means that a provider is there already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    // The services close an idle connection after 5 s; one that they are closing is not used.
    client.pool_idle_timeout(Duration::from_secs(4)).timeout(Duration::from_secs(20)).build().unwrap()
}

/// Sends a request; an error if no whole answer came.
pub(crate) async fn send(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    let headers = response.headers();
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let (mut token, mut clears_cookie) = (None, false);
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
        to_login: location.is_some_and(|location| location.starts_with("/login")),
        retry_after: headers.contains_key(header::RETRY_AFTER),
        clears_cookie,
        token,
        text: response.text().await?,
    })
}
