/// One of the three services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// auth-service.
    Auth,
    /// verify-service.
    Verify,
    /// web-frontend.
    Frontend,
}

impl Service {
    /// All services, in the order in which they start.
    pub const ALL: [Self; 3] = [Self::Auth, Self::Verify, Self::Frontend];

    /// The name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth-service",
            Self::Verify => "verify-service",
            Self::Frontend => "web-frontend",
        }
    }
}
