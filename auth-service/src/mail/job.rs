use std::net::IpAddr;

use drawbridge_core::id::UserId;
use serde::{Deserialize, Serialize};

use crate::caller::{Actor, Caller, Language};

/// What is to be written, as it waits in the queue.
#[derive(Clone, Serialize, Deserialize)]
pub struct MailJob {
    /// The language to write in.
    pub language: Language,
    /// Where it was asked for.
    pub from: Option<IpAddr>,
    /// With what.
    pub user_agent: String,
    /// Under which id that stands in the logs.
    pub request_id: String,
    /// What it is about.
    pub what: What,
}

/// What a mail is about, and to whom it goes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// Somebody wants an account: a link to them, or word to whoever has one with this address.
    Register {
        /// The address.
        email: String,
        /// The hash of the password that was chosen.
        hash: String,
    },
    /// Somebody has forgotten the password of the account with this address, if there is one.
    Forgot {
        /// The address.
        email: String,
    },
    /// The holder of an account is to show that its address is theirs.
    Verify {
        /// Whose.
        user: UserId,
    },
    /// The holder of an account wants another address: a link to that one.
    ChangeAddress {
        /// Whose.
        user: UserId,
        /// The new address.
        email: String,
    },
    /// Something has happened to an account.
    Notice {
        /// Whose.
        user: UserId,
        /// To which address.
        to: String,
        /// What.
        notice: Notice,
    },
}

/// What a holder of an account is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A sign-in on a device where nobody had signed in to the account before.
    NewDevice,
    /// The password was changed.
    PasswordChanged,
    /// Another address was asked for; it is named.
    AddressChangeRequested(String),
    /// The address was changed to the one that is named.
    AddressChanged(String),
    /// A second factor was added, removed or used up.
    Factor(FactorChange),
    /// Somebody knows the password and tries codes.
    WrongCodes,
    /// The account was deleted.
    AccountDeleted,
}

/// What happened to a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    /// An authenticator app was added.
    TotpAdded,
    /// It was removed.
    TotpRemoved,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
}

impl MailJob {
    /// A mail on behalf of `caller`.
    pub fn new(caller: &Caller, what: What) -> Self {
        Self {
            language: caller.language,
            from: caller.address.map(|address| address.to_canonical()),
            user_agent: caller.user_agent.clone(),
            request_id: caller.request_id.clone(),
            what,
        }
    }

    /// On whose behalf it is sent.
    pub(crate) fn caller(&self) -> Caller {
        Caller {
            // A person is somewhere.
            actor: if self.from.is_some() { Actor::Person } else { Actor::Operator },
            address: self.from,
            user_agent: self.user_agent.clone(),
            request_id: self.request_id.clone(),
            language: self.language,
        }
    }

    /// Word to the holder of an account.
    pub fn notice(caller: &Caller, (user, to): (UserId, &str), notice: Notice) -> Self {
        Self::new(caller, What::Notice { user, to: to.to_owned(), notice })
    }
}
