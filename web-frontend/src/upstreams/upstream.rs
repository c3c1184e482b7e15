use std::{cmp::Reverse, fmt, net::IpAddr, path::Path};

use drawbridge_core::{audience::Audience, origin::Origin, pages_path::PagesPath, tls::Authorities};
use drawbridge_http::discovery::{METADATA_PATH, PUBLIC_KEYS_PATH};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::network::is_private_network;

/// The paths of web-frontend itself if its pages are at the root: each includes everything below it. A test in
/// `routes.rs` checks that the list is complete.
const OWN_PATHS: [&str; 15] = [
    "/account",
    "/api",
    "/assets",
    "/confirm-address",
    "/forgot-password",
    "/health",
    "/language",
    "/login",
    "/logout",
    "/openapi",
    "/openapi.json",
    "/private",
    "/problems",
    "/register",
    "/reset-password",
];

/// A server behind a path of this origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The path of this origin, such as `/backend`, without a slash at its end.
    pub prefix: String,
    /// The URL that replaces the prefix, without a slash at its end.
    pub target: Url,
    /// The audience of the access tokens that the server receives; by default the origin of the target.
    pub audience: Audience,
    /// Which `Host` the server receives.
    pub host: HostHeader,
    /// Whether its absolute URLs on the frontend's origin are meant as they are, without its prefix.
    pub keeps_redirects: bool,
    /// The authorities to trust instead of the usual ones.
    pub authorities: Option<Authorities>,
}

impl fmt::Display for Upstream {
    /// Names the upstream in the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_application() {
            f.write_str("the application")
        } else {
            write!(f, "the upstream of {}", self.prefix)
        }
    }
}

/// The value of `Host` in forwarded requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostHeader {
    /// The host that browsers use: frameworks compare it with `Origin`, and build absolute URLs from it.
    Public,
    /// The host of the target, by which a hosting platform finds the application.
    Target,
}

/// What follows the URL of an entry.
#[derive(Default)]
struct Options {
    audience: Option<Audience>,
    host: Option<HostHeader>,
    keeps_redirects: bool,
    authorities: Option<Authorities>,
    /// Tokens may cross a public network in the clear.
    plain_http: bool,
}

impl Upstream {
    /// Parses `prefix=url` pairs separated by commas. The longest prefix comes first.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the setting.
    pub fn parse_list(text: &str, pages: &PagesPath) -> Result<Vec<Self>, String> {
        let mut upstreams: Vec<Self> = Vec::new();
        for entry in text.split(',') {
            let upstream = Self::parse(entry.trim(), pages)
                .map_err(|reason| format!("has the invalid entry \"{entry}\": {reason}"))?;
            if upstreams.iter().any(|other| other.prefix == upstream.prefix) {
                return Err(format!("lists {} twice", upstream.prefix));
            }
            upstreams.push(upstream);
        }
        upstreams.sort_by_key(|upstream| Reverse(upstream.prefix.len()));
        Ok(upstreams)
    }

    /// Parses `APP_URL`: the application at the root of this origin.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the setting.
    pub fn parse_app(text: &str) -> Result<Self, String> {
        let app =
            Self::parse_server(String::new(), text).map_err(|reason| format!("is invalid: {reason}"))?;
        if app.target.path().trim_end_matches('/').is_empty() {
            return Ok(app);
        }
        Err("must be a URL without a path, such as http://localhost:3000: the application is at the root of this origin \
             as well"
            .into())
    }

    fn parse(entry: &str, pages: &PagesPath) -> Result<Self, String> {
        let (prefix, rest) = entry.split_once('=').ok_or("it must be a path, =, and a URL")?;
        Self::parse_server(parse_prefix(prefix, pages)?, rest)
    }

    fn parse_server(prefix: String, rest: &str) -> Result<Self, String> {
        let mut words = rest.split_ascii_whitespace();
        let target = parse_target(words.next().unwrap_or_default())?;
        let options = parse_options(words)?;
        if target.scheme() == "http" && !options.plain_http && !is_private_network(&target) {
            return Err("its URL is plain http, so that tokens would cross a public network unencrypted; use https://, \
                        or write plain-http after the URL if the network in between is private"
                .into());
        }
        if target.scheme() == "http" && options.authorities.is_some() {
            return Err("it names authorities with ca=, but its URL is not https".into());
        }
        let audience = match options.audience {
            Some(audience) => audience,
            None => target.origin().ascii_serialization().parse()?,
        };
        // An application near by is not a hosting platform, which would look for the public host among its own sites.
        let is_near_application = prefix.is_empty() && is_private_network(&target);
        let default_host = if is_near_application { HostHeader::Public } else { HostHeader::Target };
        let host = options.host.unwrap_or(default_host);
        let Options { keeps_redirects, authorities, .. } = options;
        Ok(Self { prefix, target, audience, host, keeps_redirects, authorities })
    }

    /// Returns true if the server receives the `Host` that browsers use.
    pub(crate) fn sends_public_host(&self) -> bool {
        self.host == HostHeader::Public
    }

    /// Returns true for the application of `APP_URL`, which has no prefix.
    pub(crate) fn is_application(&self) -> bool {
        self.prefix.is_empty()
    }

    /// Returns true if the target is web-frontend itself, which listens on `port`. A request would come back forever.
    pub(crate) fn leads_back(&self, frontend_origin: &Origin, port: u16) -> bool {
        let host = self.target.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_this_machine = host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let is_own_port = self.target.port_or_known_default() == Some(port);
        (is_this_machine && is_own_port)
            || self.target.origin().ascii_serialization() == frontend_origin.to_string()
    }

    /// Returns true if requests for `path` go to this upstream.
    pub(super) fn covers(&self, path: &str) -> bool {
        rest_below(&self.prefix, path).is_some()
    }

    /// The upstream's URL for the path and query of a request. `None` if the path would lead outside of the
    /// prefix or the target once it is resolved, for example because it contains `..`.
    pub(crate) fn url(&self, path: &str, query: Option<&str>) -> Option<Url> {
        let rest = rest_below(&self.prefix, path)?;
        if has_dot_segment(rest) {
            return None;
        }
        let wanted = format!("{}{rest}", self.target.path().trim_end_matches('/'));
        let mut url = self.target.clone();
        url.set_path(&wanted);
        url.set_query(query);
        let resolved = if wanted.is_empty() { "/" } else { &wanted };
        (url.path() == resolved).then_some(url)
    }
}

fn parse_options<'a>(words: impl Iterator<Item = &'a str>) -> Result<Options, String> {
    let mut options = Options::default();
    for word in words {
        match word.split_once('=') {
            Some(("audience", audience)) => {
                let audience = audience.parse().map_err(|reason| format!("its audience {reason}"))?;
                options.audience = Some(audience);
            }
            Some(("host", "public")) => options.host = Some(HostHeader::Public),
            Some(("host", "target")) => options.host = Some(HostHeader::Target),
            Some(("redirects", "keep")) => options.keeps_redirects = true,
            Some(("ca", file)) => {
                let authorities = Authorities::from_file(Path::new(file));
                options.authorities = Some(authorities.map_err(|reason| format!("its option ca {reason}"))?);
            }
            None if word == "plain-http" => options.plain_http = true,
            _ => {
                let reason = format!(
                    "after the URL, only audience=NAME, host=public, host=target, ca=FILE, redirects=keep and plain-http are known, not \"{word}\""
                );
                return Err(reason);
            }
        }
    }
    Ok(options)
}

fn parse_prefix(text: &str, pages: &PagesPath) -> Result<String, String> {
    let prefix = text.trim_end_matches('/');
    if prefix.is_empty() && text.starts_with('/') {
        return Err(
            "it must begin with a path such as /backend; APP_URL is the server of all other paths".into()
        );
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    if !prefix.starts_with('/')
        || prefix.contains("//")
        || prefix.contains("/.") && !is_well_known(prefix)
        || !prefix.bytes().all(is_plain)
    {
        return Err("it must begin with a path such as /backend".into());
    }
    match own_path(prefix, pages) {
        Some(own) => Err(format!("{own} belongs to Drawbridge")),
        None => Ok(prefix.to_owned()),
    }
}

/// Returns true for a path below `/.well-known`, of which Drawbridge reserves two names only.
fn is_well_known(prefix: &str) -> bool {
    prefix.strip_prefix("/.well-known/").is_some_and(|rest| !rest.contains("/."))
}

fn parse_target(text: &str) -> Result<Url, String> {
    let mut target = Url::parse(text).map_err(|error| format!("its URL is invalid ({error})"))?;
    if !matches!(target.scheme(), "http" | "https") {
        return Err("its URL must begin with http:// or https://".into());
    }
    if target.query().is_some()
        || target.fragment().is_some()
        || !target.username().is_empty()
        || target.password().is_some()
    {
        return Err("its URL may only have a scheme, a host, a port and a path".into());
    }
    let path = target.path().trim_end_matches('/').to_owned();
    target.set_path(&path);
    Ok(target)
}

/// The path of web-frontend that an upstream at `prefix` would take over.
pub(super) fn own_path(prefix: &str, pages: &PagesPath) -> Option<String> {
    let own_paths = [METADATA_PATH, PUBLIC_KEYS_PATH].into_iter().map(str::to_owned);
    let own_paths = own_paths.chain(match pages.prefix() {
        "" => OWN_PATHS.map(str::to_owned).to_vec(),
        pages => vec![pages.to_owned()],
    });
    own_paths.into_iter().find(|own| rest_below(own, prefix).is_some() || rest_below(prefix, own).is_some())
}

/// Returns true for a path of Drawbridge's own pages.
pub(crate) fn is_own_page(path: &str, pages: &PagesPath) -> bool {
    match pages.prefix() {
        "" => OWN_PATHS.into_iter().any(|own| rest_below(own, path).is_some()),
        prefix => rest_below(prefix, path).is_some(),
    }
}

/// The part of `path` after `prefix`, if `path` equals `prefix` or lies below it.
fn rest_below<'a>(prefix: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns true if a path has a `.` or `..` segment, even if only for a server that decodes the path before
/// it resolves it, treats `\` like `/`, or cuts segments at `;`.
fn has_dot_segment(path: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    decoded
        .split(|byte| matches!(byte, b'/' | b'\\'))
        .map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default())
        .any(|name| matches!(name, b"." | b".."))
}

#[cfg(test)]
#[path = "upstream_tests.rs"]
mod tests;
