//! On whose behalf something is done: what the audit log keeps of a request, and what mails are written in.

use std::net::IpAddr;

use actix_web::{HttpRequest, http::header};
use drawbridge_http::{
    RequestId,
    forwarded::{self, LANGUAGE, USER_AGENT},
};
use serde::{Deserialize, Serialize};

use crate::app::App;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody over HTTP: the holder of the account, or who would like to be.
    Person,
    /// Whoever runs the deployment, by the command.
    Operator,
}

impl Actor {
    /// The word in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Operator => "operator",
        }
    }
}

/// A language that mails are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
}

impl Language {
    fn parse(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "de" => Some(Self::De),
            "fr" => Some(Self::Fr),
            _ => None,
        }
    }
}

/// Who asks, from where, with what.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// From where, as far as `TRUSTED_PROXIES` and the deployment's own proxies say.
    pub address: Option<IpAddr>,
    /// With what, at most 256 characters; empty if it did not say.
    pub user_agent: String,
    /// Under which id it stands in the logs.
    pub request_id: String,
    /// The language that the person reads.
    pub language: Language,
}

impl Caller {
    /// Whoever sent a request. What its proxy says of the browser is believed of our own alone.
    pub(crate) fn of(app: &App, request: &HttpRequest) -> Self {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let (agent, language) = if app.is_from_proxy(request) {
            (text(USER_AGENT), text(LANGUAGE))
        } else {
            (text(header::USER_AGENT.as_str()), text(header::ACCEPT_LANGUAGE.as_str()))
        };
        Self {
            actor: Actor::Person,
            address: Some(app.client_address(request)),
            user_agent: forwarded::user_agent(agent.unwrap_or_default()),
            request_id: RequestId::of(request).map_or_else(String::new, |id| id.as_str().to_owned()),
            language: language.and_then(Language::parse).unwrap_or_default(),
        }
    }

    /// Whoever runs the command.
    pub fn operator() -> Self {
        Self {
            actor: Actor::Operator,
            address: None,
            user_agent: String::new(),
            request_id: String::new(),
            language: Language::default(),
        }
    }

    /// The address as text, empty if there is none.
    pub fn address_text(&self) -> String {
        self.address.map_or_else(String::new, |address| address.to_canonical().to_string())
    }
}
