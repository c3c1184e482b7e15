//! Mail: what is to be sent waits in the database until it was sent, so that an outage of the mail server loses
//! nothing and blocks nobody.
//!
//! A request only puts a job in the queue, whether or not the address has an account. Who gets which letter is decided
//! when the job is done, so neither answer nor time of the request tells anything (ASVS 5.0, V6.3.8). A link is made at
//! that moment, too: its token is nowhere but in the letter.

mod config;
mod folder;
mod job;
mod letter;
mod link;
mod transport;
mod words;
mod worker;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use drawbridge_core::{
    id::MailJobId,
    random::Random,
    secret::{MasterSecret, Purpose, Sealer},
};
use drawbridge_database::DatabaseUnavailable;
use tokio::sync::Notify;

pub use config::{MailConfig, Sender, SmtpServer, Transport as MailTransport};
pub(crate) use folder::{Folder, Kept, STYLE as MAILBOX_STYLE};
pub use job::{FactorChange, MailJob, Notice, What};
pub use link::{Link, LinkError, Links};
pub(crate) use worker::Worker;

use crate::storage::MailJobRow;

const LABEL: &str = "mail job";

/// Where mails are put to be sent. Cheap to clone.
#[derive(Clone)]
pub struct MailQueue {
    sealer: Arc<Sealer>,
    /// Wakes the worker of this process.
    news: Arc<Notify>,
}

impl MailQueue {
    /// The queue of the deployment with this master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self { sealer: Arc::new(Sealer::new(master, Purpose::MailJobs)), news: Arc::new(Notify::new()) }
    }

    /// A mail as it is put in the queue.
    #[expect(clippy::expect_used, reason = "texts, numbers and names of variants can be written as JSON")]
    pub fn row(&self, job: &MailJob, now: DateTime<Utc>) -> MailJobRow {
        let plain = serde_json::to_vec(job).expect("a job is plain data");
        MailJobRow {
            id: MailJobId::generate(Random, now),
            sealed: self.sealer.seal(Random, LABEL, &plain),
            due_at: now.naive_utc(),
            attempts: 0,
        }
    }

    /// Tells the worker that there is something to do.
    pub fn wake(&self) {
        self.news.notify_one();
    }

    async fn awake(&self) {
        self.news.notified().await;
    }

    fn open(&self, row: &MailJobRow) -> Option<MailJob> {
        serde_json::from_slice(&self.sealer.open(LABEL, &row.sealed).ok()?).ok()
    }
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The database is out of reach.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// The mail server is out of reach, or refuses for now.
    #[error("{0}")]
    Later(String),
    /// The mail server refuses for good, or the letter cannot be written.
    #[error("{0}")]
    Never(String),
}
