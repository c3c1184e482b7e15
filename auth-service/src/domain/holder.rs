use drawbridge_core::id::UserId;

/// The holder of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The account.
    pub user: UserId,
    /// The account's address, to which notices go.
    pub email: String,
}
