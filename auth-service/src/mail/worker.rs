use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use shared::{
    clock::SharedClock,
    database::{Database, DatabaseUnavailable},
};
use tokio::task::JoinSet;

use super::{
    Folder, Link, Links, MailConfig, MailJob, MailQueue, SendError, What,
    config::Transport,
    letter::{Letter, Writer},
    transport::Smtp,
    words::{Phrase, Words},
};
use crate::{
    domain::{Email, EventKind},
    storage::{self, AccountSummary, MailJobRow, NewEvent},
};

/// How often it is looked whether a mail is due that nobody told of.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a mail that is being sent is nobody else's.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// How many mails are sent at once.
const BATCH: i64 = 8;

/// The longest time between two tries, and how long a mail is tried at all.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);
const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(3);

/// Writes and sends what is in the queue. Any number of replicas may run one.
pub(crate) struct Worker {
    queue: MailQueue,
    links: Arc<Links>,
    database: Database,
    clock: SharedClock,
    config: MailConfig,
    way: Way,
}

enum Way {
    Smtp(Smtp),
    Folder(Folder),
}

impl Worker {
    /// A worker that sends as `config` says.
    ///
    /// # Errors
    /// When the authorities to trust cannot be read.
    pub(crate) fn new(
        config: MailConfig,
        queue: MailQueue,
        links: Arc<Links>,
        database: Database,
        clock: SharedClock,
    ) -> Result<Self, String> {
        let way = match &config.transport {
            Transport::Smtp(server) => Way::Smtp(Smtp::new(server)?),
            Transport::Folder(path) => Way::Folder(Folder::new(path)),
        };
        Ok(Self { queue, links, database, clock, config, way })
    }

    /// Runs for good.
    pub(crate) async fn run(self) {
        let worker = Arc::new(self);
        loop {
            match worker.clone().run_once().await {
                // There may be more.
                Ok(sent) if sent > 0 => {}
                Ok(_) => worker.wait().await,
                Err(error) => {
                    tracing::warn!(%error, "mails wait");
                    worker.wait().await;
                }
            }
        }
    }

    async fn wait(&self) {
        // Running out of time is as good a reason to look as being woken.
        let _ = tokio::time::timeout(LOOK_EVERY, self.queue.awake()).await;
    }

    async fn run_once(self: Arc<Self>) -> Result<usize, DatabaseUnavailable> {
        let now = self.clock.now();
        let claimed = self.database.query(move |c| storage::claim_mail_jobs(c, now, LEASE, BATCH)).await?;
        let count = claimed.len();
        let mut running = JoinSet::new();
        for row in claimed {
            let worker = self.clone();
            running.spawn(async move { worker.finish(row).await });
        }
        while let Some(done) = running.join_next().await {
            done.map_err(|error| DatabaseUnavailable(error.to_string()))??;
        }
        Ok(count)
    }

    /// Sends one mail, or says when it is tried again.
    async fn finish(&self, row: MailJobRow) -> Result<(), DatabaseUnavailable> {
        let (id, attempts) = (row.id, row.attempts);
        match self.send(&row).await {
            Ok(()) => {}
            Err(SendError::Never(reason)) => tracing::warn!(%id, reason, "a mail cannot be delivered"),
            Err(SendError::Database(error)) => return Err(error),
            Err(SendError::Later(reason)) if self.clock.now() - id.created_at() > GIVE_UP_AFTER => {
                tracing::error!(%id, reason, "a mail was tried for too long");
            }
            Err(SendError::Later(reason)) => {
                tracing::warn!(%id, attempts, reason, "a mail is tried again later");
                let exponent = u32::try_from(attempts.clamp(1, 10)).unwrap_or(10);
                let pause = TimeDelta::seconds(1 << exponent).min(LONGEST_PAUSE);
                let due_at = self.clock.now() + pause;
                return self.database.query(move |c| storage::postpone_mail_job(c, id, due_at)).await;
            }
        }
        self.database.query(move |c| storage::delete_mail_job(c, id)).await
    }

    async fn send(&self, row: &MailJobRow) -> Result<(), SendError> {
        let job = self.queue.open(row);
        let job = job.ok_or_else(|| SendError::Never("it was sealed under another MASTER_SECRET".into()))?;
        let Some(letter) = self.write(&job, row).await? else { return Ok(()) };
        match &self.way {
            Way::Smtp(smtp) => smtp.send(letter.message(&self.config.from, row.id)?).await,
            Way::Folder(folder) => {
                let kept = folder.keep(row.id, &letter);
                kept.map_err(|error| SendError::Later(format!("the mailbox's folder: {error}")))
            }
        }
    }

    /// The letter; `None` if nobody is to get one.
    async fn write(&self, job: &MailJob, row: &MailJobRow) -> Result<Option<Letter>, SendError> {
        let writer = Writer { site_name: &self.config.site_name, frontend: &self.config.frontend };
        match &job.what {
            What::Register { email, hash } => {
                if self.find(email).await?.is_some() {
                    let known = |words: &'static Words| &words.register_known;
                    return Ok(Some(writer.with_link(job, email, known, ("/login", None))));
                }
                let link = Link::Register { email: email.clone(), hash: hash.clone() };
                self.letter_with(job, link, |words| &words.register).await
            }
            What::Forgot { email } => {
                let Some(account) = self.find(email).await?.filter(|account| !account.disabled) else {
                    return Ok(None);
                };
                let (user, email) = (account.id, account.email);
                let event = NewEvent::new(EventKind::PasswordResetRequested, &job.caller(), self.clock.now());
                let event = event.to(user);
                self.database.query(move |c| storage::insert_event(c, &event)).await?;
                self.letter_with(job, Link::Reset { user, email }, |words| &words.reset).await
            }
            What::Verify { user } => {
                let wanted = *user;
                let profile = self.database.query(move |c| storage::find_profile(c, wanted)).await?;
                let Some(profile) = profile.filter(|profile| !profile.email_verified) else {
                    return Ok(None);
                };
                let link = Link::Verify { user: *user, email: profile.email };
                self.letter_with(job, link, |words| &words.verify).await
            }
            What::ChangeAddress { user, email } => {
                if self.find(email).await?.is_some_and(|holder| holder.id != *user) {
                    return Ok(Some(writer.plain(job, email, |words| &words.address_taken)));
                }
                let link = Link::ChangeAddress { user: *user, email: email.clone() };
                self.letter_with(job, link, |words| &words.change_address).await
            }
            What::Notice { to, notice } => Ok(Some(writer.notice(job, to, notice, row.id.created_at()))),
        }
    }

    async fn letter_with(
        &self,
        job: &MailJob,
        link: Link,
        phrase: impl FnOnce(&'static Words) -> &'static Phrase,
    ) -> Result<Option<Letter>, SendError> {
        let writer = Writer { site_name: &self.config.site_name, frontend: &self.config.frontend };
        let (links, made, now) = (self.links.clone(), link.clone(), self.clock.now());
        let token = self.database.query(move |c| links.make(c, &made, now)).await?;
        let target = format!("{}?token={}", link.path(), token.text());
        Ok(Some(writer.with_link(job, link.email(), phrase, (&target, Some(link.lifetime())))))
    }

    /// The account with this address.
    async fn find(&self, email: &str) -> Result<Option<AccountSummary>, SendError> {
        let email = Email::parse(email).map_err(|fault| SendError::Never(fault.to_string()))?;
        Ok(self.database.query(move |c| storage::find_account(c, &email)).await?)
    }
}
