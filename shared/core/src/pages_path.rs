//! Where Drawbridge's own pages, API, assets and health checks are on the frontend's origin.

use std::{fmt, str::FromStr};

use crate::settings::{Reader, Setting};

/// The application behind web-frontend. web-frontend parses the value; for the other services it only decides the
/// default of `PAGES_PATH`.
pub const APP_URL: Setting = Setting::new(
    "APP_URL",
    "The application behind web-frontend, which receives every request that is not for Drawbridge or a server in \
     `UPSTREAMS`. The other services read it for the default of `PAGES_PATH`.",
)
.values("`URL [audience=NAME] [host=public|target] [ca=FILE] [plain-http]`, such as `http://localhost:3000`")
.default("none");
const PAGES_PATH: Setting = Setting::new(
    "PAGES_PATH",
    "The path of Drawbridge's own pages, API and health checks on the frontend's origin. All services read it.",
)
.values("a path such as `/auth`, or `/`")
.default("`/` without `APP_URL`, `/auth` with it");

/// The default beside an application.
const PATH_BESIDE_APP: &str = "/auth";

/// The longest path.
const MAX_BYTES: usize = 64;

/// The value of `PAGES_PATH`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PagesPath {
    /// Empty if the pages are at the root.
    prefix: String,
}

impl PagesPath {
    /// Reads `PAGES_PATH`, and whether `APP_URL` is set.
    pub fn read(reader: &mut Reader) -> Self {
        let has_app = reader.optional(APP_URL, |_| Ok(())).is_some();
        Self::read_beside(reader, has_app)
    }

    /// Reads `PAGES_PATH`, for a service that has already read `APP_URL`.
    pub fn read_beside(reader: &mut Reader, has_app: bool) -> Self {
        let default = if has_app { Self { prefix: PATH_BESIDE_APP.to_owned() } } else { Self::default() };
        reader.optional(PAGES_PATH, Self::parse).unwrap_or(default)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let prefix = text.trim_end_matches('/');
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
        let is_path = prefix.is_empty() && text == "/" || prefix.starts_with('/');
        if !is_path || prefix.contains("//") || prefix.len() > MAX_BYTES || !prefix.bytes().all(is_plain) {
            return Err(format!(
                "must be / or a path such as /auth, of letters, digits, - and _, not \"{text}\""
            ));
        }
        Ok(Self { prefix: prefix.to_owned() })
    }

    /// The path of one of Drawbridge's own pages, such as `/login`, on the frontend's origin.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// What precedes the paths of Drawbridge's own pages; empty if they are at the root.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The part of a path below `PAGES_PATH`, such as `/login`; `None` if it lies elsewhere.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&self.prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for PagesPath {
    type Err = String;

    /// Parses the value of `PAGES_PATH`. The error is a reason that continues a sentence after the setting's name.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl fmt::Display for PagesPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.prefix.is_empty() { "/" } else { &self.prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::fixed;

    fn read(settings: &[(&'static str, &'static str)]) -> Result<String, String> {
        let environment = fixed(settings.iter().copied());
        let mut reader = Reader::new(&environment);
        let path = PagesPath::read(&mut reader);
        reader.finish(Some(path.to_string())).map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_default_leaves_the_root_to_an_application() {
        for (case, settings, expected) in [
            ("nothing set", &[][..], "/"),
            ("an application", &[("APP_URL", "http://localhost:3000")], "/auth"),
            ("a path", &[("PAGES_PATH", "/sign-in/")], "/sign-in"),
            ("the root", &[("PAGES_PATH", "/"), ("APP_URL", "http://app:3000")], "/"),
        ] {
            assert_eq!(read(settings).as_deref(), Ok(expected), "{case}");
        }
    }

    #[test]
    fn an_invalid_path_is_refused() {
        for path in ["auth", "//auth", "/a//b", "/../x", "/a b", "/a?b", "/%61", "https://a.example"] {
            let error = read(&[("PAGES_PATH", path)].map(|setting| setting)).unwrap_err();
            assert!(error.contains("such as /auth"), "{path}: {error}");
        }
    }

    #[test]
    fn only_whole_segments_are_below_the_path() {
        let path = PagesPath::parse("/auth").unwrap();

        assert_eq!(path.at("/login"), "/auth/login");
        for (public, expected) in
            [("/auth/login", Some("/login")), ("/auth", Some("")), ("/authors", None), ("/login", None)]
        {
            assert_eq!(path.strip(public), expected, "{public}");
        }
        assert_eq!(PagesPath::default().strip("/login"), Some("/login"));
    }
}
