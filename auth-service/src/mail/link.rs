use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    id::UserId,
    random::Random,
    secret::{KeyPurpose, MasterSecret, Sealer},
};
use drawbridge_database::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{LinkKind, LinkToken},
    storage::{self, LinkRow, QueryResult},
};

/// What a mailed link does. Each link works only once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailLink {
    /// Creates an account, if the password chosen at sign-up is entered.
    Register {
        /// The address.
        email: String,
        /// The password's hash.
        hash: String,
        /// The path or URL to go to afterwards.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// Confirms the address of an account.
    Verify {
        /// The account.
        user: UserId,
        /// The address.
        email: String,
    },
    /// Changes the address of an account.
    ChangeAddress {
        /// The account.
        user: UserId,
        /// The new address.
        email: String,
    },
    /// Sets a new password.
    Reset {
        /// The account.
        user: UserId,
        /// The account's address.
        email: String,
    },
}

impl MailLink {
    /// The kind of the link.
    pub fn kind(&self) -> LinkKind {
        match self {
            Self::Register { .. } => LinkKind::Register,
            Self::Verify { .. } => LinkKind::Verify,
            Self::ChangeAddress { .. } => LinkKind::ChangeAddress,
            Self::Reset { .. } => LinkKind::Reset,
        }
    }

    /// The address that the link was sent to.
    pub fn email(&self) -> &str {
        match self {
            Self::Register { email, .. }
            | Self::Verify { email, .. }
            | Self::ChangeAddress { email, .. }
            | Self::Reset { email, .. } => email,
        }
    }

    /// The path or URL to go to after using the link.
    pub fn next(&self) -> Option<&str> {
        match self {
            Self::Register { next, .. } => next.as_deref(),
            Self::Verify { .. } | Self::ChangeAddress { .. } | Self::Reset { .. } => None,
        }
    }

    /// The account that the link was made for. A sign-up has none yet.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Register { .. } => None,
            Self::Verify { user, .. } | Self::ChangeAddress { user, .. } | Self::Reset { user, .. } => {
                Some(*user)
            }
        }
    }

    /// How long the link is valid. A reset gives access to an account, so it is valid for the shortest time
    /// (ASVS 5.0, V6.4.1).
    pub fn lifetime(&self) -> TimeDelta {
        match self {
            Self::Reset { .. } => TimeDelta::minutes(30),
            Self::ChangeAddress { .. } => TimeDelta::hours(1),
            Self::Register { .. } | Self::Verify { .. } => TimeDelta::hours(24),
        }
    }

    /// The page of the frontend that the link opens.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "/reset-password",
            Self::Register { .. } | Self::Verify { .. } | Self::ChangeAddress { .. } => "/confirm-address",
        }
    }
}

/// The link was used, was replaced by a newer one, or has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link was used or replaced, or it has expired")]
pub struct InvalidLink;

/// Creates and opens links.
pub struct MailLinks(Sealer);

impl MailLinks {
    /// The links of the deployment with this master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(Sealer::new(master, KeyPurpose::Links))
    }

    /// Stores a link and returns its token.
    pub(super) fn create(
        &self,
        connection: &mut Connection,
        link: &MailLink,
        now: DateTime<Utc>,
    ) -> QueryResult<LinkToken> {
        let token = LinkToken::generate(Random);
        let plain = serde_json::to_vec(link)
            .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
        let row = LinkRow {
            hash: token.hash(),
            kind: link.kind().as_str().to_owned(),
            user_id: link.user(),
            sealed: self.0.seal(Random, link.kind().as_str(), &plain),
            expires_at: (now + link.lifetime()).naive_utc(),
        };
        // If several changes of address were requested, only the last one is valid.
        if let MailLink::ChangeAddress { user, .. } = link {
            storage::delete_links_of_kind(connection, *user, LinkKind::ChangeAddress)?;
        }
        storage::insert_link(connection, &row)?;
        Ok(token)
    }

    /// Opens a stored link.
    ///
    /// # Errors
    /// If there is none, or it was sealed under another master secret.
    pub(crate) fn open(&self, row: Option<LinkRow>) -> Result<MailLink, InvalidLink> {
        let row = row.ok_or(InvalidLink)?;
        let plain = self.0.open(&row.kind, &row.sealed).map_err(|_| InvalidLink)?;
        serde_json::from_slice(&plain).map_err(|_| InvalidLink)
    }
}
