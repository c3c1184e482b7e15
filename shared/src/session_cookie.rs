//! The session cookie (RFC 6265bis): what it is called, how it is set and where tokens are read.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::OffsetDateTime},
    http::header,
};
use chrono::{DateTime, Utc};

use crate::origin::Origin;

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
        if !secure && (name.starts_with("__Host-") || name.starts_with("__Secure-")) {
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
    /// token, several as the cookies that they were, so that the service judges all of them.
    /// `None` if no header can carry them, which no token of ours brings about.
    pub fn forward(&self, tokens: &[String]) -> Option<(header::HeaderName, header::HeaderValue)> {
        let (name, value) = match tokens {
            [token] => (header::AUTHORIZATION, format!("Bearer {token}")),
            _ => {
                let pairs: Vec<_> = tokens.iter().map(|token| format!("{}={token}", self.name)).collect();
                (header::COOKIE, pairs.join("; "))
            }
        };
        header::HeaderValue::from_str(&value).ok().map(|value| (name, value))
    }

    fn build(&self, value: String) -> actix_web::cookie::CookieBuilder<'static> {
        Cookie::build(self.name.clone(), value)
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
    }

    /// The tokens that `request` brings, each once: the bearer token (RFC 6750, 2.1) if there is
    /// one, else every cookie of the session's name, since a sibling host can plant a second.
    pub fn tokens(&self, request: &HttpRequest) -> Vec<String> {
        if let Some(authorization) = request.headers().get(header::AUTHORIZATION) {
            // Bytes that are no text reach the check as such and fail there.
            let text = String::from_utf8_lossy(authorization.as_bytes());
            if let Some((scheme, token)) = text.split_once(' ')
                && scheme.eq_ignore_ascii_case("bearer")
            {
                return vec![token.trim().to_owned()];
            }
        }
        let mut tokens = Vec::new();
        for field in request.headers().get_all(header::COOKIE) {
            let field = String::from_utf8_lossy(field.as_bytes());
            for pair in field.split(';') {
                if let Some((name, value)) = pair.trim().split_once('=')
                    && name.trim() == self.name
                {
                    let value = value.trim().to_owned();
                    if !value.is_empty() && !tokens.contains(&value) {
                        tokens.push(value);
                    }
                }
            }
        }
        tokens
    }
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
}
