//! Backends of somebody else's on this origin: `/backend/*` goes to one of them with the session as a bearer
//! token instead of the cookie, and comes back with nothing that could touch another's cookies.

mod body;
mod forward;
mod headers;
mod tunnel;

use std::time::Duration;

use drawbridge_core::{settings::Timeouts, tls};
use percent_encoding::percent_decode_str;
use reqwest::{Client, Url, redirect::Policy};

pub(crate) use body::LONGEST_UPLOAD;
pub(crate) use forward::forward;

/// `UPSTREAMS`: a path of this origin, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The path that is replaced, such as `/backend`, without a slash at its end.
    pub prefix: String,
    /// What replaces it, without a slash at its end.
    pub target: Url,
}

/// Paths that are this service's own.
const OWN: [&str; 7] = ["/api", "/login", "/register", "/logout", "/private", "/health", "/assets"];

impl Upstream {
    /// Reads `prefix=url` pairs that are separated by commas.
    ///
    /// # Errors
    /// A sentence that says which of them is wrong.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut upstreams = Vec::new();
        for entry in text.split(',') {
            let upstream =
                Self::parse(entry.trim()).map_err(|reason| format!("has \"{entry}\", which {reason}"))?;
            if upstreams.iter().any(|other: &Self| other.prefix == upstream.prefix) {
                return Err(format!("names {} twice", upstream.prefix));
            }
            upstreams.push(upstream);
        }
        // The one that says most about a path comes first.
        upstreams.sort_by_key(|upstream| std::cmp::Reverse(upstream.prefix.len()));
        Ok(upstreams)
    }

    fn parse(entry: &str) -> Result<Self, String> {
        let (prefix, target) = entry.split_once('=').ok_or("is not a path, =, and a URL")?;
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
        if !prefix.starts_with('/')
            || prefix.contains("//")
            || prefix.contains("/.")
            || !prefix.bytes().all(is_plain)
        {
            return Err("must begin with a path such as /backend".into());
        }
        let is_below =
            |own: &str| prefix.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some(own) = OWN.iter().find(|own| is_below(own)) {
            return Err(format!("takes {own}, which is Drawbridge's own"));
        }
        let mut target = Url::parse(target).map_err(|error| format!("names no URL ({error})"))?;
        if !matches!(target.scheme(), "http" | "https") {
            return Err("must name an http:// or https:// URL".into());
        }
        if target.query().is_some()
            || target.fragment().is_some()
            || !target.username().is_empty()
            || target.password().is_some()
        {
            return Err("must name scheme, host, port and path alone".into());
        }
        let path = target.path().trim_end_matches('/').to_owned();
        target.set_path(&path);
        Ok(Self { prefix: prefix.to_owned(), target })
    }

    /// The URL for a request's path and query; `None` for a path that leads out of the prefix or the target
    /// once it is resolved, such as one with `..` in it.
    fn url(&self, path: &str, query: Option<&str>) -> Option<Url> {
        let rest = path.strip_prefix(&self.prefix)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let wanted = format!("{}{rest}", self.target.path().trim_end_matches('/'));
        if leads_out(rest) {
            return None;
        }
        let mut url = self.target.clone();
        url.set_path(&wanted);
        url.set_query(query);
        let resolved = if wanted.is_empty() { "/" } else { &wanted };
        (url.path() == resolved).then_some(url)
    }
}

/// Whether a path has a segment that leads out of where it stands, to a reader who decodes it before
/// resolving it, takes `\\` for `/`, or cuts segments at `;`.
fn leads_out(path: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let segments = decoded.split(|byte| matches!(byte, b'/' | b'\\'));
    let names = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default());
    names.into_iter().any(|name| matches!(name, b"." | b".."))
}

/// The backends, and the way to them.
#[derive(Clone)]
pub(crate) struct Upstreams {
    all: Vec<Upstream>,
    client: Client,
    /// For connections that are to go over to another protocol. None of them is ever used again.
    upgrading: Client,
    /// How long a backend may keep silent.
    patience: Duration,
}

impl Upstreams {
    pub(crate) fn new(
        all: Vec<Upstream>,
        timeouts: Timeouts,
        patience: Duration,
    ) -> Result<Self, reqwest::Error> {
        let client = || {
            Client::builder()
                .tls_backend_preconfigured(tls::client_config(tls::public_roots()))
                .connect_timeout(timeouts.connect)
                // What a backend redirects to is the browser's to follow.
                .redirect(Policy::none())
                // A connection can be handed over to another protocol in HTTP/1.1 alone.
                .http1_only()
                .no_proxy()
        };
        let upgrading = client().pool_max_idle_per_host(0).build()?;
        Ok(Self { all, client: client().build()?, upgrading, patience })
    }

    /// The paths that they take.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|upstream| upstream.prefix.as_str())
    }

    /// Which backend a path belongs to.
    fn find(&self, path: &str) -> Option<&Upstream> {
        self.all.iter().find(|upstream| {
            path.strip_prefix(&upstream.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstreams(text: &str) -> Vec<Upstream> {
        Upstream::parse_list(text).unwrap()
    }

    #[test]
    fn the_prefix_is_replaced_and_the_rest_stays_as_it_was() {
        let all = upstreams("/backend=https://api.example.com/v1/, /backend/files=http://10.0.0.7:9000");
        assert_eq!(all[0].prefix, "/backend/files", "the longest first");
        let of = |path: &str, query: Option<&str>| {
            let found = all.iter().find_map(|upstream| upstream.url(path, query));
            found.map(|url| url.to_string())
        };
        assert_eq!(
            of("/backend/a%20b/c", Some("d=%2F&e")).unwrap(),
            "https://api.example.com/v1/a%20b/c?d=%2F&e"
        );
        assert_eq!(of("/backend", None).unwrap(), "https://api.example.com/v1");
        assert_eq!(of("/backend/", None).unwrap(), "https://api.example.com/v1/");
        assert_eq!(of("/backend/files", None).unwrap(), "http://10.0.0.7:9000/");
        assert_eq!(of("/backend/files/x", None).unwrap(), "http://10.0.0.7:9000/x");
        assert_eq!(of("/backendx", None), None);
    }

    #[test]
    fn no_path_leads_out_of_the_target() {
        let all = upstreams("/backend=https://api.example.com/v1");
        for path in [
            "/backend/../admin",
            "/backend/x/../../admin",
            "/backend/%2e%2e/admin",
            "/backend/.%2E/admin",
            "/backend/./x",
            "/backend/\\..\\admin",
            "/backend/..",
            "/backend/..%2fadmin",
            "/backend/%2e%2e%2fadmin",
            "/backend/x%2f..%2f..%2fadmin",
            "/backend/..%5cadmin",
            "/backend/..;/admin",
            "/backend/.;a=b/x",
        ] {
            assert_eq!(all[0].url(path, None), None, "{path}");
        }
        assert!(all[0].url("/backend/a%2Fb;c=d/..e/f..", None).is_some());
        let escaped = all[0].url("/backend//evil.example/", None).unwrap();
        assert_eq!(escaped.host_str(), Some("api.example.com"));
    }

    #[test]
    fn faults_are_named() {
        for (text, word) in [
            ("/backend", "URL"),
            ("backend=http://a.example", "/backend"),
            ("/=http://a.example", "/backend"),
            ("/api/x=http://a.example", "/api"),
            ("/login=http://a.example", "/login"),
            ("/b=ftp://a.example", "http"),
            ("/b=http://a.example?x", "alone"),
            ("/b=http://a.example,/b/=http://c.example", "twice"),
            ("/b/../c=http://a.example", "/backend"),
        ] {
            let fault = Upstream::parse_list(text).unwrap_err();
            assert!(fault.contains(word), "{text}: {fault}");
        }
        assert!(Upstream::parse_list("/apis=http://a.example").is_ok());
    }
}
