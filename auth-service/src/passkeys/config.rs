use drawbridge_cookies::{session_cookie::SessionCookie, topology};
use drawbridge_core::{
    origin::Origin,
    settings::{Reader, Setting},
};

const PASSKEY_DOMAIN: Setting = Setting::new(
    "PASSKEY_DOMAIN",
    "The domain that passkeys are created for; passkeys created for another domain stop working.",
)
.values("the frontend's host or a domain above it")
.default("the cookie's `Domain`, or the frontend's host");

/// Reads `PASSKEY_DOMAIN`: the relying party ID of passkeys (WebAuthn, 5.1.2). Returns `None` if the topology allows no
/// passkeys.
pub(crate) fn read_relying_party(
    reader: &mut Reader,
    frontend: Option<&Origin>,
    cookie: Option<&SessionCookie>,
) -> Option<String> {
    let domain = reader.optional(PASSKEY_DOMAIN, |text| Ok(text.to_ascii_lowercase()));
    match topology::relying_party(frontend?, cookie?.policy(), domain.as_deref()) {
        Ok(relying_party) => relying_party,
        Err(reason) => {
            reader.invalid(PASSKEY_DOMAIN.name, reason);
            None
        }
    }
}
