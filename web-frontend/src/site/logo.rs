use std::fs;

use super::Color;

/// The maximum size of a logo, in bytes. Every page shows the logo, so it must be small.
const LOGO_MAX_BYTES: usize = 64 * 1024;

/// The accent colour in `drawbridge.svg`.
const SVG_ACCENT: &str = "#2f5bd7";

/// The picture in front of the site's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logo {
    pub(crate) content: Vec<u8>,
    pub(crate) format: LogoFormat,
}

/// The file format of a logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogoFormat {
    Svg,
    Png,
}

impl LogoFormat {
    /// Recognizes the format from the content.
    fn detect(content: &[u8]) -> Option<Self> {
        if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        let text = str::from_utf8(content).ok()?.trim_start_matches('\u{feff}').trim_start();
        (text.starts_with('<') && text.contains("<svg")).then_some(Self::Svg)
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
        }
    }

    /// The file name in the logo's URL.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Svg => "logo.svg",
            Self::Png => "logo.png",
        }
    }
}

impl Logo {
    /// The logo of Drawbridge in this colour.
    pub(super) fn drawbridge(accent: Color) -> Self {
        let svg = include_str!("../../assets/drawbridge.svg");
        let content = svg.replace(SVG_ACCENT, &accent.to_string()).into_bytes();
        Self { content, format: LogoFormat::Svg }
    }

    /// Loads a logo from a file.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the setting.
    pub(crate) fn load(path: &str) -> Result<Self, String> {
        let content =
            fs::read(path).map_err(|error| format!("names {path}, which cannot be read: {error}"))?;
        if content.len() > LOGO_MAX_BYTES {
            let size_kib = content.len().div_ceil(1024);
            let max_kib = LOGO_MAX_BYTES / 1024;
            return Err(format!("names {path}, which has {size_kib} KiB; the maximum is {max_kib} KiB"));
        }
        let format = LogoFormat::detect(&content)
            .ok_or_else(|| format!("names {path}, which is neither an SVG nor a PNG file"))?;
        Ok(Self { content, format })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_recognized_by_the_content() {
        let cases: [(&[u8], Option<LogoFormat>); 5] = [
            (b"\x89PNG\r\n\x1a\n...", Some(LogoFormat::Png)),
            (b"<?xml version=\"1.0\"?>\n<svg/>", Some(LogoFormat::Svg)),
            (b"<html></html>", None),
            (b"GIF89a", None),
            (b"", None),
        ];

        for (content, expected) in cases {
            assert_eq!(LogoFormat::detect(content), expected, "{}", String::from_utf8_lossy(content));
        }
    }

    #[test]
    fn a_large_logo_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("large.svg");
        fs::write(&path, format!("<svg>{}</svg>", " ".repeat(LOGO_MAX_BYTES))).unwrap();

        let error = Logo::load(path.to_str().unwrap()).unwrap_err();

        assert!(error.contains("64 KiB"), "{error}");
    }

    #[test]
    fn a_missing_logo_is_refused() {
        let error = Logo::load("/nowhere/logo.png").unwrap_err();

        assert!(error.contains("cannot be read"), "{error}");
    }
}
