use std::fs;

use super::Color;

/// The largest logo that is taken, in bytes: every page shows it.
const LARGEST: usize = 64 * 1024;

/// A picture that stands before the site's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logo {
    pub(crate) content: Vec<u8>,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Svg,
    Png,
}

impl Kind {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
        }
    }

    /// The file's name on the wire.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Svg => "logo.svg",
            Self::Png => "logo.png",
        }
    }
}

impl Logo {
    /// Drawbridge's own, in this colour.
    pub(super) fn own(accent: Color) -> Self {
        let drawing = include_str!("../../assets/drawbridge.svg");
        let content = drawing.replace("#2f5bd7", &accent.to_string()).into_bytes();
        Self { content, kind: Kind::Svg }
    }

    /// Reads the file at `path`.
    pub(crate) fn read(path: &str) -> Result<Self, String> {
        let content =
            fs::read(path).map_err(|error| format!("names {path}, which cannot be read: {error}"))?;
        if content.len() > LARGEST {
            let (size, most) = (content.len().div_ceil(1024), LARGEST / 1024);
            return Err(format!("names {path}, which has {size} KiB; take a picture of at most {most} KiB"));
        }
        let kind = kind(&content)
            .ok_or_else(|| format!("names {path}, which is neither an SVG nor a PNG picture"))?;
        Ok(Self { content, kind })
    }
}

fn kind(content: &[u8]) -> Option<Kind> {
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Kind::Png);
    }
    let text = str::from_utf8(content).ok()?.trim_start_matches('\u{feff}').trim_start();
    (text.starts_with('<') && text.contains("<svg")).then_some(Kind::Svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_by_what_is_in_it() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n..."), Some(Kind::Png));
        assert_eq!(kind(b"<?xml version=\"1.0\"?>\n<svg/>"), Some(Kind::Svg));
        assert_eq!((kind(b"<html></html>"), kind(b"GIF89a"), kind(b"")), (None, None, None));
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("large.svg");
        fs::write(&path, format!("<svg>{}</svg>", " ".repeat(LARGEST))).unwrap();
        let path = path.display().to_string();
        assert!(Logo::read(&path).unwrap_err().contains("64 KiB"));
        assert!(Logo::read("/nowhere/logo.png").unwrap_err().contains("cannot be read"));
    }
}
