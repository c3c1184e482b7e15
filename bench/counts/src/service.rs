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
}

impl Service {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Verify => "verify",
            Self::Guard => "guard",
        }
    }
}
