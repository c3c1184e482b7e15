//! Identifiers: version 7 UUIDs, stored as 16 bytes and written as text everywhere else.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::random::Random;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "diesel", derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow))]
        #[cfg_attr(feature = "diesel", diesel(sql_type = diesel::sql_types::Binary))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid"))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Generates an identifier that sorts after those generated before `now`.
            pub fn generate(random: Random, now: DateTime<Utc>) -> Self {
                Self(random.uuid_v7(now))
            }

            /// The 16 bytes of the identifier.
            pub fn as_bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }

            /// When the identifier was generated, to the millisecond (RFC 9562, 5.7).
            pub fn created_at(self) -> DateTime<Utc> {
                let (seconds, nanoseconds) = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
                let seconds = i64::try_from(seconds).unwrap_or(0);
                DateTime::from_timestamp(seconds, nanoseconds).unwrap_or_default()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        #[cfg(feature = "diesel")]
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Binary, DB> for $name
        where
            DB: diesel::backend::Backend,
            Vec<u8>: diesel::deserialize::FromSql<diesel::sql_types::Binary, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let bytes = <Vec<u8> as diesel::deserialize::FromSql<_, DB>>::from_sql(bytes)?;
                Ok(Self(Uuid::from_slice(&bytes)?))
            }
        }

        #[cfg(feature = "diesel")]
        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Binary, DB> for $name
        where
            DB: diesel::backend::Backend,
            [u8]: diesel::serialize::ToSql<diesel::sql_types::Binary, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                <[u8] as diesel::serialize::ToSql<_, DB>>::to_sql(self.0.as_bytes(), out)
            }
        }
    };
}

identifier! {
    /// Identifies a user; `sub` in a token.
    UserId
}

identifier! {
    /// Identifies a session, one sign-in on one device; `sid` in a token.
    SessionId
}

identifier! {
    /// Identifies an outbox row: a change that has not reached the cache yet.
    OutboxId
}

identifier! {
    /// Identifies a queued mail.
    MailJobId
}

identifier! {
    /// Identifies an audit event.
    EventId
}

identifier! {
    /// Identifies a WebAuthn ceremony that has not been completed yet.
    CeremonyId
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn an_identifier_contains_its_creation_time() {
        let now = SystemClock.now();
        let id = SessionId::generate(Random, now);
        assert_eq!(id.created_at().timestamp_millis(), now.timestamp_millis());
    }

    #[test]
    fn later_identifiers_sort_after_earlier_ones() {
        let now = SystemClock.now();
        let first = UserId::generate(Random, now);
        let second = UserId::generate(Random, now + chrono::TimeDelta::milliseconds(1));
        assert!(first < second);
    }
}
