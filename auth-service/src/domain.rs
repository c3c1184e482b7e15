//! Parsed values with a fixed meaning, such as e-mail addresses and passwords. No I/O, no HTTP, no database.

mod actor;
mod device;
mod email;
mod event;
mod holder;
mod language;
mod link_kind;
mod link_token;
mod password;
mod password_hash;
mod recovery_code;
mod role;
mod second_factor;
mod sign_in_method;
mod strength;
mod totp;
pub(crate) mod user_agent;

pub use actor::{Actor, ActorKind};
pub use device::Device;
pub use email::{Email, EmailError};
pub use event::EventKind;
pub use holder::Holder;
pub use language::Language;
pub use link_kind::LinkKind;
pub use link_token::LinkToken;
pub use password::{Password, PasswordError};
pub use password_hash::{HashError, PasswordHash};
pub use recovery_code::{RECOVERY_CODE_COUNT, RecoveryCode};
pub use role::{Role, RoleError};
pub use second_factor::{EnrolledFactors, FactorKind, SecondFactorPolicy};
pub use sign_in_method::SignInMethod;
pub use strength::Strength;
pub use totp::{TotpSecret, qr_svg};
