//! Unicode: which texts frameworks, file systems and databases treat as equal.

use std::borrow::Cow;

use icu_normalizer::{
    ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed, uts46::Uts46MapperBorrowed,
};

/// Folds case, compatibility forms (`ｐ` is `p`) and invisible characters. ASCII text stays as it is, so compare the
/// result without ASCII case.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mapper = Uts46MapperBorrowed::new();
    let once: String = mapper.map_normalize(text.chars()).collect();
    // JavaScript's toUpperCase maps some letters, such as ı, that lower-casing leaves alone.
    let upper = once.to_uppercase();
    Cow::Owned(mapper.map_normalize(upper.chars()).collect())
}

/// Replaces compatibility forms (NFKC), and the characters that best-fit conversions take for a slash.
pub(super) fn normalize_compatibility(text: &str) -> String {
    let text = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    text.replace(['\u{2044}', '\u{2215}', '\u{29f8}'], "/")
        .replace(['\u{2216}', '\u{29f5}', '\u{29f9}'], "\\")
}

/// Removes accents, which many databases ignore in a comparison.
pub(super) fn remove_accents(text: &str) -> String {
    let is_accent = |character: &char| {
        matches!(character,
            '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
    };
    let text = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    text.chars().filter(|character| !is_accent(character)).collect()
}

/// Whether a character is invisible: a control, a line separator, or one that some file systems ignore.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}
