use std::path::PathBuf;

use drawbridge_core::{
    origin::Origin,
    pages_path::PagesPath,
    settings::{Listen, Reader, Setting},
};
use lettre::message::Mailbox;
use secrecy::ExposeSecret;

use super::smtp_url::SmtpServer;

const SMTP_URL: Setting = Setting::new(
    "SMTP_URL",
    "The mail server; without it, no e-mail is sent. `?ca=file` names the certificate authorities to trust; `?tls=none` \
     sends in plain text. `folder:path` stores e-mails instead and shows them at `/mailbox`, for local use only.",
)
.values("`smtps://user:password@host[:465]`, `smtp://user:password@host[:587]` (STARTTLS) or `folder:path`");
const MAIL_FROM: Setting =
    Setting::new("MAIL_FROM", "The sender of all e-mails, such as `Example <login@example.com>`.")
        .values("e-mail address")
        .default("required with a mail server");
const EMAIL_VERIFICATION: Setting = Setting::new(
    "EMAIL_VERIFICATION",
    "Whether an account is created only after its e-mail address has been confirmed through an e-mailed link; sign-up \
     then does not reveal whether an address has an account. With a mail server, the default is `true`.",
);

/// The sender of e-mails that are stored in a folder, unless `MAIL_FROM` is set.
const FOLDER_SENDER: &str = "login@localhost.example";

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `SMTP_URL[_FILE]`: where mail goes.
    pub transport: MailTransport,
    /// `MAIL_FROM`: the sender of all mail.
    pub from: MailSender,
    /// `SITE_NAME`: the site's name in mail.
    pub site_name: String,
    /// `FRONTEND_ORIGIN`: the origin that links in mail lead to.
    pub frontend: Origin,
    /// `PAGES_PATH`, behind which the pages are that letters link to.
    pub pages: PagesPath,
}

/// The sender of all mail: an address and, optionally, a name.
#[derive(Debug, Clone)]
pub struct MailSender(pub Mailbox);

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum MailTransport {
    /// To a mail server.
    Smtp(SmtpServer),
    /// To a folder, for local use. auth-service shows the stored mail on a page.
    Folder(PathBuf),
}

impl MailTransport {
    /// Parses `folder:path` or the URL of a mail server.
    ///
    /// # Errors
    /// The text is invalid. The message says why, without repeating the URL, which may contain a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("folder:") {
            Some(path) => Ok(Self::Folder(PathBuf::from(path))),
            None => SmtpServer::parse(text).map(Self::Smtp),
        }
    }
}

impl MailConfig {
    /// Reads `SMTP_URL[_FILE]` and `MAIL_FROM`. Returns `None` if no mail is sent, or if a setting is invalid.
    pub fn read(
        reader: &mut Reader,
        listen: &Listen,
        frontend: Option<&Origin>,
        pages: &PagesPath,
        site_name: &str,
    ) -> Option<Self> {
        let transport =
            reader.optional_secret(SMTP_URL, |url| MailTransport::parse(url.expose_secret().trim()));
        let from = reader.optional(MAIL_FROM, MailSender::parse);
        let transport = transport?;
        let from = match (from, &transport) {
            (Some(from), _) => from,
            (None, MailTransport::Folder(_)) => MailSender::parse(FOLDER_SENDER).ok()?,
            (None, MailTransport::Smtp(_)) => {
                reader.invalid(MAIL_FROM.name, "is required with SMTP_URL: the sender of all e-mails");
                return None;
            }
        };
        if matches!(transport, MailTransport::Folder(_)) && !listen.address.is_loopback() {
            reader.invalid(
                SMTP_URL.name,
                "is a folder, which is for local use only, but BIND is not a loopback address; set a mail server",
            );
        }
        Some(Self {
            transport,
            from: from.with_default_name(site_name),
            site_name: site_name.to_owned(),
            frontend: frontend?.clone(),
            pages: pages.clone(),
        })
    }

    /// Returns true if mail goes to a mail server.
    fn has_server(&self) -> bool {
        matches!(self.transport, MailTransport::Smtp(_))
    }
}

/// Reads `EMAIL_VERIFICATION`, which requires a way to send mail.
pub fn read_email_verification(reader: &mut Reader, mail: Option<&MailConfig>) -> bool {
    let is_verified = reader.flag(EMAIL_VERIFICATION, mail.is_some_and(MailConfig::has_server));
    if is_verified && mail.is_none() {
        reader.invalid(EMAIL_VERIFICATION.name, "is true, but no e-mail can be sent; set SMTP_URL as well");
    }
    is_verified
}

impl MailSender {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("must be an e-mail address such as \"Example <login@example.com>\", not \"{text}\"")
        })
    }

    fn with_default_name(self, name: &str) -> Self {
        let Mailbox { name: own_name, email } = self.0;
        Self(Mailbox::new(own_name.or_else(|| Some(name.to_owned())), email))
    }
}
