use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    id::UserId,
    random::Random,
    secret::{MasterSecret, Purpose, Sealer},
};
use drawbridge_database::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    domain::LinkToken,
    storage::{self, LinkRow, QueryResult},
};

/// What a link in a mail does, once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Link {
    /// Makes an account, for whoever knows the password that was chosen.
    Register {
        /// The address.
        email: String,
        /// The password's hash.
        hash: String,
    },
    /// Shows that an account's address is its holder's.
    Verify {
        /// Whose.
        user: UserId,
        /// The address.
        email: String,
    },
    /// Gives an account another address.
    ChangeAddress {
        /// Whose.
        user: UserId,
        /// The new address.
        email: String,
    },
    /// Lets somebody choose another password.
    Reset {
        /// Whose.
        user: UserId,
        /// The account's address.
        email: String,
    },
}

impl Link {
    /// The word for what it does.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Register { .. } => "register",
            Self::Verify { .. } => "verify",
            Self::ChangeAddress { .. } => "change_address",
            Self::Reset { .. } => "reset",
        }
    }

    /// The address that it is about.
    pub fn email(&self) -> &str {
        match self {
            Self::Register { email, .. }
            | Self::Verify { email, .. }
            | Self::ChangeAddress { email, .. }
            | Self::Reset { email, .. } => email,
        }
    }

    fn user(&self) -> Option<UserId> {
        match self {
            Self::Register { .. } => None,
            Self::Verify { user, .. } | Self::ChangeAddress { user, .. } | Self::Reset { user, .. } => {
                Some(*user)
            }
        }
    }

    /// How long it is good. A reset opens an account, so it has the shortest time (ASVS 5.0, V6.4.1).
    pub fn lifetime(&self) -> TimeDelta {
        match self {
            Self::Reset { .. } => TimeDelta::minutes(30),
            Self::ChangeAddress { .. } => TimeDelta::hours(1),
            Self::Register { .. } | Self::Verify { .. } => TimeDelta::hours(24),
        }
    }

    /// Where it leads on the frontend.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "/reset-password",
            Self::Register { .. } | Self::Verify { .. } | Self::ChangeAddress { .. } => "/confirm-address",
        }
    }
}

/// The link is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link was used, replaced, or its time is over")]
pub struct LinkError;

/// Makes and reads links.
pub struct Links(Sealer);

impl Links {
    /// The links of the deployment with this master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(Sealer::new(master, Purpose::Links))
    }

    /// Makes a link and keeps what it does; its token.
    pub(crate) fn make(
        &self,
        connection: &mut Connection,
        link: &Link,
        now: DateTime<Utc>,
    ) -> QueryResult<LinkToken> {
        let token = LinkToken::generate(Random);
        let plain = serde_json::to_vec(link)
            .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
        let row = LinkRow {
            hash: token.hash(),
            kind: link.kind().to_owned(),
            user_id: link.user(),
            sealed: self.0.seal(Random, link.kind(), &plain),
            expires_at: (now + link.lifetime()).naive_utc(),
        };
        // Of addresses that somebody wants, the last one counts.
        if let Link::ChangeAddress { user, .. } = link {
            storage::delete_links_of_kind(connection, *user, link.kind())?;
        }
        storage::insert_link(connection, &row)?;
        Ok(token)
    }

    /// What a link that was found does.
    ///
    /// # Errors
    /// When it was not found, or was sealed under another secret.
    pub(crate) fn open(&self, row: Option<LinkRow>) -> Result<Link, LinkError> {
        let row = row.ok_or(LinkError)?;
        let plain = self.0.open(&row.kind, &row.sealed).map_err(|_| LinkError)?;
        serde_json::from_slice(&plain).map_err(|_| LinkError)
    }
}
