use std::net::IpAddr;

use super::Language;

/// Who makes a change and from where, as audit events and mail jobs record it.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who makes the change.
    pub kind: ActorKind,
    /// The client's address; none for an operator, and if a frontend does not know it.
    pub address: Option<IpAddr>,
    /// The browser's `User-Agent`, at most 256 characters; empty if there is none.
    pub user_agent: String,
    /// The ID of the request in the logs; empty for an operator.
    pub request_id: String,
    /// The language of mail about the change.
    pub language: Language,
}

/// The kind of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A client of the HTTP API: the owner of the account, or someone who claims to be.
    Person,
    /// An operator of the deployment, using the `drawbridge` command.
    Operator,
    /// A registered frontend that acts for itself and not for a user.
    Frontend,
}

impl ActorKind {
    /// The kind as stored in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Operator => "operator",
            Self::Frontend => "frontend",
        }
    }
}

impl Actor {
    /// An operator using the `drawbridge` command.
    pub fn operator() -> Self {
        Self {
            kind: ActorKind::Operator,
            address: None,
            user_agent: String::new(),
            request_id: String::new(),
            language: Language::default(),
        }
    }

    /// The same actor without address and user agent, for an event that outlives its account.
    #[must_use]
    pub fn anonymized(&self) -> Self {
        Self { address: None, user_agent: String::new(), ..self.clone() }
    }

    /// The address as text; empty if there is none.
    pub fn address_text(&self) -> String {
        self.address.map_or_else(String::new, |address| address.to_canonical().to_string())
    }
}
