use std::net::IpAddr;

use drawbridge_core::id::UserId;
use serde::{Deserialize, Serialize};

use crate::domain::{Actor, ActorKind, Holder, Language};

/// Mail that still has to be written and sent, as stored in the queue.
///
/// The names of the stored fields never change: jobs stored by an older version may still be in the queue.
#[derive(Clone, Serialize, Deserialize)]
pub struct MailJob {
    /// The language to write in.
    pub language: Language,
    /// The address of the client that caused it; `None` for an operator, and if it is unknown.
    #[serde(rename = "from")]
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// The ID of the request in the logs.
    pub request_id: String,
    /// What the mail is about, and who receives it.
    #[serde(rename = "what")]
    pub kind: MailKind,
}

/// What a mail job is about, and who receives the mail.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailKind {
    /// A sign-up: a link that creates the account, or a hint if the address already has one.
    Register {
        /// The address.
        email: String,
        /// The hash of the chosen password.
        hash: String,
        /// The path or URL to go to afterwards.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// A forgotten password: a link that resets it, if the address has an account.
    Forgot {
        /// The address.
        email: String,
    },
    /// A link that confirms the address of an account.
    Verify {
        /// The account.
        user: UserId,
    },
    /// A link that changes the address of an account, sent to the new address.
    ChangeAddress {
        /// The account.
        user: UserId,
        /// The new address.
        email: String,
    },
    /// A notice about a change to an account.
    Notice {
        /// The account.
        user: UserId,
        /// The address that it goes to.
        to: String,
        /// What changed.
        notice: Notice,
    },
}

/// Something that the holder of an account is notified of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A sign-in from a device that is new to the account.
    NewDevice,
    /// The password was changed.
    PasswordChanged,
    /// A change to this address was requested.
    AddressChangeRequested(String),
    /// The address was changed to this one.
    AddressChanged(String),
    /// A second factor was added, removed or used up.
    Factor(FactorChange),
    /// Several wrong codes were entered after the correct password.
    WrongCodes,
    /// The account was deleted.
    AccountDeleted,
}

/// A change to a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    /// An authenticator app was added.
    TotpAdded,
    /// The authenticator app was removed.
    TotpRemoved,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// New recovery codes were created.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
}

impl MailJob {
    /// A mail job on behalf of `actor`.
    pub fn new(actor: &Actor, kind: MailKind) -> Self {
        Self {
            language: actor.language,
            address: actor.address.map(|address| address.to_canonical()),
            user_agent: actor.user_agent.clone(),
            request_id: actor.request_id.clone(),
            kind,
        }
    }

    /// A notice to the holder of an account.
    pub fn notice(actor: &Actor, holder: &Holder, notice: Notice) -> Self {
        Self::new(actor, MailKind::Notice { user: holder.user, to: holder.email.clone(), notice })
    }

    /// The actor on whose behalf the job was added.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            // Every request has an ID, but a client's address can be unknown.
            kind: if self.request_id.is_empty() { ActorKind::Operator } else { ActorKind::Person },
            address: self.address,
            user_agent: self.user_agent.clone(),
            request_id: self.request_id.clone(),
            language: self.language,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_jobs_keep_their_format() {
        for stored in [
            r#"{"language":"de","from":"203.0.113.7","user_agent":"curl/8","request_id":"r-1","what":{"kind":"forgot","email":"ada@example.com"}}"#,
            r#"{"language":"de","from":null,"user_agent":"","request_id":"","what":{"kind":"register","email":"ada@example.com","hash":"$2b$"}}"#,
        ] {
            let job: MailJob = serde_json::from_str(stored).unwrap();

            assert_eq!(serde_json::to_string(&job).unwrap(), stored);
        }
    }
}
