use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{clock::SharedClock, id::MailJobId};
use drawbridge_database::{Database, DatabaseUnavailable};
use tokio::{task::JoinSet, time::timeout};

use super::{
    MailConfig, MailFolder, MailLinks, MailQueue, MailSender, MailTransport, SendError,
    composer::{ComposedLetter, Composer},
    smtp::SmtpClient,
};
use crate::storage::{self, MailJobRow};

/// How often the queue is checked for jobs added by other processes and for jobs that are due again.
const QUEUE_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// How long a worker has a job to itself.
const JOB_LEASE: TimeDelta = TimeDelta::minutes(2);

/// How long one attempt to send may take. It must be shorter than the lease.
const SEND_TIMEOUT: Duration = Duration::from_secs(90);

/// How many jobs are processed in parallel.
const JOB_BATCH_SIZE: i64 = 8;

const MAX_RETRY_DELAY: TimeDelta = TimeDelta::minutes(5);

/// How long after the request delivery is still attempted.
const RETRY_PERIOD: TimeDelta = TimeDelta::days(3);

/// Writes and sends queued mail. Each replica may run a worker.
pub(crate) struct MailWorker {
    queue: MailQueue,
    composer: Composer,
    transport: Transport,
    from: MailSender,
    database: Database,
    clock: SharedClock,
}

enum Transport {
    Smtp(SmtpClient),
    Folder(MailFolder),
}

impl MailWorker {
    /// A worker that sends mail according to `config`.
    ///
    /// # Errors
    /// If the configured authorities cannot be read.
    pub(crate) fn new(
        config: MailConfig,
        queue: MailQueue,
        links: Arc<MailLinks>,
        database: Database,
        clock: SharedClock,
    ) -> Result<Self, String> {
        let MailConfig { transport, from, site_name, frontend, pages } = config;
        let transport = match &transport {
            MailTransport::Smtp(server) => Transport::Smtp(SmtpClient::new(server)?),
            MailTransport::Folder(path) => Transport::Folder(MailFolder::new(path)),
        };
        let composer =
            Composer { site_name, frontend, pages, links, database: database.clone(), clock: clock.clone() };
        Ok(Self { queue, composer, transport, from, database, clock })
    }

    /// Processes jobs and never returns.
    pub(crate) async fn run(self) {
        let worker = Arc::new(self);
        let checking = worker.clone();
        tokio::spawn(async move { checking.report_untrusted_certificate().await });
        loop {
            match worker.clone().process_due_jobs().await {
                // There may be more jobs.
                Ok(1..) => {}
                Ok(0) => worker.wait().await,
                Err(error) => {
                    tracing::warn!(%error, "mail queue unavailable; retrying later");
                    worker.wait().await;
                }
            }
        }
    }

    async fn report_untrusted_certificate(&self) {
        if let Transport::Smtp(client) = &self.transport {
            client.report_untrusted_certificate().await;
        }
    }

    /// Waits until the worker is woken or the queue has to be checked again.
    async fn wait(&self) {
        let _ = timeout(QUEUE_CHECK_INTERVAL, self.queue.wait_for_wakeup()).await;
    }

    /// Processes one batch of due jobs and returns how many there were.
    async fn process_due_jobs(self: Arc<Self>) -> Result<usize, DatabaseUnavailable> {
        let now = self.clock.now();
        let claim = move |c: &mut _| storage::claim_mail_jobs(c, now, JOB_LEASE, JOB_BATCH_SIZE);
        let claimed = self.database.query(claim).await?;
        let count = claimed.len();
        let mut tasks = JoinSet::new();
        for row in claimed {
            let worker = self.clone();
            tasks.spawn(async move { worker.process(row).await });
        }
        while let Some(finished) = tasks.join_next().await {
            let result = finished.map_err(|error| DatabaseUnavailable(error.to_string())).flatten();
            // A job that fails here does not stop the others. It is due again when its lease ends.
            if let Err(error) = result {
                tracing::warn!(%error, "mail job not completed; retrying when its lease ends");
            }
        }
        Ok(count)
    }

    /// Sends the mail of one job, and deletes or postpones the job.
    async fn process(&self, row: MailJobRow) -> Result<(), DatabaseUnavailable> {
        let id = row.id;
        let attempts = row.attempts;
        // Another replica takes the job when the lease ends, so the attempt must be over by then.
        let sent = timeout(SEND_TIMEOUT, self.send(&row)).await;
        match sent.unwrap_or_else(|_| Err(SendError::Temporary("timed out".into()))) {
            Ok(()) => {}
            Err(SendError::Permanent(reason)) => tracing::warn!(%id, reason, "mail is undeliverable"),
            Err(error) if self.clock.now() - id.created_at() > RETRY_PERIOD => {
                tracing::error!(%id, %error, "mail delivery abandoned");
            }
            Err(error) => {
                tracing::warn!(%id, attempts, %error, "mail delivery postponed");
                return self.postpone(id, self.clock.now() + retry_delay(attempts)).await;
            }
        }
        self.database.query(move |c| storage::delete_mail_job(c, id)).await
    }

    async fn postpone(&self, id: MailJobId, due_at: DateTime<Utc>) -> Result<(), DatabaseUnavailable> {
        self.database.query(move |c| storage::postpone_mail_job(c, id, due_at)).await
    }

    async fn send(&self, row: &MailJobRow) -> Result<(), SendError> {
        let other_secret = || SendError::Permanent("the job was sealed under another MASTER_SECRET".into());
        let job = self.queue.open(row).ok_or_else(other_secret)?;
        let Some(composed) = self.composer.compose(&job, row).await? else { return Ok(()) };
        let ComposedLetter { letter, link_hash } = composed;
        let sent = match &self.transport {
            Transport::Smtp(client) => client.send(letter.message(&self.from, row.id)?).await,
            Transport::Folder(folder) => folder
                .store(row.id, &letter)
                .map_err(|error| SendError::Temporary(format!("cannot write to the mail folder: {error}"))),
        };
        // The next attempt creates another link, so delete the one that was not sent.
        if let (Err(_), Some(hash)) = (&sent, link_hash) {
            self.database.query(move |c| storage::delete_link(c, &hash)).await?;
        }
        sent
    }
}

/// The delay after this many attempts: 2 s, then twice as long each time, up to [`MAX_RETRY_DELAY`].
fn retry_delay(attempts: i64) -> TimeDelta {
    let exponent = u32::try_from(attempts.clamp(1, 10)).unwrap_or(10);
    TimeDelta::seconds(1 << exponent).min(MAX_RETRY_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delay_doubles_up_to_a_limit() {
        for (attempts, seconds) in [(1, 2), (2, 4), (8, 256), (9, 300), (1_000, 300)] {
            assert_eq!(retry_delay(attempts).num_seconds(), seconds, "after attempt {attempts}");
        }
    }
}
