//! Which program sent a request.

use std::net::IpAddr;

use drawbridge_core::{audience::Audience, origin::Origin};

use crate::domain::FrontendName;

/// The program that sent a request, established once when it arrives.
#[derive(Debug, Clone, Default)]
pub(crate) enum Caller {
    /// A browser or another client, without a valid proof.
    #[default]
    Direct,
    /// web-frontend of this deployment, on behalf of the client with this address.
    WebFrontend {
        /// `None` if web-frontend does not know it.
        address: Option<IpAddr>,
    },
    /// A registered frontend.
    Frontend(Box<CallingFrontend>),
}

/// A registered frontend that has proven itself.
#[derive(Debug, Clone)]
pub(crate) struct CallingFrontend {
    pub(crate) name: FrontendName,
    /// The audience of its sessions, if it has one of its own.
    pub(crate) audience: Option<Audience>,
    /// The audiences for which it may exchange sessions for access tokens.
    pub(crate) audiences: Vec<Audience>,
    /// The origin that it acts for, which is registered for it.
    pub(crate) origin: Origin,
    /// The address of the client, if the frontend knows it.
    pub(crate) address: Option<IpAddr>,
    /// Whether it used a preview key, so that it acts for a preview.
    pub(crate) is_preview: bool,
}

impl Caller {
    /// Returns true if the caller has proven which frontend it is. It sets cookies on its own origin, and passes on
    /// what the browser sent.
    pub(crate) fn is_frontend(&self) -> bool {
        !matches!(self, Self::Direct)
    }

    /// The name of the frontend that the caller has proven to be.
    pub(crate) fn frontend_name(&self) -> Option<&str> {
        match self {
            Self::Direct => None,
            Self::WebFrontend { .. } => Some(FrontendName::WEB_FRONTEND),
            Self::Frontend(frontend) => Some(frontend.name.as_str()),
        }
    }

    /// The frontend, if it is a registered one.
    pub(crate) fn registered_frontend(&self) -> Option<&CallingFrontend> {
        match self {
            Self::Frontend(frontend) => Some(frontend),
            Self::Direct | Self::WebFrontend { .. } => None,
        }
    }
}
