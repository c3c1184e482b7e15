//! Mail waits in the database until it is sent, so an outage of the mail server loses nothing and delays no request.
//!
//! A request only adds a job to the queue, whether or not the address has an account. The worker decides later who gets
//! which letter, so neither the response nor its timing reveals anything (ASVS 5.0, V6.3.8). Links are created at that
//! point as well: their tokens exist only in the letter.

mod composer;
mod config;
mod folder;
mod html;
mod job;
mod letter;
mod letter_writer;
mod link;
mod mailbox_page;
mod smtp;
mod smtp_url;
mod words;
mod worker;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use drawbridge_core::{
    id::MailJobId,
    random::Random,
    secret::{KeyPurpose, MasterSecret, Sealer},
};
use drawbridge_database::DatabaseUnavailable;
use tokio::sync::Notify;

pub use config::{MailConfig, MailSender, MailTransport, read_email_verification};
pub(crate) use folder::MailFolder;
pub use job::{FactorChange, MailJob, MailKind, Notice};
pub use link::{InvalidLink, MailLink, MailLinks};
pub(crate) use mailbox_page::{MAILBOX_STYLE, render_mailbox};
pub use smtp_url::{SmtpCredentials, SmtpEncryption, SmtpServer};
pub(crate) use worker::MailWorker;

use crate::storage::MailJobRow;

const SEAL_LABEL: &str = "mail job";

/// The queue of mail that has to be written and sent. Cheap to clone.
#[derive(Clone)]
pub struct MailQueue {
    sealer: Arc<Sealer>,
    /// Wakes the worker of this process.
    wakeup: Arc<Notify>,
}

impl MailQueue {
    /// The queue of the deployment with this master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self { sealer: Arc::new(Sealer::new(master, KeyPurpose::MailJobs)), wakeup: Arc::new(Notify::new()) }
    }

    /// Builds the row that puts a job in the queue.
    #[expect(clippy::expect_used, reason = "strings, numbers and variant names always serialize to JSON")]
    pub fn build_row(&self, job: &MailJob, now: DateTime<Utc>) -> MailJobRow {
        let plain = serde_json::to_vec(job).expect("a job is plain data");
        MailJobRow {
            id: MailJobId::generate(Random, now),
            sealed: self.sealer.seal(Random, SEAL_LABEL, &plain),
            due_at: now.naive_utc(),
            attempts: 0,
        }
    }

    /// Wakes the worker after a job was added.
    pub fn wake(&self) {
        self.wakeup.notify_one();
    }

    async fn wait_for_wakeup(&self) {
        self.wakeup.notified().await;
    }

    fn open(&self, row: &MailJobRow) -> Option<MailJob> {
        serde_json::from_slice(&self.sealer.open(SEAL_LABEL, &row.sealed).ok()?).ok()
    }
}

/// Why mail was not sent.
#[derive(Debug, thiserror::Error)]
enum SendError {
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// A later attempt may succeed: the mail server is unreachable or rejects the mail temporarily.
    #[error("{0}")]
    Temporary(String),
    /// No attempt can succeed: the mail server refuses the recipient, or the letter cannot be written.
    #[error("{0}")]
    Permanent(String),
}

impl SendError {
    fn permanent(error: impl std::fmt::Display) -> Self {
        Self::Permanent(error.to_string())
    }
}
