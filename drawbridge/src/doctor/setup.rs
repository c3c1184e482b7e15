use drawbridge_cookies::topology::{CookieMode, CookiePolicy, Topology, TopologyError};
use drawbridge_core::origin::Origin;

/// The deployment to check.
#[derive(Debug, Clone)]
pub(super) struct DoctorSetup {
    pub(super) frontend: Origin,
    pub(super) backend: Origin,
    pub(super) mode: CookieMode,
    pub(super) login_path: String,
    pub(super) private_path: String,
    pub(super) cookie_name: Option<String>,
}

impl DoctorSetup {
    /// The policy of the cookie that Drawbridge would set here.
    pub(super) fn policy(&self) -> Result<CookiePolicy, TopologyError> {
        let topology = Topology {
            frontend: &self.frontend,
            backend: Some(&self.backend),
            mode: self.mode,
            name: self.cookie_name.as_deref(),
        };
        topology.policy()
    }

    /// The origin to which a page sends the login.
    pub(super) fn login_origin(&self) -> &Origin {
        if self.mode == CookieMode::Proxy { &self.frontend } else { &self.backend }
    }

    /// Returns true if pages call the backend on another origin, so that CORS applies.
    pub(super) fn needs_cors(&self) -> bool {
        self.mode != CookieMode::Proxy && self.frontend != self.backend
    }

    /// Returns true if a guard on the frontend should see the cookie.
    pub(super) fn has_guard(&self) -> bool {
        self.mode != CookieMode::Host || self.frontend.host() == self.backend.host()
    }
}
