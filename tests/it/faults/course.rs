//! The course of every failure under load: the deployment works, something fails and is repaired, and the deployment
//! recovers.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use tests::{Deployment, DeploymentBuilder};
use tokio::time::sleep;

use crate::load::{Load, REVOCATION_BOUND, Tally, Targets, Violation};

/// How long the load runs before the failure and after the recovery.
pub(super) const HEALTHY_TIME: Duration = Duration::from_secs(1);

/// How long a failure lasts: longer than the bound, so that sessions that end in the meantime must be
/// refused.
const FAILURE_TIME: Duration = Duration::from_secs(6);

/// How soon after the failure the services must be in the documented state.
pub(super) const SETTLING_TIME: Duration = Duration::from_millis(1500);

/// How soon after the repair the deployment must have recovered.
pub(super) const RECOVERY_TIME: Duration = Duration::from_secs(5);

/// The names of the two verify-services.
pub(super) const VERIFIERS: [&str; 2] = ["verify-service 1", "verify-service 2"];

/// A deployment with two verify-services, and the load for it.
pub(super) struct System {
    pub(super) deployment: Deployment,
    pub(super) targets: Targets,
}

impl System {
    pub(super) fn start(builder: DeploymentBuilder) -> Self {
        let deployment = builder.verify_services(2).start();
        let targets = Targets::of(&deployment, VERIFIERS);
        Self { deployment, targets }
    }
}

/// What may happen during a failure.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Allowed {
    /// Signing in and out may fail.
    pub(super) no_sign_in_or_out: bool,
    /// These programs are stopped and do not respond.
    pub(super) stopped: &'static [&'static str],
}

/// One failure under load.
pub(super) struct Course<'a> {
    pub(super) name: &'a str,
    pub(super) targets: Targets,
    pub(super) allowed: Allowed,
}

impl Course<'_> {
    /// Breaks the subject under load, repairs it and waits for the recovery. Fails if any response was wrong.
    pub(super) async fn run<T>(
        self,
        subject: &mut T,
        fail: impl AsyncFnOnce(&mut T, &Load),
        repair: impl AsyncFnOnce(&mut T, &Load),
    ) {
        let load = Load::start(self.targets).await;
        sleep(HEALTHY_TIME).await;
        fail(subject, &load).await;
        let failed = Instant::now();
        sleep(FAILURE_TIME).await;
        let repaired = Instant::now();
        repair(subject, &load).await;
        let recovery = load.time_to_recovery(Instant::now(), RECOVERY_TIME).await;
        sleep(HEALTHY_TIME).await;

        let outcome = Outcome { settled: failed + SETTLING_TIME..repaired, recovery };
        outcome.check(self.name, &load.end().await, self.allowed);
    }
}

/// How a failure went.
pub(super) struct Outcome {
    /// The period in which every active session must be verified.
    pub(super) settled: Range<Instant>,
    /// How long the recovery took.
    pub(super) recovery: Duration,
}

impl Outcome {
    /// Prints the counts. Fails if a response was wrong, or if an active session was not verified in the settled time.
    #[expect(clippy::print_stdout, reason = "these are the measured figures")]
    pub(super) fn check(&self, name: &str, tally: &Tally, allowed: Allowed) {
        let recovery = self.recovery;
        let [accepts, refusals, cookies, errors] = [
            Violation::FalseAccept,
            Violation::FalseRefusal,
            Violation::CookieCleared,
            Violation::OtherServerError,
        ]
        .map(|violation| tally.count(violation));
        println!(
            "{name}: {} responses checked, {accepts} false accepts, {refusals} false refusals, {cookies} cookies \
             cleared, {errors} other 5xx, {} + {} answers 503 (verifications + sign-ins and -outs), recovered after \
             {recovery:.1?}; last accept {:.1?} after sign-out, slowest response {:.1?}",
            tally.checked,
            tally.unverified(),
            tally.failed_sign_ins_and_outs,
            tally.latest_accept,
            tally.slowest,
        );

        assert_eq!(tally.describe_violations(), "", "{name}");
        assert!(tally.checked > 500, "{name}: too few responses to prove anything");
        assert!(tally.latest_accept <= REVOCATION_BOUND, "{name}");
        assert!(tally.unanswered_except(allowed.stopped).is_empty(), "{name}: {tally:?}");
        assert_eq!(tally.unverified_active(&self.settled), 0, "{name}: {tally:?}");
        if !allowed.no_sign_in_or_out {
            assert_eq!(tally.failed_sign_ins_and_outs, 0, "{name}: {tally:?}");
        }
    }
}
