//! The session cookie (RFC 6265bis): what it is called, how it is set and where tokens are read.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::OffsetDateTime},
    http::header::{self, HeaderMap},
};
use chrono::{DateTime, Utc};

use crate::{origin::Origin, token::TOKEN_MAX_BYTES};

/// How the session token travels between the browser and the frontend's origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCookie {
    name: String,
    secure: bool,
}

impl SessionCookie {
    /// The policy for a frontend at `origin`: `__Host-token` over https, `token` on plain-http
    /// localhost, host-only and `SameSite=Lax` on both.
    ///
    /// # Errors
    /// A sentence that names the setting that is wrong, what browsers would do, and the fix.
    pub fn for_frontend(origin: &Origin, name: Option<&str>) -> Result<Self, String> {
        let secure = origin.is_https();
        if !secure && !origin.is_localhost() {
            return Err(format!(
                "FRONTEND_ORIGIN is {origin}: browsers take no Secure cookie over plain http, and \
                 without it anybody on the way can steal the session; serve it over https \
                 (plain http is for localhost alone)"
            ));
        }
        let name = name.unwrap_or(if secure { "__Host-token" } else { "token" });
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return Err(format!("COOKIE_NAME \"{name}\" is not a cookie name (RFC 6265, 4.1.1)"));
        }
        let lower = name.to_ascii_lowercase();
        if !secure && (lower.starts_with("__host-") || lower.starts_with("__secure-")) {
            return Err(format!(
                "COOKIE_NAME {name} asks for https, but FRONTEND_ORIGIN is {origin}: browsers would \
                 drop the cookie; use https or a name without the prefix"
            ));
        }
        Ok(Self { name: name.to_owned(), secure })
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the cookie is sent over https alone.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The cookie that carries `token` until `expires_at`.
    pub fn issue(&self, token: &str, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Cookie<'static> {
        // Rounded up: a cookie that ends a moment after its token only brings a token that is refused.
        let seconds = ((expires_at - now).num_milliseconds() + 999).max(0) / 1000;
        self.build(token.to_owned()).max_age(actix_web::cookie::time::Duration::seconds(seconds)).finish()
    }

    /// The cookie that makes a browser forget the session.
    pub fn clear(&self) -> Cookie<'static> {
        self.build(String::new())
            .max_age(actix_web::cookie::time::Duration::ZERO)
            .expires(OffsetDateTime::UNIX_EPOCH)
            .finish()
    }

    /// How tokens that [`SessionCookie::tokens`] read are handed on to a service: one as a bearer
    /// token, several as the cookies that they were, so that the service judges all of them; `None`
    /// for none. A control character, which no header can carry, makes a token that is refused.
    pub fn forward(&self, tokens: &[String]) -> Option<(header::HeaderName, header::HeaderValue)> {
        let (name, value) = match tokens {
            [] => return None,
            [token] => (header::AUTHORIZATION, format!("Bearer {token}")),
            _ => {
                let pairs: Vec<_> = tokens.iter().map(|token| format!("{}={token}", self.name)).collect();
                (header::COOKIE, pairs.join("; "))
            }
        };
        let value = header::HeaderValue::from_str(&value);
        Some((name, value.unwrap_or(header::HeaderValue::from_static("Bearer -"))))
    }

    fn build(&self, value: String) -> actix_web::cookie::CookieBuilder<'static> {
        Cookie::build(self.name.clone(), value)
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
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
                    && name.trim_ascii() == self.name
                    && only.replace(value).is_some()
                {
                    return None;
                }
            }
        }
        only.filter(|token| token.len() <= TOKEN_MAX_BYTES)
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
        let mut tokens = Vec::new();
        let fields = request.headers().get_all(header::COOKIE);
        for pair in fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';')) {
            if let Some((name, value)) = split_once(pair, b'=')
                && name.trim_ascii() == self.name.as_bytes()
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

/// Whether RFC 9110 allows the byte in a token, and so in a cookie's name.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn cookie(origin: &str, name: Option<&str>) -> Result<SessionCookie, String> {
        SessionCookie::for_frontend(&Origin::parse(origin).unwrap(), name)
    }

    #[test]
    fn the_name_follows_from_the_origin() {
        assert_eq!(cookie("https://app.example.com", None).unwrap().name(), "__Host-token");
        assert_eq!(cookie("http://localhost:8080", None).unwrap().name(), "token");
        assert_eq!(cookie("http://app.localhost", Some("sid")).unwrap().name(), "sid");
    }

    #[test]
    fn a_policy_that_browsers_would_drop_is_refused() {
        assert!(cookie("http://app.example.com", None).unwrap_err().contains("FRONTEND_ORIGIN"));
        assert!(cookie("http://localhost", Some("__Host-t")).unwrap_err().contains("COOKIE_NAME"));
        assert!(cookie("https://a.example", Some("a b")).is_err());
        assert!(cookie("https://a.example", Some("a=b")).is_err());
    }

    #[test]
    fn a_cookie_is_host_only_and_out_of_reach_of_scripts() {
        let now = DateTime::UNIX_EPOCH;
        let cookie = cookie("https://app.example.com", None).unwrap();
        assert_eq!(
            cookie.issue("t", now + chrono::TimeDelta::seconds(60), now).to_string(),
            "__Host-token=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        let cleared = cookie.clear().to_string();
        assert!(cleared.contains("Max-Age=0") && cleared.contains("Expires=Thu, 01 Jan 1970"));
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
            let value = header::HeaderValue::from_bytes(&field).unwrap();
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
