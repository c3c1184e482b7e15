use std::{iter, time::Duration};

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
    smtp_url::{SmtpCredentials, SmtpEncryption, SmtpServer},
};

/// How long the mail server may take for each reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);

/// Sends mail to a mail server, with a new connection for each message.
pub(super) struct SmtpClient(AsyncSmtpTransport<Tokio1Executor>);

impl SmtpClient {
    /// Prepares connections to `server` without opening one.
    pub(super) fn new(server: &SmtpServer) -> Result<Self, String> {
        drawbridge_core::tls::install_provider();
        let tls = match server.encryption {
            SmtpEncryption::Tls => Tls::Wrapper(tls_parameters(server)?),
            SmtpEncryption::StartTls => Tls::Required(tls_parameters(server)?),
            SmtpEncryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(REPLY_TIMEOUT));
        if let Some(SmtpCredentials { user, password }) = &server.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            builder = builder.credentials(credentials);
        }
        Ok(Self(builder.build()))
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), SendError> {
        match self.0.send(message).await {
            Ok(_) => Ok(()),
            // A refusal of the recipient is final. Any other refusal may be temporary, such as one due to an exceeded
            // quota.
            Err(error) if error.status().map(u16::from).is_some_and(refuses_recipient) => {
                Err(SendError::permanent(error))
            }
            Err(error) => Err(SendError::Temporary(with_causes(&error))),
        }
    }
}

fn tls_parameters(server: &SmtpServer) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &server.authorities {
        let authority = Certificate::from_pem(pem)
            .map_err(|error| format!("SMTP_URL names authorities (ca=) that cannot be read: {error}"))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder.build_rustls().map_err(|error| error.to_string())
}

/// The reply codes for an unknown, relocated or malformed mailbox (RFC 5321, 4.2.3).
fn refuses_recipient(code: u16) -> bool {
    matches!(code, 550 | 551 | 553)
}

/// An error followed by its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
