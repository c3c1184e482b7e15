//! One endpoint a file.

pub(crate) mod health_ready;
pub(crate) mod verify;
