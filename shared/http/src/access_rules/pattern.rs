//! The path of a rule.

use std::fmt;

use super::{path, text::fold};

/// The path of a rule, such as `/private/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    /// As written, decoded. `None` is `*`.
    written: Vec<Option<String>>,
    /// The segments of `written`, folded for the comparison of guards.
    folded: Vec<Option<String>>,
    /// The folded path without `.html` and `index.html`: servers of static files answer under both names.
    page: Option<Vec<Option<String>>>,
    /// The letter or digit with which every path of this pattern begins, to skip most patterns quickly.
    initial: Option<u8>,
    /// Whether the pattern ends in `/*`, which covers everything below and the path itself.
    covers_below: bool,
}

/// How a path relates to a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// The pattern says nothing about the path.
    None,
    /// A framework or file system may serve what the pattern names, as Rails does for `/private.json`.
    Alias,
    /// The pattern names the path.
    Match,
}

/// Names under which servers answer for a folder: index pages, and data of the page in `SvelteKit`, Nuxt and Qwik.
const FOLDER_FILES: [&str; 5] = ["index", "default", "__data", "_payload", "q-data"];

/// Names of the page at the root: React Router's data, and Next.js's segments.
const ROOT_FILES: [&str; 1] = ["_root"];

/// The prefix of the files in which Next.js stores the segments of a page.
const NEXT_SEGMENT_PREFIX: &str = "__next.";

/// How many characters of a long name are in its short one on Windows.
const SHORT_NAME_CHARACTERS: usize = 6;

impl PathPattern {
    /// Parses a path. The error is a clause about the path.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut segments: Vec<&str> = path::segments(text).collect();
        let covers_below = segments.pop_if(|last| *last == "*").is_some();
        let written: Vec<_> = segments.into_iter().map(parse_segment).collect::<Result<_, _>>()?;
        let folded: Vec<_> = written
            .iter()
            .map(|segment| segment.as_deref().map(|text| fold(text).to_ascii_lowercase()))
            .collect();
        let page = if covers_below { None } else { page_of(&folded) };
        let initial = folded.first().and_then(|first| first.as_deref()?.bytes().next());
        let is_root_page = page.as_ref().is_some_and(Vec::is_empty);
        let initial = initial.filter(|byte| byte.is_ascii_alphanumeric() && !is_root_page);
        Ok(Self { written, folded, page, initial, covers_below })
    }

    /// Whether the pattern ends in `/*`.
    pub(super) fn covers_below(&self) -> bool {
        self.covers_below
    }

    /// Whether the pattern names a decoded path, with the same case.
    pub(super) fn is_exactly(&self, path: &str) -> bool {
        let mut found = path::segments(path);
        let is_equal = self.written.iter().all(|expected| {
            found.next().is_some_and(|segment| match expected {
                Some(expected) => segment == expected,
                None => !segment.is_empty(),
            })
        });
        is_equal && (self.covers_below || found.next().is_none())
    }

    /// How a decoded path relates to the pattern, whatever its case. `folded` is folded already, except that ASCII
    /// letters may be upper case.
    pub(super) fn likeness(&self, folded: &str) -> Likeness {
        let initial = folded.as_bytes().get(1).filter(|byte| byte.is_ascii_alphanumeric());
        if let (Some(own), Some(initial)) = (self.initial, initial)
            && own != initial.to_ascii_lowercase()
        {
            return Likeness::None;
        }
        let likeness = compare(&self.folded, self.covers_below, folded);
        let page = self.page.as_deref();
        match (likeness, page) {
            (Likeness::None, Some(page)) => compare(page, false, folded).min(Likeness::Alias),
            _ => likeness,
        }
    }

    /// Whether every path of `other` is one of this pattern.
    pub(super) fn covers(&self, other: &Self, is_exact: bool) -> bool {
        let (own, others) =
            if is_exact { (&self.written, &other.written) } else { (&self.folded, &other.folded) };
        let has_length = if self.covers_below {
            own.len() <= others.len()
        } else {
            own.len() == others.len() && !other.covers_below
        };
        has_length && own.iter().zip(others).all(|(own, other)| own.is_none() || own == other)
    }
}

/// The page that servers of static files know by the name of an HTML file.
fn page_of(folded: &[Option<String>]) -> Option<Vec<Option<String>>> {
    let (last, parents) = folded.split_last()?;
    let last = last.as_deref()?;
    let stem = last.strip_suffix(".html").or_else(|| last.strip_suffix(".htm")).unwrap_or(last);
    let is_index = FOLDER_FILES.contains(&stem);
    let mut page = parents.to_vec();
    if !is_index {
        page.push(Some(stem.to_owned()));
    }
    (is_index || stem != last).then_some(page)
}

fn parse_segment(text: &str) -> Result<Option<String>, String> {
    if text == "*" {
        return Ok(None);
    }
    if text.contains('*') {
        return Err(format!("* replaces a whole segment, so \"{text}\" must be a name or *"));
    }
    match path::parse_plain_segment(text) {
        Some(segment) => Ok(Some(segment)),
        None => Err(format!(
            "the segment \"{text}\" is empty, a dot segment, or contains a character with a special meaning"
        )),
    }
}

fn compare(expected: &[Option<String>], covers_below: bool, folded: &str) -> Likeness {
    let mut likeness = Likeness::Match;
    let mut found = path::segments(folded).peekable();
    let mut expected = expected.iter().peekable();
    let is_root = expected.peek().is_none();
    while let Some(name) = expected.next() {
        let Some(segment) = found.next() else { return Likeness::None };
        match name {
            None if segment.is_empty() => return Likeness::None,
            None => {}
            Some(name) if segment.eq_ignore_ascii_case(name) => {}
            Some(name) if is_same_file(segment, name) => likeness = Likeness::Alias,
            Some(name) => {
                let is_last = expected.peek().is_none() && found.peek().is_none();
                let is_alias = is_last && has_extension(segment, name);
                return if is_alias { Likeness::Alias } else { Likeness::None };
            }
        }
    }
    match found.next() {
        None => likeness,
        Some(_) if covers_below => likeness,
        Some(segment) if found.next().is_none() && is_folder_file(segment, is_root) => Likeness::Alias,
        Some(_) => Likeness::None,
    }
}

/// Whether the segment is the name and an extension, such as Rails's `private.json`.
fn has_extension(segment: &str, name: &str) -> bool {
    let parts = segment.split_at_checked(name.len());
    parts.is_some_and(|(stem, rest)| stem.eq_ignore_ascii_case(name) && rest.starts_with('.'))
}

fn is_folder_file(segment: &str, is_root: bool) -> bool {
    let stem = segment.split_once('.').map_or(segment, |(stem, _)| stem);
    let is_named = |names: &[&str]| names.iter().any(|name| stem.eq_ignore_ascii_case(name));
    let is_next_segment = segment
        .get(..NEXT_SEGMENT_PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(NEXT_SEGMENT_PREFIX));
    is_named(&FOLDER_FILES) || is_root && is_named(&ROOT_FILES) || is_next_segment
}

/// Whether Windows opens the same file or folder by both names: it ignores dots and spaces at the end and the name of
/// the default stream, and knows long names by short ones. Some frameworks and databases ignore spaces, too.
fn is_same_file(segment: &str, name: &str) -> bool {
    let file = path::without_stream(segment).trim().trim_end_matches(['.', ' ']);
    file.eq_ignore_ascii_case(name) || is_short_name(file, name)
}

/// Whether the segment can be the short name of a file, such as `CONFID~1` of `confidential`.
fn is_short_name(segment: &str, name: &str) -> bool {
    let Some((start, number)) = segment.split_once('~') else { return false };
    if !number.starts_with(|character: char| character.is_ascii_digit()) {
        return false;
    }
    let mut letters = name.chars().filter(|character| !matches!(character, '.' | ' ')).map(short_name_letter);
    let mut shared = 0;
    let is_prefix = start.chars().all(|character| {
        shared += 1;
        letters.next() == Some(character.to_ascii_lowercase())
    });
    // After a few collisions, Windows keeps two letters and adds a hash of four digits.
    let hash = start.char_indices().nth(2).and_then(|(end, _)| start.split_at_checked(end));
    let is_hashed = hash.is_some_and(|(letters, hash)| {
        hash.len() == 4
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && name.get(..2).is_some_and(|name| name.eq_ignore_ascii_case(letters))
    });
    is_prefix && (1..=SHORT_NAME_CHARACTERS).contains(&shared) || is_hashed
}

/// The character in a short name: those that short names cannot contain become `_`.
fn short_name_letter(character: char) -> char {
    if matches!(character, '+' | ',' | ';' | '=' | '[' | ']') { '_' } else { character }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.written {
            f.write_str("/")?;
            match segment {
                Some(segment) => path::write_encoded(f, segment)?,
                None => f.write_str("*")?,
            }
        }
        match (self.covers_below, self.written.is_empty()) {
            (true, _) => f.write_str("/*"),
            (false, true) => f.write_str("/"),
            (false, false) => Ok(()),
        }
    }
}
