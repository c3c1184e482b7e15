//! The programs whose instructions are counted.

/// A service that the program `counted-services` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// auth-service.
    Auth,
    /// verify-service.
    Verify,
    /// An application with the embedded guard.
    Guard,
    /// web-frontend in front of an application.
    Frontend,
    /// The application behind web-frontend, which is never counted.
    Application,
}

impl Service {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Verify => "verify",
            Self::Guard => "guard",
            Self::Frontend => "frontend",
            Self::Application => "application",
        }
    }

    /// The path that returns 200 once the service is ready.
    pub(crate) const fn readiness_path(self) -> &'static str {
        match self {
            Self::Frontend => "/auth/health/ready",
            _ => "/health/ready",
        }
    }
}
