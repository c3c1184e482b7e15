//! What the words of this service mean: parsed once, at the edge. No I/O.

mod device;
mod email;
mod event;
mod link_token;
mod password;
mod password_hash;
mod recovery_code;
mod role;
mod strength;
mod totp;
pub(crate) mod user_agent;

pub use device::Device;
pub use email::{Email, EmailFault};
pub use event::EventKind;
pub use link_token::LinkToken;
pub use password::{Password, PasswordFault};
pub use password_hash::{HashFault, PasswordHash};
pub use recovery_code::{RECOVERY_CODES, RecoveryCode};
pub use role::{Role, RoleFault};
pub use strength::Strength;
pub use totp::{TotpSecret, qr_svg};
