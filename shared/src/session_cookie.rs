//! The session cookie (RFC 6265bis): what it is called, how it is set and where tokens are read.

use actix_web::{
    HttpRequest,
    cookie::{
        Cookie, CookieBuilder, SameSite,
        time::{Duration, OffsetDateTime},
    },
    http::header::{self, HeaderMap, HeaderValue},
};
use chrono::{DateTime, Utc};

use crate::{
    origin::Origin,
    token::TOKEN_MAX_BYTES,
    topology::{self, CookieMode, CookiePolicy, Refused, Topology, is_cookie_name, parents},
};

/// How the session token travels between the browser and the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCookie {
    policy: CookiePolicy,
    previous: Vec<PreviousCookie>,
}

/// A cookie that carried the token before mode, name or domain were changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousCookie {
    name: String,
    domain: Option<String>,
}

impl PreviousCookie {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads `COOKIE_PREVIOUS`: names separated by commas, each with `@` and its `Domain` if it had one.
    ///
    /// # Errors
    /// A sentence that says which of them cannot be read.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let parse = |entry: &str| {
            let (name, domain) = match entry.trim().split_once('@') {
                Some((name, domain)) => (name, Some(domain.trim_start_matches('.').to_ascii_lowercase())),
                None => (entry.trim(), None),
            };
            let is_domain =
                |domain: &String| domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
            if !is_cookie_name(name)
                || domain.as_ref().is_some_and(|domain| domain.is_empty() || !is_domain(domain))
            {
                return Err(format!(
                    "must be names such as token or __Secure-token@example.com, not \"{entry}\""
                ));
            }
            Ok(Self { name: name.to_owned(), domain })
        };
        text.split(',').map(parse).collect()
    }
}

impl SessionCookie {
    /// The cookie of this policy. What `previous` names is read where the cookie itself does not come,
    /// and expired whenever it is set.
    pub fn new(policy: CookiePolicy, previous: Vec<PreviousCookie>) -> Self {
        let is_itself =
            |cookie: &PreviousCookie| cookie.name == policy.name && cookie.domain == policy.domain;
        Self { previous: previous.into_iter().filter(|cookie| !is_itself(cookie)).collect(), policy }
    }

    /// The cookie that a frontend at `origin` sets by itself.
    ///
    /// # Errors
    /// Which setting is wrong, what browsers would do, and the fix.
    pub fn for_frontend(origin: &Origin, name: Option<&str>) -> Result<Self, Refused> {
        let topology = Topology { frontend: origin, backend: None, mode: CookieMode::Proxy, name };
        Ok(Self::new(topology.policy()?, Vec::new()))
    }

    /// What browsers are told of it.
    pub fn policy(&self) -> &CookiePolicy {
        &self.policy
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.policy.name
    }

    /// Whether a cookie of this name is or was the session's.
    pub fn is_named(&self, name: &str) -> bool {
        name == self.policy.name || self.previous.iter().any(|cookie| cookie.name == name)
    }

    /// Whether the cookie is sent over https alone.
    pub fn is_secure(&self) -> bool {
        self.policy.secure
    }

    /// The values of `Set-Cookie` that make a browser carry `token` until `expires_at`, and forget what
    /// carried one before.
    pub fn issue(&self, token: &str, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<HeaderValue> {
        // Rounded up: a cookie that ends a moment after its token only brings a token that is refused.
        let seconds = ((expires_at - now).num_milliseconds() + 999).max(0) / 1000;
        let cookie = self.build(token.to_owned()).max_age(Duration::seconds(seconds)).finish();
        let previous = self.previous.iter().map(|cookie| self.expire(&cookie.name, cookie.domain.as_deref()));
        std::iter::once(self.value(cookie)).chain(previous).flatten().collect()
    }

    /// The values of `Set-Cookie` that make a browser forget the session: the cookie, those of the same
    /// name that a sibling host may have planted, and those that came before it.
    pub fn clear(&self) -> Vec<HeaderValue> {
        let name = self.name();
        let planted = parents(&self.policy.host).map(|domain| self.expire(name, Some(domain)));
        let previous = self.previous.iter().map(|cookie| self.expire(&cookie.name, cookie.domain.as_deref()));
        std::iter::once(self.expire(name, None)).chain(planted).chain(previous).flatten().collect()
    }

    fn expire(&self, name: &str, domain: Option<&str>) -> Option<HeaderValue> {
        let cookie = self.build(String::new()).max_age(Duration::ZERO).expires(OffsetDateTime::UNIX_EPOCH);
        let mut cookie = cookie.finish();
        cookie.set_name(name.to_owned());
        match domain {
            Some(domain) => cookie.set_domain(domain.to_owned()),
            None => cookie.unset_domain(),
        }
        // A cookie with a prefix is expired only by one that keeps the prefix's promise.
        if name.starts_with("__") {
            cookie.set_secure(true);
        }
        self.value(cookie)
    }

    fn build(&self, value: String) -> CookieBuilder<'static> {
        let cookie = Cookie::build(self.policy.name.clone(), value)
            .path("/")
            .http_only(true)
            .secure(self.policy.secure)
            .same_site(match self.policy.same_site {
                topology::SameSite::Lax => SameSite::Lax,
                topology::SameSite::None => SameSite::None,
            });
        match &self.policy.domain {
            Some(domain) => cookie.domain(domain.clone()),
            None => cookie,
        }
    }

    /// The text of `Set-Cookie`. A control character, which no token has, would make it none.
    fn value(&self, cookie: Cookie<'static>) -> Option<HeaderValue> {
        let partitioned = if self.policy.partitioned { "; Partitioned" } else { "" };
        HeaderValue::from_str(&format!("{cookie}{partitioned}")).ok()
    }

    /// How tokens that [`SessionCookie::tokens`] read are handed on to a service: one as a bearer
    /// token, several as the cookies that they were, so that the service judges all of them; `None`
    /// for none. A control character, which no header can carry, makes a token that is refused.
    pub fn forward(&self, tokens: &[String]) -> Option<(header::HeaderName, HeaderValue)> {
        let (name, value) = match tokens {
            [] => return None,
            [token] => (header::AUTHORIZATION, format!("Bearer {token}")),
            _ => {
                let pairs: Vec<_> = tokens.iter().map(|token| format!("{}={token}", self.name())).collect();
                (header::COOKIE, pairs.join("; "))
            }
        };
        let value = HeaderValue::from_str(&value);
        Some((name, value.unwrap_or(HeaderValue::from_static("Bearer -"))))
    }

    /// The token of a request that brings exactly one, in a form that a token of ours can have. What
    /// [`SessionCookie::tokens`] says of any other request is not said here.
    pub fn only_token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        if let Some(authorization) = headers.get(header::AUTHORIZATION) {
            let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
            return scheme.eq_ignore_ascii_case("bearer").then_some(token);
        }
        let mut only = None;
        for field in headers.get_all(header::COOKIE) {
            for pair in field.to_str().ok()?.split(';') {
                if let Some((name, value)) = pair.split_once('=')
                    && name.trim_ascii() == self.policy.name
                    && only.replace(value).is_some()
                {
                    return None;
                }
            }
        }
        only.map(str::trim_ascii).filter(|token| (1..=TOKEN_MAX_BYTES).contains(&token.len()))
    }

    /// The tokens that `request` brings, each once: the bearer token (RFC 6750, 2.1) if there is
    /// one, else the cookies of the session's name, since a sibling host can plant a second.
    ///
    /// What is too long for a token is cut to a length that is refused, and of many cookies only
    /// the first are looked at: neither is ever brought by a browser that nobody has tampered with.
    pub fn tokens(&self, request: &HttpRequest) -> Vec<String> {
        if let Some(authorization) = request.headers().get(header::AUTHORIZATION)
            && let Some((scheme, token)) = split_once(authorization.as_bytes(), b' ')
            && scheme.eq_ignore_ascii_case(b"bearer")
        {
            return vec![bounded(token)];
        }
        let tokens = named(request, self.name());
        if !tokens.is_empty() {
            return tokens;
        }
        let mut previous = self.previous.iter().map(|cookie| named(request, &cookie.name));
        previous.find(|tokens| !tokens.is_empty()).unwrap_or_default()
    }

    /// Whether the token of `request` came in a cookie of before, to be replaced.
    pub fn is_outdated(&self, request: &HttpRequest) -> bool {
        let comes = |name: &str| !named(request, name).is_empty();
        let is_bearer = request.headers().contains_key(header::AUTHORIZATION);
        !is_bearer && !comes(self.name()) && self.previous.iter().any(|cookie| comes(&cookie.name))
    }
}

/// The different values of the cookies of a name.
fn named(request: &HttpRequest, wanted: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let fields = request.headers().get_all(header::COOKIE);
    for pair in fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';')) {
        if let Some((name, value)) = split_once(pair, b'=')
            && name.trim_ascii() == wanted.as_bytes()
        {
            let value = bounded(value);
            if !value.is_empty() && !tokens.contains(&value) {
                tokens.push(value);
            }
            if tokens.len() == TOKENS_PER_REQUEST {
                break;
            }
        }
    }
    tokens
}

/// How many different cookies of the session's name are looked at.
const TOKENS_PER_REQUEST: usize = 8;

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = bytes.splitn(2, |byte| *byte == separator);
    Some((parts.next()?, parts.next()?))
}

/// The text of a token; bytes that are no text reach the check as such and fail there.
fn bounded(token: &[u8]) -> String {
    let token = token.trim_ascii();
    String::from_utf8_lossy(token.get(..=TOKEN_MAX_BYTES).unwrap_or(token)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn cookie(origin: &str, name: Option<&str>) -> Result<SessionCookie, Refused> {
        SessionCookie::for_frontend(&Origin::parse(origin).unwrap(), name)
    }

    fn shared(previous: &str) -> SessionCookie {
        let origin = |text| Origin::parse(text).unwrap();
        let (app, api) = (origin("https://app.example.com"), origin("https://api.example.com"));
        let topology = Topology { frontend: &app, backend: Some(&api), mode: CookieMode::Shared, name: None };
        SessionCookie::new(topology.policy().unwrap(), PreviousCookie::parse_list(previous).unwrap())
    }

    fn texts(values: &[HeaderValue]) -> Vec<&str> {
        values.iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_of_other_hosts() {
        let now = DateTime::UNIX_EPOCH;
        let end = now + chrono::TimeDelta::seconds(60);
        let cookie = cookie("https://app.example.com", None).unwrap();
        let issued = cookie.issue("t", end, now);
        assert_eq!(texts(&issued), ["__Host-token=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"]);
        let issued = shared("__Host-token").issue("t", end, now);
        let texts = texts(&issued);
        assert!(
            texts[0].starts_with("__Secure-token=t;") && texts[0].contains("Domain=example.com"),
            "{texts:?}"
        );
        assert!(texts[1].starts_with("__Host-token=;") && texts[1].contains("Max-Age=0"), "{texts:?}");
        assert!(!texts[1].contains("Domain"), "{texts:?}");
    }

    #[test]
    fn what_carried_a_session_is_forgotten_in_every_form() {
        let cleared = shared("sid@old.example.com").clear();
        let cleared = texts(&cleared);
        let has = |name: &str, domain: Option<&str>| {
            cleared.iter().any(|text| {
                text.starts_with(&format!("{name}=;"))
                    && text.contains("Max-Age=0")
                    && text.contains("Expires=Thu, 01 Jan 1970")
                    && match domain {
                        Some(domain) => text.contains(&format!("Domain={domain};")),
                        None => !text.contains("Domain"),
                    }
            })
        };
        assert!(has("__Secure-token", None) && has("__Secure-token", Some("example.com")), "{cleared:?}");
        assert!(has("__Secure-token", Some("api.example.com")), "{cleared:?}");
        assert!(has("sid", Some("old.example.com")), "{cleared:?}");
    }

    #[test]
    fn a_cookie_of_before_counts_where_the_present_one_does_not_come() {
        let cookie = shared("__Host-token, sid@example.com");
        let of = |field: &'static str| {
            let request = TestRequest::default().insert_header(("cookie", field)).to_http_request();
            (cookie.tokens(&request), cookie.is_outdated(&request))
        };
        assert_eq!(of("sid=a; x=y"), (vec!["a".into()], true));
        assert_eq!(of("sid=a; __Host-token=b"), (vec!["b".into()], true));
        assert_eq!(of("sid=a; __Secure-token=c"), (vec!["c".into()], false));
        assert_eq!(of("x=y"), (vec![], false));
        for bad in ["", "a b", "sid@", "sid@exa mple", "=", "a,,b"] {
            assert!(PreviousCookie::parse_list(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tokens_come_from_the_bearer_header_or_from_every_cookie_of_the_name() {
        let cookie = cookie("http://localhost", None).unwrap();
        let of = |fields: &[(&'static str, &'static str)]| {
            let request =
                fields.iter().fold(TestRequest::default(), |request, field| request.append_header(*field));
            cookie.tokens(&request.to_http_request())
        };
        assert!(of(&[]).is_empty());
        assert_eq!(of(&[("cookie", "a=1; token=x; b=2")]), ["x"]);
        assert_eq!(of(&[("cookie", "a=1"), ("cookie", "token=x")]), ["x"], "HTTP/2 splits the field");
        assert_eq!(of(&[("cookie", "token=x; token=y; token=x")]), ["x", "y"]);
        assert_eq!(of(&[("authorization", "bearer z"), ("cookie", "token=x")]), ["z"]);
        assert_eq!(of(&[("authorization", "Basic z"), ("cookie", "token=x")]), ["x"]);
        assert!(of(&[("cookie", "token="), ("cookie", "xtoken=1")]).is_empty());
    }

    #[test]
    fn the_only_token_is_the_one_that_all_of_them_are() {
        let cookie = cookie("http://localhost", None).unwrap();
        for (fields, only) in [
            (vec![], None),
            (vec![("cookie", "a=1; token=x; b=2")], Some("x")),
            (vec![("cookie", "a=1"), ("cookie", "token=x")], Some("x")),
            (vec![("cookie", "token=x; token=y")], None),
            (vec![("cookie", "token=x"), ("cookie", "token=x")], None),
            (vec![("cookie", "xtoken=1; Token=2")], None),
            (vec![("authorization", "bearer z"), ("cookie", "token=x")], Some("z")),
            (vec![("authorization", "Basic z"), ("cookie", "token=x")], None),
        ] {
            let request =
                fields.iter().fold(TestRequest::default(), |request, field| request.append_header(*field));
            let request = request.to_http_request();
            assert_eq!(cookie.only_token(request.headers()), only, "{fields:?}");
            if let Some(only) = only {
                assert_eq!(cookie.tokens(&request), [only], "{fields:?}");
            }
        }
    }

    #[test]
    fn hostile_cookies_are_bounded_in_length_and_number() {
        let cookie = cookie("http://localhost", None).unwrap();
        let tokens = |field: Vec<u8>| {
            let value = HeaderValue::from_bytes(&field).unwrap();
            cookie.tokens(&TestRequest::default().append_header((header::COOKIE, value)).to_http_request())
        };
        let long = tokens([b"token=".as_slice(), "x".repeat(50_000).as_bytes()].concat());
        assert_eq!(long[0].len(), TOKEN_MAX_BYTES + 1, "still too long to be good");
        let many: Vec<String> = (0..5000).map(|n| format!("token={n}")).collect();
        assert_eq!(tokens(many.join(";").into_bytes()), ["0", "1", "2", "3", "4", "5", "6", "7"]);
        let no_text = tokens([b"token=".as_slice(), &vec![0xff; 50_000]].concat());
        assert!(no_text[0].len() <= 3 * (TOKEN_MAX_BYTES + 1));
    }
}
