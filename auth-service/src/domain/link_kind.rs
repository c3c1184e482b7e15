/// The kinds of mailed links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Creates an account.
    Register,
    /// Confirms the address of an account.
    Verify,
    /// Changes the address of an account.
    ChangeAddress,
    /// Sets a new password.
    Reset,
}

impl LinkKind {
    /// The kind in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Verify => "verify",
            Self::ChangeAddress => "change_address",
            Self::Reset => "reset",
        }
    }
}
