//! Recognizes, by their cookies, the devices on which an account has signed in before.

use aws_lc_rs::hmac;
use drawbridge_cookies::topology::CookiePolicy;
use drawbridge_core::{
    random::Random,
    secret::{KeyPurpose, MasterSecret},
};

use crate::domain::{Device, Email};

/// Checks and extends the values of device cookies.
pub(crate) struct Devices {
    key: hmac::Key,
    policy: CookiePolicy,
}

impl Devices {
    pub(crate) fn new(master: &MasterSecret, policy: &CookiePolicy) -> Self {
        Self { key: master.hmac_key(KeyPurpose::Device), policy: policy.clone() }
    }

    /// The ID of the device, if the holder of the account has signed in on it before.
    pub(crate) fn known_id(&self, device: Option<&Device>, email: &Email) -> Option<String> {
        device.filter(|device| device.knows(&self.key, email)).map(Device::id)
    }

    /// Adds the account to the device after a sign-in, or to a new device if the browser sent none.
    pub(crate) fn after_sign_in(&self, device: Option<Device>, email: &Email, random: Random) -> Device {
        device.unwrap_or_else(|| Device::new(random)).with_account(&self.key, email)
    }

    /// The policy of the device cookie.
    pub(crate) fn policy(&self) -> &CookiePolicy {
        &self.policy
    }
}
