//! The pages where users manage their account.

pub(crate) mod activity;
pub(crate) mod authenticator;
pub(crate) mod confirm;
pub(crate) mod data;
pub(crate) mod delete;
pub(crate) mod email;
pub(crate) mod overview;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod recovery_codes;
pub(crate) mod sessions;
