use std::{fs, path::PathBuf};

use drawbridge_core::{origin::Origin, settings::Reader};
use lettre::message::Mailbox;
use secrecy::SecretString;

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `SMTP_URL[_FILE]`.
    pub transport: Transport,
    /// `MAIL_FROM`.
    pub from: Sender,
    /// `SITE_NAME`.
    pub site_name: String,
    /// `FRONTEND_ORIGIN`: where links lead.
    pub frontend: Origin,
}

/// Who mails are from.
#[derive(Debug, Clone)]
pub struct Sender(pub Mailbox);

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To a mail server.
    Smtp(SmtpServer),
    /// Into a folder, to be read on a page of auth-service: for a machine of one's own.
    Folder(PathBuf),
}

/// A mail server.
#[derive(Clone)]
pub struct SmtpServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// User and password, if it asks for them.
    pub credentials: Option<(String, SecretString)>,
    /// The authorities to trust instead of the public ones, in PEM.
    pub authorities: Option<Vec<u8>>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// From its beginning (RFC 8314).
    Tls,
    /// By STARTTLS (RFC 3207), without which nothing is sent.
    StartTls,
    /// Not at all, to this machine alone or where it was asked for.
    None,
}

impl std::fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpServer({}:{}, {:?})", self.host, self.port, self.security)
    }
}

impl Transport {
    /// Reads `smtps://[user:password@]host[:465]`, `smtp://[user:password@]host[:587]` (with STARTTLS) or
    /// `folder:path`. `?tls=none` sends in plain text, `?ca=file` names the authorities to trust. It may hold a
    /// password and is not repeated in errors.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("folder:") {
            return Ok(Self::Folder(PathBuf::from(path)));
        }
        let form = || {
            "must be like smtps://user:password@mail.example.com or smtp://user:password@mail.example.com:587"
                .to_owned()
        };
        let url = url::Url::parse(text).map_err(|_| form())?;
        let (mut security, default_port) = match url.scheme() {
            "smtps" => (Security::Tls, 465),
            "smtp" => (Security::StartTls, 587),
            _ => return Err(form()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(form)?.to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(form());
        }
        let mut authorities = None;
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "none") if security == Security::StartTls => security = Security::None,
                ("ca", file) => {
                    let pem = fs::read(file)
                        .map_err(|error| format!("names ca={file}, which cannot be read: {error}"))?;
                    authorities = Some(pem);
                }
                (name, _) => return Err(format!("has {name}, which is not known; take tls=none or ca=file")),
            }
        }
        let decode = |text: &str| {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
            decoded.map(std::borrow::Cow::into_owned).map_err(|_| form())
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decode(user)?, decode(password)?.into())),
            _ => return Err("has a user without a password, or the other way round".into()),
        };
        if credentials.is_some() && security == Security::None && !is_loopback(&host) {
            return Err("would send the password in plain text: leave out tls=none".into());
        }
        let port = url.port().unwrap_or(default_port);
        Ok(Self::Smtp(SmtpServer { host, port, security, credentials, authorities }))
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

impl MailConfig {
    /// Reads how mail is sent; `None` if it is not.
    pub fn read(reader: &mut Reader, frontend: &Origin, site_name: &str) -> Option<Self> {
        use secrecy::ExposeSecret;
        let transport =
            reader.optional_secret("SMTP_URL", |url| Transport::parse(url.expose_secret().trim()));
        let from = reader.optional("MAIL_FROM", |text| {
            text.parse::<Mailbox>().map(Sender).map_err(|_| {
                format!("must be an address such as \"Example <login@example.com>\", not \"{text}\"")
            })
        });
        let transport = transport?;
        let from = match (from, &transport) {
            (Some(from), _) => from,
            (None, Transport::Folder(_)) => Sender("login@localhost.example".parse().ok()?),
            (None, Transport::Smtp(_)) => {
                reader.invalid("MAIL_FROM", "is required with SMTP_URL: the address that mails are from");
                return None;
            }
        };
        let mailbox = Mailbox::new(from.0.name.or_else(|| Some(site_name.to_owned())), from.0.email);
        let (from, site_name, frontend) = (Sender(mailbox), site_name.to_owned(), frontend.clone());
        Some(Self { transport, from, site_name, frontend })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_mail_server_is_named_by_a_url() {
        let smtp = |text: &str| match Transport::parse(text) {
            Ok(Transport::Smtp(server)) => server,
            other => panic!("{text}: {other:?}"),
        };
        let tls = smtp("smtps://ada%40x.org:p%3Aw@mail.example.com");
        assert_eq!((tls.port, tls.security), (465, Security::Tls));
        let (user, password) = tls.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("ada@x.org", "p:w"));
        assert_eq!(smtp("smtp://mail.example.com").security, Security::StartTls);
        assert_eq!(smtp("smtp://mail.example.com:25?tls=none").security, Security::None);
        for bad in [
            "",
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtp://ada@mail.example.com",
            "smtp://ada:hunter2@mail.example.com?tls=none",
            "smtps://mail.example.com?tls=none",
            "smtp://mail.example.com?tls=maybe",
            "smtp://mail.example.com?ca=/nowhere",
            "smtp://mail.example.com/x",
        ] {
            let fault = Transport::parse(bad).unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
        assert!(!format!("{:?}", smtp("smtps://ada:hunter2@x.org")).contains("hunter2"));
    }
}
