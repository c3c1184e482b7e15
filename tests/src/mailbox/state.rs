use std::sync::Mutex;

use tokio::sync::{Notify, watch};

use super::mail::Mail;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Plain text.
    None,
    /// `STARTTLS`, which the server requires before it accepts mail.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

/// How the server treats its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It accepts their mail.
    Willing,
    /// It rejects every recipient with this code: 4xx is temporary, 5xx permanent.
    Refusing(u16),
    /// It keeps connections open and sends nothing.
    Hanging,
    /// It refuses connections and closes open ones.
    Down,
}

/// The state that all connections of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) encryption: Encryption,
    /// The user and the password that clients must send, if any.
    pub(super) login: Option<(String, String)>,
    pub(super) mood: watch::Receiver<Mood>,
    pub(super) mails: Mutex<Vec<Mail>>,
    pub(super) refused: Mutex<Vec<String>>,
    pub(super) changed: Notify,
}
