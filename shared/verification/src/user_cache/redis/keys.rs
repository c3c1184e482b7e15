use drawbridge_core::id::UserId;

use crate::user_cache::Epoch;

/// The prefix of every key that verifiers are notified about. The braces put all keys into one slot of a
/// cluster, and so on one server.
pub(super) const KEY_PREFIX: &str = "{drawbridge}:";

/// The key of the watermark.
pub(super) const WATERMARK_KEY: &str = "{drawbridge}:watermark";

/// The key of a user's record.
pub(super) fn record_key(epoch: Epoch, user: UserId) -> String {
    format!("{KEY_PREFIX}{}:user:{user}", epoch.0)
}

/// The user of a record's key, in any epoch; `None` for other keys.
pub(super) fn user_of_record_key(key: &str) -> Option<UserId> {
    key.rsplit_once(":user:")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    use super::*;

    #[test]
    fn a_record_key_names_its_user() {
        let user = UserId::generate(Random, SystemClock.now());

        assert_eq!(user_of_record_key(&record_key(Epoch(7), user)), Some(user));
    }

    #[test]
    fn other_keys_name_no_user() {
        for key in [WATERMARK_KEY, "{drawbridge}:7:user:", "{drawbridge}:7:user:x", ""] {
            assert_eq!(user_of_record_key(key), None, "{key}");
        }
    }
}
