//! Response bodies of `POST /api/verify`, serialized once per session.

use std::sync::Arc;

use actix_web::web::Bytes;
use drawbridge_http::openapi::always_true;
use drawbridge_verification::{
    FollowerGrant, Grant, Verified, VerifiedSession, VerifiedUser, user_record::UserRecord,
};
use quick_cache::{Weighter, sync::Cache};
use serde::Serialize;

/// How much memory the bodies may use.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// The expected number of bodies in that memory.
const EXPECTED_BODIES: usize = 8_000;

/// The body for a valid token.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ValidTokenBody<'a> {
    /// Always true.
    #[schema(schema_with = always_true)]
    success: bool,
    /// For people; it may change.
    message: &'static str,
    /// Always true.
    #[schema(schema_with = always_true)]
    authenticated: bool,
    /// The user and the session.
    #[schema(value_type = FollowerData)]
    data: &'a Grant,
}

impl<'a> ValidTokenBody<'a> {
    pub(crate) fn new(grant: &'a Grant) -> Self {
        Self { success: true, message: "valid token", authenticated: true, data: grant }
    }
}

/// The body for a valid token of a follower of the change feed.
#[derive(Serialize)]
pub(crate) struct FollowerBody {
    success: bool,
    message: &'static str,
    authenticated: bool,
    data: FollowerData,
}

/// What the response says about a valid token.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct FollowerData {
    /// The user.
    user: VerifiedUser,
    /// The session.
    session: VerifiedSession,
    /// With `with_record`: present if the caller may remember the answer while it follows the change feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    record: Option<RecordVersion>,
}

/// The version of a user's record.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RecordVersion {
    /// Raised by every change of the record.
    version: i64,
}

impl FollowerBody {
    pub(crate) fn new(FollowerGrant { grant, is_current }: &FollowerGrant) -> Self {
        let record = is_current.then(|| RecordVersion { version: grant.record().version });
        let Verified { user, session } = grant.verified();
        let ValidTokenBody { success, message, authenticated, .. } = ValidTokenBody::new(grant);
        Self { success, message, authenticated, data: FollowerData { user, session, record } }
    }
}

/// Cached bodies by session and token. A body is reused only if the record has not changed.
pub(crate) struct Answers(Cache<VerifiedSession, CachedBody, BodyWeight>);

#[derive(Clone)]
struct CachedBody {
    /// The record from which the body was created.
    record: Arc<UserRecord>,
    json: Bytes,
}

#[derive(Clone)]
struct BodyWeight;

impl Weighter<VerifiedSession, CachedBody> for BodyWeight {
    fn weight(&self, _: &VerifiedSession, body: &CachedBody) -> u64 {
        // The record counts as well: it stays in memory even when it is no longer in the near cache.
        (body.json.len() + body.record.email.len() + body.record.sessions.size_in_memory()) as u64 + 400
    }
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(EXPECTED_BODIES, CACHE_BYTES, BodyWeight))
    }

    /// The body for a valid token; `None` if it cannot be serialized.
    pub(crate) fn body(&self, grant: &Grant) -> Option<Bytes> {
        let session = grant.session();
        if let Some(CachedBody { record, json }) = self.0.get(&session)
            && (Arc::ptr_eq(&record, grant.shared_record()) || *record == *grant.record())
        {
            return Some(json);
        }
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, &ValidTokenBody::new(grant)).ok()?;
        let json = Bytes::from(json);
        self.0.insert(session, CachedBody { record: grant.shared_record().clone(), json: json.clone() });
        Some(json)
    }
}
