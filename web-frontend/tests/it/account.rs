//! The pages of the account, without a script.
