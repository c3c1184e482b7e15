//! Whose site this is: its name, its logo and its colours, as people see them.

mod color;
mod logo;

use std::fmt::Write;

pub(crate) use color::Color;
pub(crate) use logo::Logo;

/// The ground of a page and that of a card, on both of which the accent must be readable.
const LIGHT: [Color; 2] = [Color::new(0xf5, 0xf6, 0xfa), Color::new(0xff, 0xff, 0xff)];
const DARK: [Color; 2] = [Color::new(0x10, 0x13, 0x1b), Color::new(0x19, 0x1d, 0x28)];

/// What the accent is unless set, by day and by night.
const ACCENT: Color = Color::new(0x2f, 0x5b, 0xd7);
const ACCENT_DARK: Color = Color::new(0x8f, 0xad, 0xff);

/// `SITE_NAME`, `SITE_LOGO`, `SITE_COLOR`, `SITE_COLOR_DARK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// What the site calls itself.
    pub name: String,
    /// The logo; Drawbridge's own in the site's colour unless set.
    pub(crate) logo: Logo,
    accent: Color,
    accent_dark: Color,
}

impl Site {
    /// A site's settings; its own colour is made lighter for the night unless that is set, too.
    pub(crate) fn new(name: String, logo: Option<Logo>, color: Option<Color>, dark: Option<Color>) -> Self {
        let accent = color.unwrap_or(ACCENT);
        let accent_dark = dark.unwrap_or_else(|| color.map_or(ACCENT_DARK, |color| color.readable_on(DARK)));
        Self { name, logo: logo.unwrap_or_else(|| Logo::own(accent)), accent, accent_dark }
    }

    /// Reads the colour of the day.
    pub(crate) fn parse_color(text: &str) -> Result<Color, String> {
        Color::parse_readable(text, LIGHT, "light")
    }

    /// Reads the colour of the night.
    pub(crate) fn parse_color_dark(text: &str) -> Result<Color, String> {
        Color::parse_readable(text, DARK, "dark")
    }

    /// The colours as custom properties, to stand before the stylesheet.
    pub(crate) fn style(&self) -> String {
        let mut style = String::new();
        for (property, light, dark) in [
            ("--accent", self.accent, self.accent_dark),
            ("--on-accent", self.accent.ink(), self.accent_dark.ink()),
        ] {
            // Writing to a text does not fail.
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

    #[test]
    fn a_site_may_choose_its_colour_and_has_one_for_the_night() {
        let green = Site::parse_color("#0b6b3a").unwrap();
        let site = Site::new("Loom".into(), None, Some(green), None);
        assert!(site.style().contains("--accent:#0b6b3a") && site.style().contains("--on-accent:#ffffff"));
        assert!(DARK.iter().all(|ground| site.accent_dark.contrast(*ground) >= Color::READABLE));
        assert!(site.style().contains("--on-accent:#000000"));
        let own = Site::new("Loom".into(), None, None, None);
        assert_eq!((own.accent, own.accent_dark), (ACCENT, ACCENT_DARK));
        assert!(LIGHT.iter().all(|ground| ACCENT.contrast(*ground) >= Color::READABLE));
    }

    #[test]
    fn what_nobody_could_read_is_refused() {
        assert!(Site::parse_color("#ffcc00").unwrap_err().contains("4.5:1"));
        assert!(Site::parse_color_dark("#0b6b3a").unwrap_err().contains("4.5:1"));
        assert!(Site::parse_color("green").unwrap_err().contains("#rrggbb"));
    }
}
