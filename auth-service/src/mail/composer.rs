use std::sync::Arc;

use drawbridge_core::{clock::SharedClock, id::UserId, origin::Origin, pages_path::PagesPath};
use drawbridge_database::Database;
use secrecy::ExposeSecret;

use super::{
    MailJob, MailKind, MailLink, MailLinks, SendError,
    letter::Letter,
    letter_writer::{LetterWriter, Target},
    words::{Phrase, Words},
};
use crate::{
    domain::{Email, EventKind},
    storage::{self, AccountSummary, MailJobRow, NewEvent, Profile},
};

/// Decides who gets which letter, and creates the link in it.
pub(super) struct Composer {
    pub(super) site_name: String,
    pub(super) frontend: Origin,
    pub(super) pages: PagesPath,
    pub(super) links: Arc<MailLinks>,
    pub(super) database: Database,
    pub(super) clock: SharedClock,
}

/// A letter that is ready to be sent.
pub(super) struct ComposedLetter {
    pub(super) letter: Letter,
    /// The hash of the link in the letter, if it contains one.
    pub(super) link_hash: Option<Vec<u8>>,
}

impl From<Letter> for ComposedLetter {
    fn from(letter: Letter) -> Self {
        Self { letter, link_hash: None }
    }
}

impl Composer {
    /// Composes the letter for a job. Returns `None` if no letter should be sent.
    pub(super) async fn compose(
        &self,
        job: &MailJob,
        row: &MailJobRow,
    ) -> Result<Option<ComposedLetter>, SendError> {
        let writer = self.writer(job);
        match &job.kind {
            MailKind::Register { email, hash, next } => {
                let link =
                    MailLink::Register { email: email.clone(), hash: hash.clone(), next: next.clone() };
                self.compose_registration(&writer, link).await
            }
            MailKind::Forgot { email } => self.compose_reset(&writer, email, job, row).await,
            MailKind::Verify { user } => {
                let profile = self.find_profile(*user).await?.filter(|profile| !profile.email_verified);
                let Some(profile) = profile else { return Ok(None) };
                let link = MailLink::Verify { user: *user, email: profile.email };
                self.with_link(&writer, link, &writer.words.verify).await
            }
            MailKind::ChangeAddress { user, email } => {
                self.compose_address_change(&writer, *user, email).await
            }
            MailKind::Notice { user, to, notice } => {
                // Notices are queued only for confirmed addresses. This check is for those that an older version
                // queued without one.
                if self.find_profile(*user).await?.is_some_and(|profile| !profile.email_verified) {
                    return Ok(None);
                }
                Ok(Some(writer.notice(job, to, notice, row.id.created_at()).into()))
            }
        }
    }

    async fn compose_registration(
        &self,
        writer: &LetterWriter<'_>,
        link: MailLink,
    ) -> Result<Option<ComposedLetter>, SendError> {
        if self.find_account(link.email()).await?.is_some() {
            let sign_in = Target { path_and_query: "/login", lifetime: None };
            return Ok(Some(writer.with_button(link.email(), &writer.words.register_known, &sign_in).into()));
        }
        self.with_link(writer, link, &writer.words.register).await
    }

    async fn compose_reset(
        &self,
        writer: &LetterWriter<'_>,
        email: &str,
        job: &MailJob,
        row: &MailJobRow,
    ) -> Result<Option<ComposedLetter>, SendError> {
        let account = self.find_account(email).await?.filter(|account| !account.disabled);
        let Some(AccountSummary { id: user, email, .. }) = account else { return Ok(None) };
        // Later attempts to send the same job are not new requests.
        if row.attempts == 1 {
            let requested_at = row.id.created_at();
            let event = NewEvent::new(EventKind::PasswordResetRequested, &job.actor(), requested_at).to(user);
            self.database.query(move |c| storage::insert_event(c, &event)).await?;
        }
        self.with_link(writer, MailLink::Reset { user, email }, &writer.words.reset).await
    }

    async fn compose_address_change(
        &self,
        writer: &LetterWriter<'_>,
        user: UserId,
        email: &str,
    ) -> Result<Option<ComposedLetter>, SendError> {
        if self.find_profile(user).await?.is_none() {
            return Ok(None);
        }
        if self.find_account(email).await?.is_some_and(|account| account.id != user) {
            return Ok(Some(writer.without_button(email, email, &writer.words.address_taken).into()));
        }
        let link = MailLink::ChangeAddress { user, email: email.to_owned() };
        self.with_link(writer, link, &writer.words.change_address).await
    }

    /// Creates a link and writes the letter that contains it.
    async fn with_link(
        &self,
        writer: &LetterWriter<'_>,
        link: MailLink,
        phrase: &'static Phrase,
    ) -> Result<Option<ComposedLetter>, SendError> {
        let links = self.links.clone();
        let created = link.clone();
        let now = self.clock.now();
        let token = self.database.query(move |c| links.create(c, &created, now)).await?;
        let path_and_query = format!("{}?token={}", link.path(), token.text().expose_secret());
        let target = Target { path_and_query: &path_and_query, lifetime: Some(link.lifetime()) };
        let letter = writer.with_button(link.email(), phrase, &target);
        Ok(Some(ComposedLetter { letter, link_hash: Some(token.hash()) }))
    }

    fn writer(&self, job: &MailJob) -> LetterWriter<'_> {
        LetterWriter {
            words: Words::in_language(job.language),
            site_name: &self.site_name,
            frontend: &self.frontend,
            pages: &self.pages,
        }
    }

    async fn find_profile(&self, user: UserId) -> Result<Option<Profile>, SendError> {
        Ok(self.database.query(move |c| storage::find_profile(c, user)).await?)
    }

    async fn find_account(&self, email: &str) -> Result<Option<AccountSummary>, SendError> {
        let email = Email::parse(email).map_err(SendError::permanent)?;
        Ok(self.database.query(move |c| storage::find_account(c, &email)).await?)
    }
}
