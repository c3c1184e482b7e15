//! `GUARDED_PATHS` and `APP_KIND`.

use drawbridge_core::settings::{Reader, Setting};

use super::AccessRules;

const GUARDED_PATHS: Setting = Setting::new(
    "GUARDED_PATHS",
    "Who may see which paths, in order; the first rule that matches decides, and other paths are public. See \
     [access rules](access-rules.md).",
)
.values(
    "`[METHOD ][host]/path[=public|signed-in|role:NAME|second-factor]`, separated by commas or line feeds",
)
.default("none");

const APP_KIND: Setting = Setting::new(
    "APP_KIND",
    "What the application is built with. Next.js serves the data and images of a page under further names, which are \
     guarded like the page unless this is `other`.",
)
.values("`next` or `other`")
.default("`next`, which does no harm elsewhere");

impl AccessRules {
    /// Reads `GUARDED_PATHS` and `APP_KIND`.
    pub fn read(reader: &mut Reader) -> Self {
        let rules = reader.optional(GUARDED_PATHS, Self::parse).unwrap_or_default();
        let parse_kind = |text: &str| match text {
            "next" => Ok(true),
            "other" => Ok(false),
            _ => Err(format!("must be next or other, not \"{text}\"")),
        };
        let has_next_paths = reader.optional(APP_KIND, parse_kind).unwrap_or(true);
        if has_next_paths { rules.with_next_paths() } else { rules }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::settings::fixed;

    use super::*;

    fn read(value: &str) -> Result<String, String> {
        let environment = fixed([("GUARDED_PATHS", value)]);
        let mut reader = Reader::new(&environment);
        let rules = AccessRules::read(&mut reader);
        reader.finish(Some(rules.to_string())).map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_setting_lists_rules() {
        assert_eq!(read(""), Ok(String::new()));
        assert_eq!(read("/a=public,\n/b"), Ok("/a=public, /b=signed-in".to_owned()));
    }

    #[test]
    fn an_invalid_rule_names_the_setting() {
        let error = read("private/*").unwrap_err();

        assert!(error.contains("GUARDED_PATHS has the invalid rule \"private/*\": "), "{error}");
    }
}
