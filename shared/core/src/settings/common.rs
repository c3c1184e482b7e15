//! Settings that several services read in the same way.

use std::{net::IpAddr, time::Duration};

use super::{Reader, Setting};
use crate::{origin::Origin, secret::MasterSecret};

const BIND: Setting = Setting::new("BIND", "The IP address that the service listens on.")
    .values("IP address")
    .default("127.0.0.1");
const PORT: Setting = Setting::new("PORT", "The port that the service listens on; 0 picks a free port.");
const INTERNAL_PORT: Setting = Setting::new(
    "INTERNAL_PORT",
    "The port for metrics and for other services of the deployment; do not publish it. By default, `PORT` plus 1000.",
);
const DRAIN_TIME: Setting = Setting::new(
    "DRAIN_TIME",
    "How long the service keeps serving after SIGTERM. During this time, `/health/serving` reports that it is \
     draining.",
);
const CONNECT_TIMEOUT: Setting = Setting::new(
    "CONNECT_TIMEOUT",
    "How long to wait for a connection to another program. Redis has shorter limits of its own.",
);
const ANSWER_TIMEOUT: Setting = Setting::new(
    "ANSWER_TIMEOUT",
    "How long to wait for an answer from another program. Redis has shorter limits of its own.",
);
const MASTER_SECRET: Setting = Setting::new(
    "MASTER_SECRET",
    "The secret from which auth-service derives its keys. `openssl rand -base64 32` creates one.",
)
.values("at least 32 bytes");
const FRONTEND_ORIGIN: Setting =
    Setting::new("FRONTEND_ORIGIN", "The origin that users see in the address bar.").values("origin");
const BACKEND_ORIGIN: Setting = Setting::new(
    "BACKEND_ORIGIN",
    "The origin at which browsers reach auth-service. `COOKIE_MODE=shared` and `host` need it.",
)
.values("origin");
const SITE_NAME: Setting = Setting::new(
    "SITE_NAME",
    "The site's name on pages, in e-mails, in authenticator apps and for passkeys.",
)
.values("up to 60 characters")
.default("Drawbridge");

/// Where a service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address.
    pub address: IpAddr,
    /// The port; 0 picks a free one.
    pub port: u16,
    /// The port for metrics and for other services of the deployment; 0 picks a free one.
    pub internal_port: u16,
    /// The address of the internal port.
    pub internal_address: IpAddr,
    /// How long the service keeps serving after SIGTERM while it reports itself as draining.
    pub drain_time: Duration,
}

/// How far the default internal port lies above the public one.
pub const INTERNAL_PORT_OFFSET: u16 = 1000;

impl Listen {
    /// Reads `BIND`, `PORT`, `INTERNAL_PORT` and `DRAIN_TIME`.
    pub fn read(reader: &mut Reader, default_port: u16) -> Self {
        let parse_address =
            |text: &str| text.parse().map_err(|_| format!("must be an IP address, not \"{text}\""));
        let address = reader.optional(BIND, parse_address).unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let port = reader.within(PORT, default_port, 0..=u16::MAX);
        let default_internal_port = match port.checked_add(INTERNAL_PORT_OFFSET) {
            Some(internal_port) if port != 0 => internal_port,
            _ => 0,
        };
        Self {
            address,
            port,
            internal_address: address,
            internal_port: reader.within(INTERNAL_PORT, default_internal_port, 0..=u16::MAX),
            drain_time: reader.duration(DRAIN_TIME, Duration::ZERO, Duration::ZERO..=Duration::from_mins(10)),
        }
    }
}

/// How long to wait for another program. Requests that queue by design have longer limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// `CONNECT_TIMEOUT`: until a connection is established.
    pub connect: Duration,
    /// `ANSWER_TIMEOUT`: until an answer arrives.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_millis(250), answer: Duration::from_secs(1) }
    }
}

impl Timeouts {
    /// Reads `CONNECT_TIMEOUT` and `ANSWER_TIMEOUT`.
    pub fn read(reader: &mut Reader) -> Self {
        let bounds = Duration::from_millis(10)..=Duration::from_mins(1);
        let default = Self::default();
        Self {
            connect: reader.duration(CONNECT_TIMEOUT, default.connect, bounds.clone()),
            answer: reader.duration(ANSWER_TIMEOUT, default.answer, bounds),
        }
    }
}

impl Reader<'_> {
    /// Reads `MASTER_SECRET[_FILE]`.
    pub fn master_secret(&mut self) -> Option<MasterSecret> {
        self.secret(MASTER_SECRET, MasterSecret::parse)
    }

    /// Reads `FRONTEND_ORIGIN`.
    pub fn frontend_origin(&mut self) -> Option<Origin> {
        self.required(FRONTEND_ORIGIN, Origin::parse)
    }

    /// Reads `FRONTEND_ORIGIN`, for programs that can do without it.
    pub fn optional_frontend_origin(&mut self) -> Option<Origin> {
        self.optional(FRONTEND_ORIGIN, Origin::parse)
    }

    /// Reads `BACKEND_ORIGIN`.
    pub fn backend_origin(&mut self) -> Option<Origin> {
        self.optional(BACKEND_ORIGIN, Origin::parse)
    }

    /// Reads `SITE_NAME`.
    pub fn site_name(&mut self) -> String {
        let parse = |text: &str| {
            let is_valid = text.chars().count() <= 60 && !text.chars().any(char::is_control);
            let reason = || "must have at most 60 characters and no control characters".to_owned();
            is_valid.then(|| text.to_owned()).ok_or_else(reason)
        };
        self.optional(SITE_NAME, parse).unwrap_or_else(|| "Drawbridge".to_owned())
    }
}
