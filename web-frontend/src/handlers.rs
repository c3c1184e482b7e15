//! The handlers, one page or endpoint per file, and what several of them share.

pub(crate) mod account;
pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod confirm_address;
pub(crate) mod discovery;
pub(crate) mod enrol;
pub(crate) mod forgot_password;
pub(crate) mod forms;
pub(crate) mod health_ready;
pub(crate) mod home;
pub(crate) mod language;
pub(crate) mod login;
pub(crate) mod logout;
mod mail_link;
pub(crate) mod openapi;
mod passkey;
pub(crate) mod private;
mod refusal;
pub(crate) mod register;
pub(crate) mod reset_password;
pub(crate) mod second_factor;
mod sign_in;
pub(crate) mod upstream;
