//! Finds out whether the application is built with Next.js, to say what `APP_KIND` should be.
//!
//! The finding changes nothing: only the operator decides which names are not guarded.

use std::{fmt, time::Duration};

use drawbridge_core::origin::Origin;
use drawbridge_http::access_rules::AppKind;
use reqwest::{
    Response, StatusCode,
    header::{HOST, HeaderMap, USER_AGENT, VARY},
};
use tokio::time::{sleep, timeout};

use crate::upstreams::UpstreamRoute;

/// How long an application may take to start.
const START_MAX: Duration = Duration::from_mins(10);

/// How long an answer may take. A development server builds the page first.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The time between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How much of the page is read.
const PAGE_BYTES_MAX: usize = 256 * 1024;

/// Where the pages of Next.js load their scripts from.
const NEXT_ASSETS: &[u8] = b"/_next/";

/// What is found out about the application, and who learns of it.
#[derive(Debug, Clone)]
pub struct AppDetection {
    /// `APP_KIND`: without it, web-frontend asks the application.
    declared: Option<AppKind>,
    /// Receives the finding, beside the log.
    pub report: fn(DetectedApp),
}

/// What the application is built with, as far as its page at `/` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectedApp {
    /// Next.js.
    Next,
    /// Nothing on the page belongs to Next.js.
    Other,
    /// There was no page to look at.
    Unknown,
}

impl AppDetection {
    pub(crate) fn new(declared: Option<AppKind>) -> Self {
        Self { declared, report: |_| {} }
    }

    /// Asks the application once it can be reached, unless `APP_KIND` is set, and reports the finding.
    pub(crate) fn run(
        &self,
        application: UpstreamRoute,
        public_origin: Origin,
    ) -> impl Future<Output = ()> + use<> {
        let Self { declared, report } = self.clone();
        async move {
            if declared.is_none() {
                let found = detect(&application, &public_origin).await;
                tracing::info!(kind = found.name(), "{found}");
                report(found);
            }
        }
    }
}

impl DetectedApp {
    fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for DetectedApp {
    /// Says what was found and what follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Next => {
                "the application is built with Next.js: its further names for a page are guarded like the page"
            }
            Self::Other => {
                "the application does not look like Next.js: the names that Next.js gives to pages stay guarded, which \
                 does no harm; APP_KIND=other leaves them to the application"
            }
            Self::Unknown => {
                "the application's page at / does not tell whether it is built with Next.js: the names that Next.js \
                 gives to pages stay guarded; APP_KIND=next or APP_KIND=other says what it is"
            }
        })
    }
}

async fn detect(application: &UpstreamRoute, public_origin: &Origin) -> DetectedApp {
    let attempts = async {
        loop {
            let answer = timeout(ANSWER_TIMEOUT, ask(application, public_origin)).await;
            if let Some(found) = answer.unwrap_or(Some(DetectedApp::Unknown)) {
                return found;
            }
            sleep(RETRY_INTERVAL).await;
        }
    };
    timeout(START_MAX, attempts).await.unwrap_or(DetectedApp::Unknown)
}

/// Reads the application's page at `/` as an anonymous visitor; `None` if it cannot be reached yet.
async fn ask(application: &UpstreamRoute, public_origin: &Origin) -> Option<DetectedApp> {
    let upstream = &application.upstream;
    let mut request = application
        .clients
        .single_use
        .get(upstream.target.clone())
        .header(USER_AGENT, "Drawbridge")
        .header("x-forwarded-host", public_origin.authority())
        .header("x-forwarded-proto", if public_origin.is_https() { "https" } else { "http" });
    if upstream.sends_public_host() {
        request = request.header(HOST, public_origin.authority());
    }
    let response = request.send().await.ok()?;
    let is_starting = [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    if has_next_headers(response.headers()) {
        Some(DetectedApp::Next)
    } else if is_starting.contains(&response.status()) {
        None
    } else {
        Some(look_at(response).await)
    }
}

/// Returns true if a header tells that Next.js answers. `X-Powered-By` can be switched off.
fn has_next_headers(headers: &HeaderMap) -> bool {
    let contains = |name: &str, part: &str| {
        headers
            .get_all(name)
            .iter()
            .any(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().contains(part))
    };
    contains("x-powered-by", "next.js")
        || contains(VARY.as_str(), "next-router-state-tree")
        || headers.keys().any(|name| name.as_str().starts_with("x-nextjs-"))
}

/// Looks for scripts of Next.js in a page. An error or a redirect does not tell that there are none.
async fn look_at(mut response: Response) -> DetectedApp {
    let mut page = Vec::new();
    while page.len() < PAGE_BYTES_MAX {
        // The text may begin in the previous chunk.
        let unread = page.len().saturating_sub(NEXT_ASSETS.len());
        match response.chunk().await {
            Ok(Some(chunk)) => page.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return DetectedApp::Unknown,
        }
        let part = page.get(unread..).unwrap_or_default();
        if part.windows(NEXT_ASSETS.len()).any(|text| text == NEXT_ASSETS) {
            return DetectedApp::Next;
        }
    }
    if response.status().is_success() { DetectedApp::Other } else { DetectedApp::Unknown }
}
