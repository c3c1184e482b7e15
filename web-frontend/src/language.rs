//! The language of a page: the one that the visitor chose, else the one that their browser prefers.

use actix_web::http::header::{self, HeaderMap};
use drawbridge_cookies::{request_cookies, set_cookie::SetCookie};
use drawbridge_http::cookie_fields;

use crate::text::{DE, EN, FR, Text};

/// How long browsers keep the chosen language: one year.
const COOKIE_MAX_AGE_SECONDS: i64 = 31_536_000;

/// A language of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    German,
    French,
}

impl Language {
    /// All languages, in the order in which pages offer them.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// The language tag (BCP 47).
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// The name of the language in that language.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }

    /// The texts of the pages in this language.
    pub(crate) const fn text(self) -> &'static Text {
        match self {
            Self::English => &EN,
            Self::German => &DE,
            Self::French => &FR,
        }
    }

    /// The language with this tag.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language for a request with these headers: from the cookie, else from `Accept-Language`, else
    /// English.
    pub(crate) fn from_headers(headers: &HeaderMap, secure: bool) -> Self {
        chosen_language(headers, cookie_name(secure))
            .or_else(|| preferred_language(headers))
            .unwrap_or_default()
    }

    /// The `Set-Cookie` value that stores this language as the visitor's choice.
    pub(crate) fn set_cookie(self, secure: bool) -> String {
        SetCookie::for_host(cookie_name(secure), self.code(), COOKIE_MAX_AGE_SECONDS, secure).to_string()
    }
}

/// The name of the cookie with the chosen language.
pub(crate) fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-drawbridge-language" } else { "drawbridge-language" }
}

fn chosen_language(headers: &HeaderMap, cookie_name: &str) -> Option<Language> {
    let cookie = request_cookies::named(cookie_fields(headers), cookie_name).next()?;
    Language::parse(cookie.text()?)
}

/// The language with the highest quality in `Accept-Language` (RFC 9110, 12.5.4); the first one if several
/// share it.
fn preferred_language(headers: &HeaderMap) -> Option<Language> {
    let list = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Language)> = None;
    for range in list.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0);
        let language = Language::parse(tag.split('-').next().unwrap_or_default());
        if let Some(language) = language
            && quality > best.map_or(0.0, |(quality, _)| quality)
        {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn language_for(headers: &[(&'static str, &'static str)]) -> Language {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| request.append_header(*header))
            .to_http_request();
        Language::from_headers(request.headers(), false)
    }

    #[test]
    fn the_browsers_preference_is_used() {
        let cases = [
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("en;q=0.5, FR-ca;q=0.7", Language::French),
            ("it, es;q=0.9, fr;q=0.1", Language::French),
            ("fr;q=0, de;q=0.001", Language::German),
            ("de;q=x, fr;q=0.9", Language::German),
            ("it", Language::English),
            ("", Language::English),
            ("*", Language::English),
        ];

        for (accept_language, expected) in cases {
            assert_eq!(language_for(&[("accept-language", accept_language)]), expected, "{accept_language}");
        }
        assert_eq!(language_for(&[]), Language::English, "no Accept-Language");
    }

    #[test]
    fn the_visitors_choice_takes_precedence() {
        let german = ("accept-language", "de");

        let chosen = language_for(&[("cookie", "a=b; drawbridge-language=fr"), german]);
        let unknown = language_for(&[("cookie", "drawbridge-language=tlh"), german]);

        assert_eq!(chosen, Language::French);
        assert_eq!(unknown, Language::German, "an unknown language counts as no choice");
    }

    #[test]
    fn a_choice_is_stored_for_this_host() {
        let cookie = Language::French.set_cookie(true);

        assert!(cookie.starts_with("__Host-drawbridge-language=fr;"), "{cookie}");
    }
}
