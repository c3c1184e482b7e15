use super::rate::Rate;

/// A limit as it applies to one key, such as one account.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) key: String,
    pub(super) rate: Rate,
}
