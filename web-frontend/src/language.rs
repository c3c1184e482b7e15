//! In which language a visitor reads: the one that they chose, or else the one that their browser asks for.

use actix_web::http::header::{self, HeaderMap};
use drawbridge_cookies::{request_cookies, set_cookie::SetCookie};
use drawbridge_http::cookie_fields;

use crate::text::{DE, EN, FR, Text};

/// How long a choice is remembered, in seconds: a year.
const REMEMBERED_FOR_SECONDS: i64 = 31_536_000;

/// The languages that the pages are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    German,
    French,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// The language's tag (BCP 47).
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// What its speakers call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }

    /// All that the pages say in it.
    pub(crate) const fn text(self) -> &'static Text {
        match self {
            Self::English => &EN,
            Self::German => &DE,
            Self::French => &FR,
        }
    }

    /// The language of this tag.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language of whoever sent a request with these headers.
    pub(crate) fn of(headers: &HeaderMap, secure: bool) -> Self {
        chosen(headers, cookie_name(secure)).or_else(|| asked_for(headers)).unwrap_or_default()
    }

    /// The `Set-Cookie` value that stores the choice.
    pub(crate) fn remember(self, secure: bool) -> String {
        SetCookie::for_host(cookie_name(secure), self.code(), REMEMBERED_FOR_SECONDS, secure).to_string()
    }
}

/// The name of the cookie that remembers a choice.
pub(crate) fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-drawbridge-language" } else { "drawbridge-language" }
}

fn chosen(headers: &HeaderMap, name: &str) -> Option<Language> {
    let cookie = request_cookies::named(cookie_fields(headers), name).next()?;
    Language::parse(cookie.text()?)
}

/// The best of those in `Accept-Language` (RFC 9110, 12.5.4); of several that are as good, the first.
fn asked_for(headers: &HeaderMap) -> Option<Language> {
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
    use super::*;
    use actix_web::test::TestRequest;

    fn of(fields: &[(&'static str, &'static str)]) -> Language {
        let request =
            fields.iter().fold(TestRequest::default(), |request, field| request.append_header(*field));
        Language::of(request.to_http_request().headers(), false)
    }

    #[test]
    fn the_browser_is_asked() {
        for (list, language) in [
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("en;q=0.5, FR-ca;q=0.7", Language::French),
            ("it, es;q=0.9, fr;q=0.1", Language::French),
            ("fr;q=0, de;q=0.001", Language::German),
            ("de;q=x, fr;q=0.9", Language::German),
            ("it", Language::English),
            ("", Language::English),
            ("*", Language::English),
        ] {
            assert_eq!(of(&[("accept-language", list)]), language, "{list}");
        }
        assert_eq!(of(&[]), Language::English);
    }

    #[test]
    fn a_choice_counts_more() {
        let cookie = ("cookie", "a=b; drawbridge-language=fr");
        assert_eq!(of(&[cookie, ("accept-language", "de")]), Language::French);
        let unknown = ("cookie", "drawbridge-language=tlh");
        assert_eq!(of(&[unknown, ("accept-language", "de")]), Language::German);
        let set = Language::French.remember(true);
        assert!(set.starts_with("__Host-drawbridge-language=fr;"));
    }
}
