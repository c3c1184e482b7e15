//! Recognizes a form that a visitor submits twice by accident, with a double click for example. The browser shows the
//! answer to the second submission, so both get the answer to the first.
//!
//! A submission is identified by the page session's cookie, the path and the whole body, which includes the CSRF token.
//! An equal submission therefore comes from the same page in the same browser, and with a password it is the same guess.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, rt::spawn};
use aws_lc_rs::digest::{Context, SHA256};
use drawbridge_cookies::request_cookies;
use drawbridge_http::{cookie_fields, problem::Problem};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::{auth_client::AuthResponse, page_sessions::PageSessions};

/// How long after a submission an equal one counts as the same.
const REPETITION_WINDOW: Duration = Duration::from_secs(5);

/// The maximum number of submissions and calls that are remembered. Beyond it, repetitions are not recognized.
const MAX_ENTRIES: usize = 20_000;

/// Identifies a submitted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SubmissionKey([u8; 32]);

/// Identifies a call to auth-service on behalf of a submitted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CallKey([u8; 32]);

/// The outcome of a call, which several submissions await; `None` if the call was abandoned.
type SharedOutcome = Shared<BoxFuture<'static, Option<Result<AuthResponse, Problem>>>>;

/// The recent submissions.
#[derive(Default)]
pub(crate) struct Submissions(Mutex<Recent>);

#[derive(Default)]
struct Recent {
    /// Submissions with a valid CSRF token.
    accepted: HashMap<SubmissionKey, Instant>,
    calls: HashMap<CallKey, SharedOutcome>,
    /// When each entry was added, oldest first.
    added: VecDeque<(Instant, Entry)>,
}

#[derive(Clone, Copy)]
enum Entry {
    Accepted(SubmissionKey),
    Call(CallKey),
}

impl SubmissionKey {
    /// The key of a form that arrives with this body.
    pub(crate) fn new(request: &HttpRequest, secure: bool, body: &[u8]) -> Self {
        let name = PageSessions::cookie_name(secure);
        let mut parts: Vec<&[u8]> = request_cookies::named(cookie_fields(request.headers()), name)
            .map(|cookie| cookie.value)
            .collect();
        parts.extend([request.uri().path().as_bytes(), request.query_string().as_bytes(), body]);
        Self(digest(&parts))
    }

    /// The key of a call to auth-service on behalf of this form.
    pub(crate) fn call(&self, method: &str, path: &str, body: &[u8]) -> CallKey {
        CallKey(digest(&[&self.0, method.as_bytes(), path.as_bytes(), body]))
    }
}

/// A digest of the parts and their boundaries.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    for (byte, computed) in hash.iter_mut().zip(context.finish().as_ref()) {
        *byte = *computed;
    }
    hash
}

impl Submissions {
    /// Remembers a submission with a valid CSRF token.
    pub(crate) fn accept(&self, submission: SubmissionKey, now: Instant) {
        let mut recent = self.recent(now);
        if recent.has_room() && recent.accepted.insert(submission, now).is_none() {
            recent.added.push_back((now, Entry::Accepted(submission)));
        }
    }

    /// Returns true if an equal submission had a valid CSRF token, which signing in may have replaced since then.
    pub(crate) fn is_accepted(&self, submission: &SubmissionKey, now: Instant) -> bool {
        self.recent(now).accepted.contains_key(submission)
    }

    /// Makes a call, unless an equal submission has made it already. In that case, returns the same outcome.
    ///
    /// # Errors
    /// Those of the call.
    pub(crate) async fn call_once(
        &self,
        key: CallKey,
        call: impl Future<Output = Result<AuthResponse, Problem>> + 'static,
    ) -> Result<AuthResponse, Problem> {
        let outcome = self.find_or_start(key, call).await;
        let outcome =
            outcome.unwrap_or_else(|| Err(Problem::internal("a call to auth-service was abandoned")));
        // The next submission may find auth-service reachable again.
        if !outcome.as_ref().is_ok_and(|response| !response.status.is_server_error()) {
            self.recent(Instant::now()).calls.remove(&key);
        }
        outcome
    }

    fn find_or_start(
        &self,
        key: CallKey,
        call: impl Future<Output = Result<AuthResponse, Problem>> + 'static,
    ) -> SharedOutcome {
        let now = Instant::now();
        let mut recent = self.recent(now);
        if let Some(outcome) = recent.calls.get(&key) {
            return outcome.clone();
        }
        let (sender, receiver) = oneshot::channel();
        // The call continues if the browser abandons its request, as it does when the form is submitted again.
        spawn(async move { sender.send(call.await) }.in_current_span());
        let outcome = receiver.map(Result::ok).boxed().shared();
        if recent.has_room() {
            recent.calls.insert(key, outcome.clone());
            recent.added.push_back((now, Entry::Call(key)));
        }
        outcome
    }

    /// The recent submissions, without those from before the window.
    fn recent(&self, now: Instant) -> MutexGuard<'_, Recent> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.forget_old(now);
        recent
    }
}

impl Recent {
    fn has_room(&self) -> bool {
        self.added.len() < MAX_ENTRIES
    }

    fn forget_old(&mut self, now: Instant) {
        let is_old =
            |entry: &mut (Instant, Entry)| now.saturating_duration_since(entry.0) > REPETITION_WINDOW;
        while let Some((_, entry)) = self.added.pop_front_if(is_old) {
            match entry {
                Entry::Accepted(submission) => drop(self.accepted.remove(&submission)),
                Entry::Call(call) => drop(self.calls.remove(&call)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn key(cookie: &str, path: &str, body: &str) -> SubmissionKey {
        let request = TestRequest::with_uri(path).insert_header(("cookie", cookie)).to_http_request();
        SubmissionKey::new(&request, false, body.as_bytes())
    }

    #[test]
    fn a_submission_is_the_whole_form_of_one_browser() {
        let form = key("drawbridge-page=a; x=1", "/login", "csrf=1");

        assert_eq!(form, key("x=2; drawbridge-page=a", "/login", "csrf=1"), "other cookies do not matter");
        for (case, other) in [
            ("page session", key("drawbridge-page=b", "/login", "csrf=1")),
            ("no page session", key("x=1", "/login", "csrf=1")),
            ("path", key("drawbridge-page=a", "/register", "csrf=1")),
            ("query", key("drawbridge-page=a", "/login?next=/a", "csrf=1")),
            ("body", key("drawbridge-page=a", "/login", "csrf=2")),
        ] {
            assert_ne!(form, other, "{case}");
        }
        assert_ne!(form.call("POST", "/api/login", b"{}"), form.call("POST", "/api/me", b"{}"));
    }

    #[test]
    fn a_submission_is_forgotten_after_seconds() {
        let submissions = Submissions::default();
        let form = key("drawbridge-page=a", "/login", "csrf=1");
        let start = Instant::now();

        submissions.accept(form, start);
        let in_time = submissions.is_accepted(&form, start + REPETITION_WINDOW);
        let late = submissions.is_accepted(&form, start + REPETITION_WINDOW + Duration::from_millis(1));

        assert!(in_time && !late);
        assert!(submissions.recent(start).added.is_empty(), "nothing is left");
    }

    #[test]
    fn memory_is_bounded() {
        let submissions = Submissions::default();
        let now = Instant::now();

        for form in 0..=MAX_ENTRIES {
            submissions.accept(key("", "/login", &form.to_string()), now);
        }

        assert_eq!(submissions.recent(now).accepted.len(), MAX_ENTRIES);
    }
}
