use std::fmt;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color([u8; 3]);

impl Color {
    /// The minimum contrast ratio of text (WCAG 2.2, 1.4.3).
    pub(crate) const MIN_CONTRAST: f64 = 4.5;

    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([0xff; 3]);

    pub(crate) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// Parses a colour that is readable on the backgrounds of a theme.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the setting.
    pub(super) fn parse_readable(text: &str, theme: &Theme) -> Result<Self, String> {
        let color = Self::parse(text)
            .ok_or_else(|| format!("must be a colour such as #2f5bd7 (#rrggbb), not \"{text}\""))?;
        let contrast = color.min_contrast(theme.backgrounds);
        if contrast < Self::MIN_CONTRAST {
            let Theme { name, remedy, .. } = theme;
            return Err(format!(
                "{text} has a contrast of {contrast:.1}:1 on the {name} theme, but text needs 4.5:1; choose a \
                 {remedy} colour"
            ));
        }
        Ok(color)
    }

    /// The contrast ratio of two colours, from 1 to 21 (WCAG 2.2).
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    fn min_contrast(self, backgrounds: [Self; 2]) -> f64 {
        backgrounds.into_iter().map(|background| self.contrast(background)).fold(f64::INFINITY, f64::min)
    }

    /// The relative luminance, from 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Black or white, whichever is more readable on this colour.
    pub(super) fn text_color(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// The colour, lightened only as far as needed to be readable on these backgrounds.
    pub(super) fn lightened_for(self, backgrounds: [Self; 2]) -> Self {
        let lighter = (0..=u8::MAX).map(|amount| Self(self.0.map(|channel| lighten(channel, amount))));
        let mut readable = lighter.filter(|color| color.min_contrast(backgrounds) >= Self::MIN_CONTRAST);
        readable.next().unwrap_or(Self::WHITE)
    }
}

/// The backgrounds on which an accent colour must be readable.
pub(super) struct Theme {
    /// `light` or `dark`.
    pub(super) name: &'static str,
    /// The background of the page and that of a card.
    pub(super) backgrounds: [Color; 2],
    /// How a colour with too little contrast has to change: `darker` or `lighter`.
    pub(super) remedy: &'static str,
}

/// Moves a channel by `amount` 255ths of its distance to white.
fn lighten(channel: u8, amount: u8) -> u8 {
    let added = u16::from(u8::MAX - channel) * u16::from(amount) / 255;
    channel.saturating_add(u8::try_from(added).unwrap_or(u8::MAX))
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_follows_wcag() {
        let grey = Color::parse("#767676").unwrap();

        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        assert!((grey.contrast(Color::WHITE) - 4.54).abs() < 0.01, "{}", grey.contrast(Color::WHITE));
    }

    #[test]
    fn colours_are_written_as_they_are_read() {
        assert_eq!(Color::parse("#767676").unwrap().to_string(), "#767676");
        for text in ["767676", "#76767", "#+76767"] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn text_is_black_or_white() {
        assert_eq!(Color::BLACK.text_color(), Color::WHITE);
        assert_eq!(Color::WHITE.text_color(), Color::BLACK);
    }
}
