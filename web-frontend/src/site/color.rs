use std::fmt;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color([u8; 3]);

impl Color {
    /// The contrast that text needs (WCAG 2.2, 1.4.3).
    pub(crate) const READABLE: f64 = 4.5;

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

    /// Reads a colour that can be read on these grounds.
    pub(super) fn parse_readable(text: &str, grounds: [Self; 2], theme: &str) -> Result<Self, String> {
        let color = Self::parse(text)
            .ok_or_else(|| format!("must be a colour such as #2f5bd7 (#rrggbb), not \"{text}\""))?;
        let contrast = color.least_contrast(grounds);
        if contrast < Self::READABLE {
            let than = if theme == "light" { "darker" } else { "lighter" };
            return Err(format!(
                "{text} has a contrast of {contrast:.1}:1 on the {theme} page, where text needs 4.5:1; take a {than} one"
            ));
        }
        Ok(color)
    }

    /// How well one can be read on the other, from 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    fn least_contrast(self, grounds: [Self; 2]) -> f64 {
        grounds.into_iter().map(|ground| self.contrast(ground)).fold(f64::INFINITY, f64::min)
    }

    /// Relative luminance (WCAG 2.2), from 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Black or white, whichever can be read better on it.
    pub(super) fn ink(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// As little lighter as it must be to be read on these grounds.
    pub(super) fn readable_on(self, grounds: [Self; 2]) -> Self {
        let lighter = (0..=u8::MAX).map(|by| Self(self.0.map(|part| part + share(u8::MAX - part, by))));
        let mut readable = lighter.filter(|color| color.least_contrast(grounds) >= Self::READABLE);
        readable.next().unwrap_or(Self::WHITE)
    }
}

/// So many 255ths of a part.
fn share(part: u8, by: u8) -> u8 {
    u8::try_from(u16::from(part) * u16::from(by) / 255).unwrap_or(u8::MAX)
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
    fn contrast_is_that_of_the_guidelines() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        let grey = Color::parse("#767676").unwrap();
        assert!((grey.contrast(Color::WHITE) - 4.54).abs() < 0.01, "{}", grey.contrast(Color::WHITE));
        assert_eq!(grey.to_string(), "#767676");
        assert_eq!(
            (Color::parse("767676"), Color::parse("#76767"), Color::parse("#+76767")),
            (None, None, None)
        );
        assert_eq!((Color::BLACK.ink(), Color::WHITE.ink()), (Color::WHITE, Color::BLACK));
    }
}
