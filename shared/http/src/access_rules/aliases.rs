//! Other names of a page, which frameworks document.

use super::{escapes::join, next_paths, path::segments};

/// Extensions of programs that receive the rest of the path: `/index.php/private` serves `/private`.
const PROGRAM_EXTENSIONS: [&str; 17] = [
    "php", "php5", "php7", "php8", "phtml", "cgi", "fcgi", "pl", "py", "rb", "wsgi", "asp", "aspx", "ashx",
    "jsp", "dll", "exe",
];

/// How many aliases a path may have, which bounds the time for a request.
const MAX_ALIASES: usize = 24;

/// The other names of what a decoded path names; `None` if there are too many. Usually none, without an allocation.
pub(super) fn aliases(path: &str, has_next_paths: bool) -> Option<Vec<String>> {
    let mut found = direct_aliases(path, has_next_paths)?;
    let mut next = 0;
    while let Some(alias) = found.get(next) {
        for further in direct_aliases(alias, has_next_paths)? {
            if further != path && !found.contains(&further) {
                found.push(further);
            }
        }
        next += 1;
        if found.len() > MAX_ALIASES {
            return None;
        }
    }
    Some(found)
}

/// What a decoded path is an alias of, in one step; `None` if there are too many.
pub(super) fn direct_aliases(path: &str, has_next_paths: bool) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let has_marks = path.bytes().any(|byte| matches!(byte, b'.' | b'('));
    if !(has_marks || has_next_paths && next_paths::may_have_aliases(path)) {
        return Some(found);
    }
    for (index, segment) in segments(path).enumerate() {
        if is_program(segment) {
            found.push(join(segments(path).take(index + 1)));
            found.push(join(segments(path).take(index).chain(segments(path).skip(index + 1))));
            if index > 0 {
                // A server may rewrite the paths of the root to a program in a folder.
                found.push(join(segments(path).skip(index + 1)));
            }
        }
        if is_cookieless_ticket(segment) {
            found.push(join(segments(path).take(index).chain(segments(path).skip(index + 1))));
        }
        if has_next_paths {
            next_paths::add_aliases(path, index, segment, &mut found);
        }
        if found.len() > MAX_ALIASES {
            return None;
        }
    }
    Some(found)
}

fn is_program(segment: &str) -> bool {
    let extension = segment.rsplit_once('.').map(|(_, extension)| extension);
    extension
        .is_some_and(|extension| PROGRAM_EXTENSIONS.iter().any(|own| own.eq_ignore_ascii_case(extension)))
}

/// Whether ASP.NET removes the segment: `/(S(…))/private` serves `/private` with the session in the parentheses.
fn is_cookieless_ticket(segment: &str) -> bool {
    let inner = segment.strip_prefix('(').and_then(|rest| rest.strip_suffix("))"));
    let mut start = inner.unwrap_or_default().chars();
    start.next().is_some_and(|character| character.is_ascii_alphabetic()) && start.next() == Some('(')
}
