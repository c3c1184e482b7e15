//! What the words of this service mean: parsed once, at the edge. No I/O.

mod device;
mod email;
mod password;

pub use device::Device;
pub use email::{Email, EmailFault};
pub use password::{Password, PasswordFault};
