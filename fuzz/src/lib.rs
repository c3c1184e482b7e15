//! What the fuzz targets share: how the programs around Drawbridge read its input, written without its code.

pub mod applications;
pub mod browser;

/// Chooses an item with a number from the input.
///
/// # Panics
/// If there is no item.
pub fn choose<T: Copy>(items: &[T], number: usize) -> T {
    items[number % items.len()]
}

/// Returns true if `path` equals `prefix` or lies below it.
pub fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Does the same as [`is_below`], whatever the case of ASCII letters.
pub fn is_below_ignoring_case(path: &str, prefix: &str) -> bool {
    is_below(&path.to_ascii_lowercase(), prefix)
}
