use std::{iter, time::Duration};

use drawbridge_core::tls::{additional_authorities, find_tls_error};
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

    /// Connects once, and logs an error if no certificate of the server is trusted. Mail that is due is tried anyway.
    pub(super) async fn report_untrusted_certificate(&self) {
        if let Err(error) = self.0.test_connection().await
            && let Some(reason) = find_tls_error(&error)
        {
            tracing::error!(%reason, "the mail server has no trusted certificate: name its authority with ca= in SMTP_URL");
        }
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
    if server.authorities.is_some() {
        builder = builder.certificate_store(CertificateStore::None);
    }
    if let Some(authorities) = server.authorities.as_ref().or_else(|| additional_authorities()) {
        let certificates = Certificate::from_pem(authorities.pem().as_bytes());
        builder = builder.add_root_certificate(certificates.map_err(|error| error.to_string())?);
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
