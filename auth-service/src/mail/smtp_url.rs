use std::{borrow::Cow, fmt, path::Path};

use drawbridge_core::tls::Authorities;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

const EXPECTED_FORM: &str = "must be a URL such as smtps://user:password@mail.example.com or \
                             smtp://user:password@mail.example.com:587";

/// A mail server.
#[derive(Clone)]
pub struct SmtpServer {
    /// The host name or IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: SmtpEncryption,
    /// The user and the password, if the server requires them.
    pub credentials: Option<SmtpCredentials>,
    /// The authorities to trust instead of the public ones.
    pub authorities: Option<Authorities>,
}

/// The credentials for a mail server.
#[derive(Clone)]
pub struct SmtpCredentials {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// TLS from the start (RFC 8314).
    Tls,
    /// STARTTLS (RFC 3207). Nothing is sent to a server that does not support it.
    StartTls,
    /// No encryption.
    None,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({}:{}, {:?})", self.host, self.port, self.encryption)
    }
}

impl SmtpServer {
    /// Parses `smtps://[user:password@]host[:465]` or, with STARTTLS, `smtp://[user:password@]host[:587]`.
    /// `?tls=none` sends in plain text; `?ca=file` names the authorities to trust.
    ///
    /// # Errors
    /// What is wrong with the URL. The message does not repeat it, since it may contain a password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| EXPECTED_FORM)?;
        let (encryption, default_port) = match url.scheme() {
            "smtps" => (SmtpEncryption::Tls, 465),
            "smtp" => (SmtpEncryption::StartTls, 587),
            _ => return Err(EXPECTED_FORM.into()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(EXPECTED_FORM)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(EXPECTED_FORM.into());
        }
        let mut server = Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(default_port),
            encryption,
            credentials: SmtpCredentials::from_url(&url)?,
            authorities: None,
        };
        for (name, value) in url.query_pairs() {
            server.set_parameter(&name, &value)?;
        }
        if server.credentials.is_some() && server.encryption == SmtpEncryption::None && !server.is_local() {
            return Err("would send the password in plain text; remove tls=none".into());
        }
        Ok(server)
    }

    fn set_parameter(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("tls", "none") if self.encryption == SmtpEncryption::StartTls => {
                self.encryption = SmtpEncryption::None;
            }
            ("ca", file) => {
                self.authorities = Some(Authorities::from_file(Path::new(file))?);
            }
            _ => return Err(format!("has an invalid parameter {name}; tls=none and ca=file are supported")),
        }
        Ok(())
    }

    fn is_local(&self) -> bool {
        matches!(&*self.host, "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl SmtpCredentials {
    fn from_url(url: &Url) -> Result<Option<Self>, String> {
        let decode = |text: &str| {
            percent_decode_str(text).decode_utf8().map(Cow::into_owned).map_err(|_| EXPECTED_FORM.to_owned())
        };
        match (url.username(), url.password()) {
            ("", None) => Ok(None),
            (user, Some(password)) if !user.is_empty() => {
                Ok(Some(Self { user: decode(user)?, password: decode(password)?.into() }))
            }
            _ => Err("must have a user and a password, or neither".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn url_gives_encryption_port_and_credentials() {
        let server = SmtpServer::parse("smtps://ada%40x.org:p%3Aw@mail.example.com").unwrap();
        let credentials = server.credentials.unwrap();

        assert_eq!((server.port, server.encryption), (465, SmtpEncryption::Tls));
        assert_eq!((&*credentials.user, credentials.password.expose_secret()), ("ada@x.org", "p:w"));
    }

    #[test]
    fn scheme_and_parameters_select_the_encryption() {
        for (url, expected) in [
            ("smtps://mail.example.com", SmtpEncryption::Tls),
            ("smtp://mail.example.com", SmtpEncryption::StartTls),
            ("smtp://mail.example.com:25?tls=none", SmtpEncryption::None),
        ] {
            assert_eq!(SmtpServer::parse(url).unwrap().encryption, expected, "{url}");
        }
    }

    #[test]
    fn invalid_urls_are_refused_without_repeating_the_password() {
        for (case, url) in [
            ("empty", ""),
            ("no scheme", "mail.example.com"),
            ("another scheme", "http://mail.example.com"),
            ("no host", "smtp://"),
            ("user without password", "smtp://ada@mail.example.com"),
            ("password in plain text", "smtp://ada:hunter2@mail.example.com?tls=none"),
            ("smtps without TLS", "smtps://ada:hunter2@mail.example.com?tls=none"),
            ("unknown value", "smtp://ada:hunter2@mail.example.com?tls=maybe"),
            ("missing file", "smtp://ada:hunter2@mail.example.com?ca=/nowhere"),
            ("path", "smtp://ada:hunter2@mail.example.com/x"),
        ] {
            let error = SmtpServer::parse(url).expect_err(case);

            assert!(!error.contains("hunter2"), "{case}: {error}");
        }
    }

    #[test]
    fn debug_output_hides_the_credentials() {
        let server = SmtpServer::parse("smtps://ada:hunter2@x.org").unwrap();

        assert!(!format!("{server:?}").contains("hunter2"));
    }
}
