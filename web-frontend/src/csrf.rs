//! CSRF tokens in forms (the synchronizer token pattern, ASVS 3.5.1).

use actix_session::Session;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;
use drawbridge_http::problem::Problem;

const SESSION_KEY: &str = "csrf";

/// Returns the CSRF token of a page session, and creates it on first use.
///
/// # Errors
/// The page session cannot store it.
pub(crate) fn token(session: &Session) -> Result<String, Problem> {
    if let Ok(Some(token)) = session.get::<String>(SESSION_KEY) {
        return Ok(token);
    }
    let token = URL_SAFE_NO_PAD.encode(Random.bytes::<32>());
    session.insert(SESSION_KEY, &token).map_err(Problem::internal)?;
    Ok(token)
}

/// Returns true if `submitted` is the CSRF token of this page session.
pub(crate) fn is_valid(session: &Session, submitted: &str) -> bool {
    match session.get::<String>(SESSION_KEY) {
        Ok(Some(token)) => verify_slices_are_equal(token.as_bytes(), submitted.as_bytes()).is_ok(),
        _ => false,
    }
}
