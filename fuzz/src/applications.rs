//! How applications read the path of a request before they look for the page.
//!
//! Each reader follows one kind of program. They share no code with the access rules, so that a mistake there does not
//! repeat here.

use icu_normalizer::ComposingNormalizerBorrowed;
use percent_encoding::percent_decode_str;
use url::Url;

/// Reads a path as one program does; `None` if the program refuses it.
pub type Reader = fn(&str) -> Option<String>;

/// The programs, with the name that a failure shows.
pub const READERS: [(&str, Reader); 14] = [
    ("a program that decodes nothing", |path| Some(path.to_owned())),
    ("Express", express),
    ("Rails", rails),
    ("a servlet container", servlet),
    ("nginx", nginx),
    ("a WHATWG URL", whatwg),
    ("Go", go),
    ("a program in C", c),
    ("IIS", iis),
    ("a program that decodes twice", twice),
    ("a lenient decoder of UTF-8", lenient),
    ("a program that reads Latin-1", latin_1),
    ("a program that normalizes Unicode", unicode),
    ("a front controller", front_controller),
];

/// Express compares the path as it is and looks at what follows `?` and `#` separately.
fn express(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next()?;
    let rest =
        path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("/", |start| &rest[start..]));
    Some(rest.to_owned())
}

/// Rails squeezes slashes, removes the last one, and decodes each segment.
fn rails(path: &str) -> Option<String> {
    let squeezed = segments(path).join("/");
    percent_decode_str(&format!("/{squeezed}")).decode_utf8().ok().map(Into::into)
}

/// Tomcat removes `;parameters`, decodes once, and then resolves the path.
fn servlet(path: &str) -> Option<String> {
    let without: Vec<&str> =
        path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    let decoded = percent_decode_str(&without.join("/")).decode_utf8().ok()?.replace('\\', "/");
    Some(resolve(&decoded))
}

fn nginx(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next()?;
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    (path.starts_with('/') && !decoded.contains('\0')).then(|| resolve(&decoded))
}

/// JavaScript's `new URL(request.url, base)` and `decodeURI`.
fn whatwg(path: &str) -> Option<String> {
    let url = Url::parse("http://application").ok()?.join(path).ok()?;
    percent_decode_str(url.path()).decode_utf8().ok().map(Into::into)
}

/// Go decodes the path, and `ServeMux` cleans it.
fn go(path: &str) -> Option<String> {
    Some(resolve(&String::from_utf8_lossy(&strict_decode(path)?)))
}

/// Strings in C end at a NUL.
fn c(path: &str) -> Option<String> {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let text = decoded.split(|byte| *byte == 0).next()?;
    Some(resolve(&String::from_utf8_lossy(text)))
}

/// Windows: `%u0041`, backslashes, and dots and spaces at the end of names.
fn iis(path: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let digits = after.strip_prefix(['u', 'U']).and_then(|after| after.get(..4));
        let character =
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match character.filter(|_| !digits.is_some_and(|digits| digits.starts_with('+'))) {
            Some(character) => decoded.push(character),
            None => decoded.push('%'),
        }
        rest = if character.is_some() { &after[5..] } else { after };
    }
    decoded.push_str(rest);
    let decoded = percent_decode_str(&decoded).decode_utf8_lossy().replace('\\', "/");
    let names: Vec<&str> = decoded
        .split('/')
        .map(|name| if matches!(name, "." | "..") { name } else { name.trim_end_matches(['.', ' ']) })
        .collect();
    Some(resolve(&names.join("/")))
}

/// A proxy that decodes, and an application behind it that decodes again.
fn twice(path: &str) -> Option<String> {
    let once: String = percent_decode_str(path).decode_utf8().ok()?.into();
    Some(resolve(&percent_decode_str(&once).decode_utf8_lossy()))
}

/// Accepts sequences of two bytes for ASCII characters, and drops what is invalid.
fn lenient(path: &str) -> Option<String> {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let mut text = Vec::new();
    let mut index = 0;
    while let Some(byte) = decoded.get(index) {
        match (byte, decoded.get(index + 1)) {
            (0xc0 | 0xc1, Some(next @ 0x80..=0xbf)) => {
                text.push((byte & 1) << 6 | next & 0x3f);
                index += 1;
            }
            _ => text.push(*byte),
        }
        index += 1;
    }
    let valid: String = text.utf8_chunks().map(|chunk| chunk.valid()).collect();
    Some(resolve(&valid))
}

fn latin_1(path: &str) -> Option<String> {
    let text: String = percent_decode_str(path).map(char::from).collect();
    Some(resolve(&text))
}

fn unicode(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    Some(resolve(&ComposingNormalizerBorrowed::new_nfkc().normalize(&decoded)))
}

/// PHP serves `/private` for `/index.php/private`.
fn front_controller(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let (_, rest) = decoded.split_once(".php/")?;
    Some(resolve(&format!("/{rest}")))
}

/// Decodes escapes as Go does, which refuses an invalid one.
fn strict_decode(path: &str) -> Option<Vec<u8>> {
    let is_valid =
        |rest: &str| rest.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    path.split('%').skip(1).all(is_valid).then(|| percent_decode_str(path).collect())
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// Collapses slashes and resolves dot segments.
fn resolve(path: &str) -> String {
    let mut resolved = Vec::new();
    for segment in segments(path) {
        match segment {
            "." => {}
            ".." => drop(resolved.pop()),
            _ => resolved.push(segment),
        }
    }
    format!("/{}", resolved.join("/"))
}

/// The page whose data or image a Next.js application serves for a request; `None` if it is a page itself.
pub fn next_page(path: &str, query: &str) -> Option<String> {
    let path = whatwg(path)?;
    if path.trim_end_matches('/') == "/_next/image" {
        let (_, source) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "url")?;
        return whatwg(&source);
    }
    if let Some(rest) = path.strip_prefix("/_next/data/") {
        let page = rest.split_once('/')?.1.strip_suffix(".json")?;
        return Some(if page == "index" { "/".to_owned() } else { format!("/{page}") });
    }
    let stem = [".rsc", ".prefetch.rsc", ".txt"].iter().rev().find_map(|suffix| path.strip_suffix(suffix));
    let page = stem.or_else(|| path.split_once(".segments/").map(|(page, _)| page))?;
    Some(if page == "/index" { "/".to_owned() } else { page.to_owned() })
}
