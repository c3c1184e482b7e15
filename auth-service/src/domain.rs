//! What the words of this service mean: parsed once, at the edge. No I/O.

mod device;
mod email;
mod password;
mod password_hash;
mod role;

pub use device::Device;
pub use email::{Email, EmailFault};
pub use password::{Password, PasswordFault};
pub use password_hash::{HashFault, PasswordHash};
pub use role::{Role, RoleFault};
