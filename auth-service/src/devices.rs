//! Which device a request is from, as far as its cookie shows.

use actix_web::HttpRequest;
use aws_lc_rs::hmac;
use drawbridge_cookies::{
    device_cookie::{self, DEVICE},
    session_cookie::SessionCookie,
    topology::CookiePolicy,
};
use drawbridge_core::{
    random::Random,
    secret::{MasterSecret, Purpose},
};

use crate::domain::{Device, Email};
use drawbridge_http::cookie_fields;

/// Reads and makes the cookies of devices.
pub(crate) struct Devices {
    key: hmac::Key,
    policy: CookiePolicy,
}

impl Devices {
    pub(crate) fn new(master: &MasterSecret, cookie: &SessionCookie) -> Self {
        Self { key: master.hmac_key(Purpose::Device), policy: cookie.policy().clone() }
    }

    /// The device that a request is from: as a proxy of the deployment says, or by the cookie that came along.
    pub(crate) fn of(&self, request: &HttpRequest, is_from_proxy: bool) -> Option<Device> {
        let text = if is_from_proxy {
            request.headers().get(DEVICE)?.to_str().ok().map(str::to_owned)
        } else {
            device_cookie::read(cookie_fields(request.headers()), &self.policy)
        };
        Device::parse(&text?)
    }

    /// What tells a device from others, if the holder of the account has signed in there before.
    pub(crate) fn known(&self, device: Option<&Device>, email: &Email) -> Option<String> {
        device.filter(|device| device.knows(&self.key, email)).map(Device::id)
    }

    /// The device after the holder of the account has signed in there.
    pub(crate) fn remembering(&self, device: Option<Device>, email: &Email, random: Random) -> Device {
        device.unwrap_or_else(|| Device::new(random)).remembering(&self.key, email)
    }

    pub(crate) fn policy(&self) -> &CookiePolicy {
        &self.policy
    }
}
