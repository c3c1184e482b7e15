//! The record as JSON, in Redis and on verify-service's internal port.
//!
//! `sessions` maps the ID of each session to its end. The sessions with a second factor are listed apart, in
//! `second_factor`, which is left out if it is empty: a verifier that does not know the field ignores it, and a record
//! of a service that does not write it has no such session.

use chrono::{DateTime, Utc};
use drawbridge_core::id::{SessionId, UserId};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use super::{ListedSession, Sessions, UserRecord};

/// A record to send, borrowed.
#[derive(Serialize)]
struct SentRecord<'a> {
    id: UserId,
    email: &'a str,
    email_verified: bool,
    roles: &'a [String],
    disabled: bool,
    version: i64,
    sessions: SessionEnds<'a>,
    #[serde(skip_serializing_if = "SecondFactorSessions::is_empty")]
    second_factor: SecondFactorSessions<'a>,
}

/// When each session ends.
struct SessionEnds<'a>(&'a Sessions);

/// The IDs of the sessions with a second factor.
struct SecondFactorSessions<'a>(&'a Sessions);

impl SecondFactorSessions<'_> {
    fn is_empty(&self) -> bool {
        self.ids().next().is_none()
    }

    fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.0.0.iter().filter(|session| session.second_factor).map(|session| session.id)
    }
}

impl Serialize for UserRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, email, email_verified, roles, disabled, version, sessions } = self;
        let sent = SentRecord {
            id: *id,
            email,
            email_verified: *email_verified,
            roles,
            disabled: *disabled,
            version: *version,
            sessions: SessionEnds(sessions),
            second_factor: SecondFactorSessions(sessions),
        };
        sent.serialize(serializer)
    }
}

impl Serialize for SessionEnds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.0.iter().map(|session| (session.id, session.expires_at)))
    }
}

impl Serialize for SecondFactorSessions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.ids())
    }
}

/// A received record.
#[derive(Deserialize)]
pub(super) struct ReceivedRecord {
    id: UserId,
    email: String,
    email_verified: bool,
    roles: Vec<String>,
    disabled: bool,
    version: i64,
    #[serde(deserialize_with = "deserialize_session_ends")]
    sessions: Sessions,
    #[serde(default)]
    second_factor: Vec<SessionId>,
}

impl From<ReceivedRecord> for UserRecord {
    fn from(received: ReceivedRecord) -> Self {
        let ReceivedRecord {
            id,
            email,
            email_verified,
            roles,
            disabled,
            version,
            mut sessions,
            second_factor,
        } = received;
        for session in second_factor {
            if let Some(session) =
                sessions.position(session).and_then(|position| sessions.0.get_mut(position))
            {
                session.second_factor = true;
            }
        }
        Self { id, email, email_verified, roles, disabled, version, sessions }
    }
}

fn deserialize_session_ends<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sessions, D::Error> {
    deserializer.deserialize_map(SessionEndsVisitor)
}

struct SessionEndsVisitor;

impl<'de> Visitor<'de> for SessionEndsVisitor {
    type Value = Sessions;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map from session IDs to the times when they end")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sessions, A::Error> {
        let next = || map.next_entry::<SessionId, DateTime<Utc>>().transpose();
        let without_mark = |(id, expires_at)| ListedSession { id, expires_at, second_factor: false };
        std::iter::from_fn(next).map(|entry| entry.map(without_mark)).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use drawbridge_core::random::Random;
    use serde_json::{Value, json};

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn session(second_factor: bool) -> ListedSession {
        let id = SessionId::generate(Random, start());
        ListedSession { id, expires_at: start() + TimeDelta::days(30), second_factor }
    }

    fn record(sessions: impl IntoIterator<Item = ListedSession>) -> UserRecord {
        UserRecord {
            id: UserId::generate(Random, start()),
            email: "ada@example.com".into(),
            email_verified: true,
            roles: vec!["admin".into()],
            disabled: false,
            version: 7,
            sessions: sessions.into_iter().collect(),
        }
    }

    #[test]
    fn a_received_record_is_the_one_sent() {
        for sessions in [vec![], vec![session(false)], vec![session(true), session(false), session(true)]] {
            let sent = record(sessions);

            let received: UserRecord = serde_json::from_str(&serde_json::to_string(&sent).unwrap()).unwrap();

            assert_eq!(received, sent);
        }
    }

    #[test]
    fn an_older_verifier_finds_the_sessions_where_they_were() {
        let (without, with) = (session(false), session(true));

        let sent = serde_json::to_value(record([without, with])).unwrap();

        let end = json!("2027-02-14T08:00:00Z");
        assert_eq!(sent["sessions"], json!({without.id.to_string(): end, with.id.to_string(): end}));
        assert_eq!(sent["second_factor"], json!([with.id]));
        let plain = serde_json::to_value(record([without])).unwrap();
        assert_eq!(plain.get("second_factor"), None, "the record is as before");
    }

    #[test]
    fn a_record_of_an_older_service_has_no_mark() {
        let marked = session(true);
        let mut sent = serde_json::to_value(record([marked])).unwrap();
        sent.as_object_mut().unwrap().remove("second_factor");

        let received: UserRecord = serde_json::from_value(sent).unwrap();

        assert_eq!(received.sessions.get(marked.id), Some(&ListedSession { second_factor: false, ..marked }));
    }

    #[test]
    fn a_mark_of_a_session_that_is_not_listed_is_ignored() {
        let mut sent: Value = serde_json::to_value(record([])).unwrap();
        sent["second_factor"] = json!([session(true).id]);

        let received: UserRecord = serde_json::from_value(sent).unwrap();

        assert!(received.sessions.is_empty());
    }

    #[test]
    fn a_session_takes_32_bytes() {
        let sessions: Sessions = [session(true), session(false)].into_iter().collect();

        assert_eq!(sessions.size_in_memory(), 64);
    }
}
