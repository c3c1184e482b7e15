//! `tests/vectors/tokens.json`: examples of tokens, with which verifiers in all languages are tested.

mod cases;
mod draft;
mod signer;

use std::{fs, path::PathBuf, slice, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{clock::TestClock, id::UserId, metrics::Metrics, settings::environment};
use futures_util::future::BoxFuture;
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::{
    cases::Keys,
    draft::{ISSUER, NOW, OWN_AUDIENCE, PREVIOUS_ISSUER, SESSION, USER},
};
use super::{ACCESS_TOKEN_TYPE, AcceptedTokens, SESSION_TOKEN_TYPE, TokenParties};
use crate::{
    Grant, KeyRing, Refusal, Source, SourceUnavailable, Tolerance, Verifier,
    user_record::{ListedSession, UserRecord},
};

const ABOUT: &str = "Tokens and what a verifier says about them (shared/verification). Every implementation must come to \
     `expected`: the user and the session of a valid token, or the code of the refusal. The verifier has the settings in \
     `metadata` (docs/discovery.md) and the keys in `keys`, its clock shows `now` (in seconds since 1970), and no session \
     has ended. `accepts` says which tokens the caller accepts, like the body of POST /api/verify. A token is exactly the \
     given text; a verifier that reads it from a header has removed the whitespace around it. JSON objects in which a \
     name occurs twice are missing, because RFC 7519 allows a verifier to accept or refuse them.";

#[derive(Serialize, Deserialize)]
struct Vectors {
    about: String,
    metadata: Value,
    keys: Value,
    now: i64,
    cases: Vec<Case>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Case {
    name: String,
    accepts: Value,
    token: String,
    expected: Value,
}

impl Vectors {
    fn generate() -> Self {
        let keys = Keys::fixed();
        let metadata = json!({
            "issuer": ISSUER,
            "drawbridge": {
                "previous_issuers": [PREVIOUS_ISSUER],
                "session": {"audience": OWN_AUDIENCE, "typ": SESSION_TOKEN_TYPE},
                "access_token": {"typ": ACCESS_TOKEN_TYPE},
            },
        });
        Self { about: ABOUT.into(), metadata, keys: keys.published(), now: NOW, cases: cases::all(&keys) }
    }

    fn path() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/tokens.json")
    }

    /// The file; `None` if there is none yet.
    fn read() -> Option<Self> {
        Some(serde_json::from_str(&fs::read_to_string(Self::path()).ok()?).unwrap())
    }

    /// Everything except the signatures, because those of ES256 are random.
    fn without_signatures(mut self) -> Value {
        for Case { token, .. } in &mut self.cases {
            token.truncate(token.rfind('.').unwrap_or(token.len()));
        }
        serde_json::to_value(self).unwrap()
    }
}

impl Case {
    fn accepted_tokens(&self) -> AcceptedTokens<'_> {
        match (self.accepts["audience"].as_str(), self.accepts["session_audience"].as_str()) {
            (Some(audience), _) => AcceptedTokens::Access(audience),
            (None, Some(audience)) => AcceptedTokens::sessions_at(audience, OWN_AUDIENCE),
            (None, None) => AcceptedTokens::Session,
        }
    }
}

/// A source with one user, who has one session.
struct Published(JwkSet);

impl Source for Published {
    fn find_user<'a>(
        &'a self,
        id: UserId,
        _token: &'a str,
    ) -> BoxFuture<'a, Result<Option<UserRecord>, SourceUnavailable>> {
        let session = ListedSession {
            id: SESSION.parse().unwrap(),
            expires_at: now() + TimeDelta::days(1),
            second_factor: false,
        };
        let record = UserRecord {
            id: USER.parse().unwrap(),
            email: "ada@example.com".into(),
            email_verified: true,
            roles: Vec::new(),
            disabled: false,
            version: 1,
            sessions: [session].into_iter().collect(),
        };
        Box::pin(async move { Ok(Some(record).filter(|record| record.id == id)) })
    }

    fn find_keys(&self) -> BoxFuture<'_, Result<JwkSet, SourceUnavailable>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn verifier(vectors: &Vectors) -> Verifier {
    let source: Arc<dyn Source> = Arc::new(Published(serde_json::from_value(vectors.keys.clone()).unwrap()));
    let parties = TokenParties {
        previous_issuers: vec![PREVIOUS_ISSUER.into()],
        audience: OWN_AUDIENCE.into(),
        ..TokenParties::for_origin(ISSUER)
    };
    let keys = KeyRing::new(source.clone(), parties);
    let (tolerance, clock) = (Tolerance::default(), TestClock::at(now()));
    Verifier::new(keys, None, source, clock, tolerance, 1 << 20, &Metrics::new())
}

/// The result as in the file.
fn result(verified: Result<Grant, Refusal>) -> Value {
    match verified {
        Ok(grant) => json!({"user": grant.record().id, "session": grant.session().id}),
        Err(refusal) => json!({"code": refusal.code().as_str()}),
    }
}

#[tokio::test]
async fn published_tokens_get_the_published_results() {
    let vectors = Vectors::read().unwrap();
    assert_eq!(vectors.now, NOW);
    let verifier = verifier(&vectors);

    for case in &vectors.cases {
        // Later, the signature may be one that was checked before.
        for time in 1..=2 {
            let verified =
                verifier.verify_request(slice::from_ref(&case.token), case.accepted_tokens()).await;

            assert_eq!(result(verified), case.expected, "{}, time {time}", case.name);
        }
    }
}

/// To generate new signatures for the same examples, remove the file first.
#[test]
fn published_tokens_are_the_generated_ones() {
    let generated = Vectors::generate();
    let text = serde_json::to_string_pretty(&generated).unwrap() + "\n";
    let generated = generated.without_signatures();
    let is_published =
        || Vectors::read().is_some_and(|published| published.without_signatures() == generated);
    if !is_published() && environment("UPDATE_DOCS").is_some() {
        fs::write(Vectors::path(), text).unwrap();
    }

    assert!(is_published(), "UPDATE_DOCS=1 updates tests/vectors/tokens.json");
}
