use actix_session::Session;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;
use drawbridge_http::problem::Problem;

const KEY: &str = "csrf";

/// The token that this visitor's forms carry (the synchronizer pattern, ASVS 3.5.1). Made when
/// first asked for.
pub(crate) fn token(session: &Session) -> Result<String, Problem> {
    if let Ok(Some(token)) = session.get::<String>(KEY) {
        return Ok(token);
    }
    let token = URL_SAFE_NO_PAD.encode(Random.bytes::<32>());
    session.insert(KEY, &token).map_err(Problem::internal)?;
    Ok(token)
}

/// Whether a form carries the visitor's token.
pub(crate) fn is_good(session: &Session, sent: &str) -> bool {
    match session.get::<String>(KEY) {
        Ok(Some(token)) => verify_slices_are_equal(token.as_bytes(), sent.as_bytes()).is_ok(),
        _ => false,
    }
}
