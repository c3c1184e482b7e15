//! The file that declares all frontends.

use std::{fs, path::Path};

use anyhow::{Context, anyhow, ensure};
use auth_service::domain::{Frontend, FrontendOrigin};
use drawbridge_core::audience::Audience;
use drawbridge_http::JsonObject;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclarationFile {
    frontends: Vec<JsonObject<FrontendDeclaration>>,
}

/// A frontend as written in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontendDeclaration {
    name: String,
    origins: Vec<String>,
    #[serde(default)]
    development: Vec<String>,
    #[serde(default)]
    previews: Vec<String>,
    #[serde(default)]
    audiences: Vec<String>,
    session_audience: Option<String>,
    address_header: Option<String>,
}

/// Reads the declared frontends.
///
/// # Errors
/// The file cannot be read, or a value is invalid. Names the first invalid value with its frontend and field.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Frontend>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{} is not valid", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Vec<Frontend>> {
    ensure!(
        !text.trim_start().starts_with('['),
        "the file contains a list, but must contain an object with the list in it: {{\"frontends\": […]}}"
    );
    let JsonObject(file) = serde_json::from_str::<JsonObject<DeclarationFile>>(text)?;
    file.frontends.into_iter().map(|JsonObject(declaration)| declaration.parse()).collect()
}

impl FrontendDeclaration {
    fn parse(self) -> anyhow::Result<Frontend> {
        let Self { name, origins, development, previews, audiences, session_audience, address_header } = self;
        ensure!(!origins.is_empty(), "{name}: origins must not be empty");
        let sites = parse_all(&name, "origins", &origins, FrontendOrigin::parse_site)?;
        let development = parse_all(&name, "development", &development, FrontendOrigin::parse_development)?;
        let patterns = parse_all(&name, "previews", &previews, FrontendOrigin::parse_pattern)?;
        let mut audiences: Vec<Audience> = parse_all(&name, "audiences", &audiences, str::parse)?;
        audiences.sort_unstable();
        audiences.dedup();
        let session_audience = session_audience.as_deref();
        let session_audience = parse_optional(&name, "session_audience", session_audience)?;
        let address_header = parse_optional(&name, "address_header", address_header.as_deref())?;
        Ok(Frontend {
            name: parse_value(&name, "name", &name, str::parse)?,
            origins: sites.into_iter().chain(development).chain(patterns).collect(),
            audiences,
            session_audience,
            address_header,
        })
    }
}

fn parse_all<T>(
    frontend: &str,
    field: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, String>,
) -> anyhow::Result<Vec<T>> {
    texts.iter().map(|text| parse_value(frontend, field, text, &parse)).collect()
}

fn parse_optional<T: std::str::FromStr<Err = String>>(
    frontend: &str,
    field: &str,
    text: Option<&str>,
) -> anyhow::Result<Option<T>> {
    text.map(|text| parse_value(frontend, field, text, str::parse)).transpose()
}

fn parse_value<T>(
    frontend: &str,
    field: &str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> anyhow::Result<T> {
    parse(text).map_err(|reason| anyhow!("{frontend}: {field}: \"{text}\" {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_has_every_field_of_a_frontend() {
        let text = r#"{"frontends": [
            {
                "name": "shop",
                "origins": ["https://shop.example.com"],
                "development": ["http://localhost:3000"],
                "previews": ["*.preview.example.com"],
                "audiences": ["orders", "stock", "orders"],
                "session_audience": "shop",
                "address_header": "X-Real-IP"
            },
            {"name": "blog", "origins": ["https://blog.example.com"]}
        ]}"#;

        let frontends = parse(text).unwrap();

        let lines: Vec<_> = frontends[0].declared_lines().into_iter().collect();
        let expected = [
            "address header x-real-ip",
            "audience orders",
            "audience stock",
            "development http://localhost:3000",
            "pattern https://*.preview.example.com",
            "session audience shop",
            "site https://shop.example.com",
        ];
        assert_eq!(lines, expected);
        assert_eq!(frontends[0].audiences.len(), 2);
        assert_eq!(frontends[1].declared_lines().len(), 1);
    }

    #[test]
    fn an_invalid_value_is_named() {
        for (case, text, expected) in [
            ("not JSON", "shop", "expected value"),
            ("an empty list", "[]", r#"must contain an object with the list in it: {"frontends": […]}"#),
            ("a list of frontends", r#" [{"name": "shop"}]"#, "the file contains a list"),
            ("no list of frontends", "{}", "missing field `frontends`"),
            ("a list as a frontend", r#"{"frontends": [["shop", []]]}"#, "expected an object"),
            ("an unknown field", r#"{"frontends": [], "version": 1}"#, "unknown field"),
            ("a missing field", r#"{"frontends": [{"name": "shop"}]}"#, "missing field `origins`"),
            (
                "no origin",
                r#"{"frontends": [{"name": "shop", "origins": []}]}"#,
                "shop: origins must not be empty",
            ),
            (
                "an invalid name",
                r#"{"frontends": [{"name": "Shop", "origins": ["https://a.example"]}]}"#,
                "Shop: name: \"Shop\" must be 1 to 40",
            ),
            (
                "an origin over plain http",
                r#"{"frontends": [{"name": "shop", "origins": ["http://a.example"]}]}"#,
                "shop: origins: \"http://a.example\" is http://a.example",
            ),
            (
                "a pattern below a public suffix",
                r#"{"frontends": [{"name": "shop", "origins": ["https://a.example"], "previews": ["*.vercel.app"]}]}"#,
                "shop: previews: \"*.vercel.app\" would match hosts of other people",
            ),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());

            assert!(error.contains(expected), "{case}: {error}");
        }
    }
}
