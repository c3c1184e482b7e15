use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret;

use super::{
    SendError,
    config::{Security, SmtpServer},
};

/// How long a mail server may take for each of its answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way to a mail server: a connection for each mail.
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// Nothing is connected yet.
    pub(super) fn new(server: &SmtpServer) -> Result<Self, String> {
        drawbridge_core::tls::install_provider();
        let parameters = || -> Result<TlsParameters, String> {
            let mut builder = TlsParameters::builder(server.host.clone());
            if let Some(pem) = &server.authorities {
                let authority = Certificate::from_pem(pem);
                let authority = authority.map_err(|error| format!("SMTP_URL: ca cannot be read: {error}"))?;
                builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
            }
            builder.build_rustls().map_err(|error| error.to_string())
        };
        let tls = match server.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::StartTls => Tls::Required(parameters()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = &server.credentials {
            builder =
                builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self(builder.build()))
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), SendError> {
        match self.0.send(message).await {
            Ok(_) => Ok(()),
            // What the server says of the recipient stays true; what it says of us, of its quota or of its day may not.
            Err(error) if error.status().map(u16::from).is_some_and(is_of_recipient) => {
                Err(SendError::Never(error.to_string()))
            }
            Err(error) => Err(SendError::Later(chain(&error))),
        }
    }
}

/// No such mailbox, not here, or not a name for one (RFC 5321, 4.2.3).
fn is_of_recipient(code: u16) -> bool {
    matches!(code, 550 | 551 | 553)
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
