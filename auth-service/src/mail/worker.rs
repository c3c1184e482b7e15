use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use drawbridge_core::{clock::SharedClock, id::UserId};
use drawbridge_database::{Database, DatabaseUnavailable};
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
    storage::{self, AccountSummary, MailJobRow, NewEvent, Profile},
};

/// How often it is looked whether a mail is due that nobody told of.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a mail that is being sent is nobody else's.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// How long the sending of one may take in all: less than the lease.
const LONGEST_SENDING: Duration = Duration::from_secs(90);

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

/// A letter, and the hash of the link in it, if there is one.
type Written = (Letter, Option<Vec<u8>>);

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
            // Each is on its own: what stands in the way of one mail is no reason to stop another.
            let done = done.map_err(|error| DatabaseUnavailable(error.to_string())).flatten();
            if let Err(error) = done {
                tracing::warn!(%error, "a mail is tried again when nobody holds it any more");
            }
        }
        Ok(count)
    }

    /// Sends one mail, or says when it is tried again.
    async fn finish(&self, row: MailJobRow) -> Result<(), DatabaseUnavailable> {
        let (id, attempts) = (row.id, row.attempts);
        // Whoever takes longer than the lease would send what another replica sends, too.
        let sent = tokio::time::timeout(LONGEST_SENDING, self.send(&row)).await;
        match sent.unwrap_or_else(|_| Err(SendError::Later("it takes too long".into()))) {
            Ok(()) => {}
            Err(SendError::Never(reason)) => tracing::warn!(%id, reason, "a mail cannot be delivered"),
            Err(error) if self.clock.now() - id.created_at() > GIVE_UP_AFTER => {
                tracing::error!(%id, %error, "a mail was tried for too long");
            }
            Err(error) => {
                tracing::warn!(%id, attempts, %error, "a mail is tried again later");
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
        let Some((letter, link)) = self.write(&job, row).await? else { return Ok(()) };
        let sent = match &self.way {
            Way::Smtp(smtp) => smtp.send(letter.message(&self.config.from, row.id)?).await,
            Way::Folder(folder) => {
                let kept = folder.keep(row.id, &letter);
                kept.map_err(|error| SendError::Later(format!("the mailbox's folder: {error}")))
            }
        };
        // A link that nobody was sent is no link; the next try makes another one.
        if let (Err(_), Some(link)) = (&sent, link) {
            self.database.query(move |c| storage::delete_link(c, &link)).await?;
        }
        sent
    }

    /// The letter, with the hash of the link in it; `None` if nobody is to get one.
    async fn write(&self, job: &MailJob, row: &MailJobRow) -> Result<Option<Written>, SendError> {
        let writer = Writer { site_name: &self.config.site_name, frontend: &self.config.frontend };
        match &job.what {
            What::Register { email, hash } => {
                if self.find(email).await?.is_some() {
                    let known = |words: &'static Words| &words.register_known;
                    return Ok(Some((writer.with_link(job, email, known, ("/login", None)), None)));
                }
                let link = Link::Register { email: email.clone(), hash: hash.clone() };
                self.letter_with(job, link, |words| &words.register).await
            }
            What::Forgot { email } => {
                let Some(account) = self.find(email).await?.filter(|account| !account.disabled) else {
                    return Ok(None);
                };
                let (user, email) = (account.id, account.email);
                if row.attempts == 1 {
                    let kind = EventKind::PasswordResetRequested;
                    let event = NewEvent::new(kind, &job.caller(), row.id.created_at()).to(user);
                    self.database.query(move |c| storage::insert_event(c, &event)).await?;
                }
                self.letter_with(job, Link::Reset { user, email }, |words| &words.reset).await
            }
            What::Verify { user } => {
                let profile = self.profile(*user).await?.filter(|profile| !profile.email_verified);
                let Some(profile) = profile else { return Ok(None) };
                let link = Link::Verify { user: *user, email: profile.email };
                self.letter_with(job, link, |words| &words.verify).await
            }
            What::ChangeAddress { user, email } => {
                if self.profile(*user).await?.is_none() {
                    return Ok(None);
                }
                if self.find(email).await?.is_some_and(|holder| holder.id != *user) {
                    return Ok(Some((writer.plain(job, email, |words| &words.address_taken), None)));
                }
                let link = Link::ChangeAddress { user: *user, email: email.clone() };
                self.letter_with(job, link, |words| &words.change_address).await
            }
            What::Notice { user, to, notice } => {
                // An address that was never confirmed may be a stranger's, who would be told of somebody else's doings.
                if self.profile(*user).await?.is_some_and(|profile| !profile.email_verified) {
                    return Ok(None);
                }
                Ok(Some((writer.notice(job, to, notice, row.id.created_at()), None)))
            }
        }
    }

    async fn letter_with(
        &self,
        job: &MailJob,
        link: Link,
        phrase: impl FnOnce(&'static Words) -> &'static Phrase,
    ) -> Result<Option<Written>, SendError> {
        let writer = Writer { site_name: &self.config.site_name, frontend: &self.config.frontend };
        let (links, made, now) = (self.links.clone(), link.clone(), self.clock.now());
        let token = self.database.query(move |c| links.make(c, &made, now)).await?;
        let target = format!("{}?token={}", link.path(), token.text());
        let letter = writer.with_link(job, link.email(), phrase, (&target, Some(link.lifetime())));
        Ok(Some((letter, Some(token.hash()))))
    }

    async fn profile(&self, user: UserId) -> Result<Option<Profile>, SendError> {
        Ok(self.database.query(move |c| storage::find_profile(c, user)).await?)
    }

    /// The account with this address.
    async fn find(&self, email: &str) -> Result<Option<AccountSummary>, SendError> {
        let email = Email::parse(email).map_err(|fault| SendError::Never(fault.to_string()))?;
        Ok(self.database.query(move |c| storage::find_account(c, &email)).await?)
    }
}
