use drawbridge_core::{
    frontend_key::{FrontendKey, FrontendKeyKind},
    random::Random,
};
use secrecy::ExposeSecret;

/// Creates a key for web-frontend.
pub(crate) fn new_web_frontend_key() -> String {
    let key = FrontendKey::generate(Random, FrontendKeyKind::WebFrontend);
    key.expose().expose_secret().to_owned()
}
