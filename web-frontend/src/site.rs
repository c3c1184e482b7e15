//! The site's branding: its name, logo and colours.

mod color;
mod logo;

use std::fmt::Write;

pub(crate) use color::Color;
use color::Theme;
use drawbridge_core::settings::{Reader, Setting};
pub(crate) use logo::Logo;

const SITE_LOGO: Setting = Setting::new("SITE_LOGO", "The logo in front of the site's name.")
    .values("path of an SVG or PNG file of at most 64 KiB")
    .default("Drawbridge's logo in `SITE_COLOR`");
const SITE_COLOR: Setting =
    Setting::new("SITE_COLOR", "The accent colour of the light theme, readable as text.")
        .values("`#rrggbb` with a contrast of 4.5:1")
        .default("`#2f5bd7`");
const SITE_COLOR_DARK: Setting =
    Setting::new("SITE_COLOR_DARK", "The accent colour of the dark theme, readable as text.")
        .values("`#rrggbb` with a contrast of 4.5:1")
        .default("`SITE_COLOR`, lightened until it is readable, or `#8fadff`");

const LIGHT_THEME: Theme = Theme {
    name: "light",
    backgrounds: [Color::new(0xf5, 0xf6, 0xfa), Color::new(0xff, 0xff, 0xff)],
    remedy: "darker",
};
const DARK_THEME: Theme = Theme {
    name: "dark",
    backgrounds: [Color::new(0x10, 0x13, 0x1b), Color::new(0x19, 0x1d, 0x28)],
    remedy: "lighter",
};

const DEFAULT_ACCENT: Color = Color::new(0x2f, 0x5b, 0xd7);
const DEFAULT_ACCENT_DARK: Color = Color::new(0x8f, 0xad, 0xff);

/// The branding of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// `SITE_NAME`.
    pub name: String,
    /// `SITE_LOGO`.
    pub(crate) logo: Logo,
    accent: Color,
    accent_dark: Color,
}

impl Site {
    /// Reads `SITE_NAME`, `SITE_LOGO`, `SITE_COLOR` and `SITE_COLOR_DARK`.
    pub(crate) fn read(reader: &mut Reader) -> Self {
        let name = reader.site_name();
        let logo = reader.optional(SITE_LOGO, Logo::load);
        let color = reader.optional(SITE_COLOR, |text| Color::parse_readable(text, &LIGHT_THEME));
        let color_dark = reader.optional(SITE_COLOR_DARK, |text| Color::parse_readable(text, &DARK_THEME));
        Self::new(name, logo, color, color_dark)
    }

    fn new(name: String, logo: Option<Logo>, color: Option<Color>, color_dark: Option<Color>) -> Self {
        let accent = color.unwrap_or(DEFAULT_ACCENT);
        let derived_dark =
            color.map_or(DEFAULT_ACCENT_DARK, |color| color.lightened_for(DARK_THEME.backgrounds));
        Self {
            name,
            logo: logo.unwrap_or_else(|| Logo::drawbridge(accent)),
            accent,
            accent_dark: color_dark.unwrap_or(derived_dark),
        }
    }

    /// The colours as CSS custom properties, to be appended to the stylesheet.
    pub(crate) fn style(&self) -> String {
        let mut style = String::new();
        for (property, light, dark) in [
            ("--accent", self.accent, self.accent_dark),
            ("--on-accent", self.accent.text_color(), self.accent_dark.text_color()),
        ] {
            // Writing to a string cannot fail.
            let _ = write!(
                style,
                ":root{{{property}:{light}}}@media (prefers-color-scheme:dark){{:root{{{property}:{dark}}}}}"
            );
        }
        style + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(color: Option<Color>) -> Site {
        Site::new("Loom".into(), None, color, None)
    }

    fn is_readable(color: Color, theme: &Theme) -> bool {
        theme.backgrounds.iter().all(|background| color.contrast(*background) >= Color::MIN_CONTRAST)
    }

    #[test]
    fn the_dark_accent_is_derived_from_the_light_one() {
        let green = Color::parse_readable("#0b6b3a", &LIGHT_THEME).unwrap();

        let site = site(Some(green));

        let style = site.style();
        assert!(style.contains("--accent:#0b6b3a") && style.contains("--on-accent:#ffffff"), "{style}");
        assert!(style.contains("--on-accent:#000000"), "{style}");
        assert!(is_readable(site.accent_dark, &DARK_THEME));
    }

    #[test]
    fn the_default_accents_are_readable() {
        let site = site(None);

        assert_eq!((site.accent, site.accent_dark), (DEFAULT_ACCENT, DEFAULT_ACCENT_DARK));
        assert!(is_readable(site.accent, &LIGHT_THEME) && is_readable(site.accent_dark, &DARK_THEME));
    }

    #[test]
    fn unreadable_colours_are_refused() {
        let cases = [
            ("too light", "#ffcc00", &LIGHT_THEME, "4.5:1"),
            ("too dark", "#0b6b3a", &DARK_THEME, "4.5:1"),
            ("no colour", "green", &LIGHT_THEME, "#rrggbb"),
        ];

        for (case, text, theme, expected) in cases {
            let error = Color::parse_readable(text, theme).unwrap_err();
            assert!(error.contains(expected), "{case}: {error}");
        }
    }
}
