//! The answers of `POST /api/verify` that are asked for most, as they are sent.

use std::sync::Arc;

use actix_web::web::Bytes;
use drawbridge_verification::{Grant, VerifiedSession, user_record::UserRecord};
use quick_cache::{Weighter, sync::Cache};

use crate::handlers::verify::Valid;

/// How much memory they may take, in bytes.
const CAPACITY_BYTES: u64 = 8 * 1024 * 1024;

/// About how many that are.
const EXPECTED: usize = 8_000;

/// Answers by what they say of the session. One is used only for a record that says the same as the one
/// that it was made of.
pub(crate) struct Answers(Cache<VerifiedSession, (Arc<UserRecord>, Bytes), Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<VerifiedSession, (Arc<UserRecord>, Bytes)> for Weight {
    fn weight(&self, _: &VerifiedSession, (record, body): &(Arc<UserRecord>, Bytes)) -> u64 {
        // The record counts, too: it is held even when it is hot no more.
        (body.len() + record.email.len() + record.sessions.len() * 28) as u64 + 400
    }
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(EXPECTED, CAPACITY_BYTES, Weight))
    }

    /// The answer for a token that is good.
    pub(crate) fn of(&self, grant: &Grant) -> Option<Bytes> {
        let session = grant.session();
        if let Some((record, body)) = self.0.get(&session)
            && (Arc::ptr_eq(&record, grant.shared_record()) || *record == *grant.record())
        {
            return Some(body);
        }
        let mut body = Vec::with_capacity(512);
        serde_json::to_writer(&mut body, &Valid::new(grant)).ok()?;
        let body = Bytes::from(body);
        self.0.insert(session, (grant.shared_record().clone(), body.clone()));
        Some(body)
    }
}
