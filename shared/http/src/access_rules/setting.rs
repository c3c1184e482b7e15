//! `GUARDED_PATHS`.

use drawbridge_core::settings::{Reader, Setting};

use super::{AccessRules, AppKind};

const GUARDED_PATHS: Setting = Setting::new(
    "GUARDED_PATHS",
    "Who may see which paths, in order; the first rule that matches decides, and other paths are public. See \
     [access rules](access-rules.md).",
)
.values(
    "`[METHOD ][host]/path[=public|signed-in|role:NAME|second-factor]`, separated by commas or line feeds",
)
.default("none");

impl AccessRules {
    /// Reads `GUARDED_PATHS` and `APP_KIND`.
    pub fn read(reader: &mut Reader) -> Self {
        let kind = AppKind::read(reader);
        Self::read_for(reader, kind)
    }

    /// Reads `GUARDED_PATHS` for an application of this kind. If the kind is unknown, the names of Next.js are guarded,
    /// too.
    pub fn read_for(reader: &mut Reader, kind: Option<AppKind>) -> Self {
        let rules = reader.optional(GUARDED_PATHS, Self::parse).unwrap_or_default();
        match kind {
            Some(AppKind::Other) => rules,
            Some(AppKind::Next) | None => rules.with_next_paths(),
        }
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

    #[test]
    fn names_of_next_are_guarded_unless_there_is_none() {
        for (kind, expected) in [("", true), ("next", true), ("other", false)] {
            let environment = fixed([("GUARDED_PATHS", "/private/*"), ("APP_KIND", kind)]);

            let rules = AccessRules::read(&mut Reader::new(&environment));

            assert_eq!(rules.has_next_paths, expected, "{kind:?}");
        }
    }

    #[test]
    fn an_unknown_kind_names_the_known_ones() {
        let environment = fixed([("APP_KIND", "rails")]);
        let mut reader = Reader::new(&environment);
        AccessRules::read(&mut reader);

        let error = reader.finish(Some(())).unwrap_err().to_string();

        assert!(error.contains("APP_KIND must be next or other, not \"rails\""), "{error}");
    }
}
