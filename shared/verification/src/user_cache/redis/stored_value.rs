//! The value of a record's key: the version, a line feed, then the record as JSON, or nothing for a deleted
//! user. The version comes first so that the compare-and-set script does not have to parse the JSON.

use drawbridge_core::id::UserId;

use crate::user_record::{UserRecord, UserState};

pub(super) fn encode(state: &UserState) -> Result<String, serde_json::Error> {
    Ok(match state {
        UserState::Present(record) => format!("{}\n{}", record.version, serde_json::to_string(&**record)?),
        UserState::Deleted { version } => format!("{version}\n"),
    })
}

/// Decodes a value. Returns `None` if it is malformed or belongs to another user.
pub(super) fn decode(user: UserId, value: &[u8]) -> Option<UserState> {
    let end = value.iter().position(|byte| *byte == b'\n')?;
    let version = str::from_utf8(value.get(..end)?).ok()?.parse().ok()?;
    let record = value.get(end + 1..)?;
    if record.is_empty() {
        return Some(UserState::Deleted { version });
    }
    let record: UserRecord = serde_json::from_slice(record).ok()?;
    (record.version == version && record.id == user).then(|| record.into())
}

#[cfg(test)]
mod tests {
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    use super::*;
    use crate::user_record::Sessions;

    fn user() -> UserId {
        UserId::generate(Random, SystemClock.now())
    }

    fn record(id: UserId) -> UserRecord {
        UserRecord {
            id,
            email: "ada@example.com".into(),
            email_verified: false,
            roles: vec!["admin".into()],
            disabled: false,
            version: 7,
            sessions: Sessions::default(),
        }
    }

    #[test]
    fn a_decoded_value_is_what_was_encoded() {
        let user = user();
        for state in [record(user).into(), UserState::Deleted { version: 8 }] {
            let value = encode(&state).unwrap();

            assert_eq!(decode(user, value.as_bytes()), Some(state));
        }
    }

    #[test]
    fn a_malformed_value_is_not_decoded() {
        let user = user();
        let wrong_version = encode(&record(user).into()).unwrap().replacen('7', "9", 1);
        for value in ["", "7", "x\n", "7\n{}", &wrong_version] {
            assert_eq!(decode(user, value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn a_value_of_another_user_is_not_decoded() {
        let value = encode(&record(user()).into()).unwrap();

        assert_eq!(decode(user(), value.as_bytes()), None);
    }
}
