//! The course that every fault takes under load: all is well, something breaks, it is mended, it heals.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use tests::{Settings, Stack, free_port};
use tokio::time::sleep;

use crate::load::{BOUND, Door, Place, Tally, Witness, Wrong};

/// How long all is well before and after.
pub(super) const WELL: Duration = Duration::from_secs(1);

/// How long something stays broken: beyond the bound, so that who left meanwhile must be refused.
const BROKEN: Duration = Duration::from_secs(6);

/// Within what time everything ends in the state that is documented for it.
pub(super) const SETTLED: Duration = Duration::from_millis(1500);

/// Within what time it heals.
pub(super) const HEALED: Duration = Duration::from_secs(5);

/// The doors of the two verify-services.
pub(super) const VERIFIERS: [&str; 2] = ["verify-service 1", "verify-service 2"];

/// All programs, with two verify-services that the frontend knows of.
pub(super) fn system(database_url: String, change: impl Fn(&str, &mut Settings)) -> (Stack, Place) {
    let second = free_port();
    let mut stack = Stack::three_programs_on(database_url, |name, settings| {
        if name == "web-frontend" {
            let both = format!("{},http://127.0.0.1:{second}", settings["VERIFY_SERVICE_URL"]);
            settings.insert("VERIFY_SERVICE_URL", both);
        }
        change(name, settings);
    });
    let other = stack.one_more_verify_service_on(second);
    let doors = vec![
        Door::verifier(VERIFIERS[0], &stack.verify),
        Door::verifier(VERIFIERS[1], &other),
        Door::page(&stack.frontend),
        Door::data(&stack.frontend),
    ];
    let place = Place { auth: stack.auth.clone(), frontend: stack.frontend.clone(), doors };
    (stack, place)
}

/// What may be said of a fault.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Allowed {
    /// Signing in and out may be impossible while it lasts.
    pub(super) no_signing: bool,
    /// Who is ended, and answers nothing then.
    pub(super) ended: &'static [&'static str],
}

/// Breaks `it` under load, mends it and waits until it heals; fails if any answer was wrong.
pub(super) async fn course<T>(
    name: &str,
    (place, allowed): (Place, Allowed),
    it: &mut T,
    break_it: impl AsyncFnOnce(&mut T, &Witness),
    mend_it: impl AsyncFnOnce(&mut T, &Witness),
) {
    let witness = Witness::start(place).await;
    sleep(WELL).await;
    break_it(it, &witness).await;
    let broken = Instant::now();
    sleep(BROKEN).await;
    let mended = Instant::now();
    mend_it(it, &witness).await;
    let healed = witness.time_to_heal(Instant::now(), HEALED).await;
    sleep(WELL).await;
    conclude(name, &witness.end().await, (broken + SETTLED..mended, healed), allowed);
}

/// Prints what was counted, and fails if any of it is wrong, or if anybody who was signed in could not
/// be checked although all was `settled`.
#[expect(clippy::print_stdout, reason = "these are the figures")]
pub(super) fn conclude(
    name: &str,
    tally: &Tally,
    (settled, healed): (Range<Instant>, Duration),
    allowed: Allowed,
) {
    let [accepts, refusals, cookies, others] =
        [Wrong::FalseAccept, Wrong::FalseRefusal, Wrong::CookieCleared, Wrong::OtherFiveHundred]
            .map(|wrong| tally.count(wrong));
    println!(
        "{name}: {} answers checked, {accepts} false accepts, {refusals} false refusals, {cookies} cookies \
         cleared, {others} other 5xx, {} + {} answers 503 (checks + sign-ins and -outs), healed after {healed:.1?}; \
         last let in {:.1?} after sign-out, slowest answer {:.1?}",
        tally.checked,
        tally.unchecked(),
        tally.unsigned(),
        tally.latest_accept,
        tally.slowest,
    );
    assert_eq!(tally.wrongs(), "", "{name}");
    assert!(tally.checked > 500, "{name}: so few answers show nothing");
    assert!(tally.latest_accept <= BOUND, "{name}");
    assert!(tally.unanswered_but_by(allowed.ended).is_empty(), "{name}: {tally:?}");
    let unchecked = tally.unchecked_alive(&settled);
    assert_eq!(unchecked, 0, "{name}: {tally:?}");
    if !allowed.no_signing {
        assert_eq!(tally.unsigned(), 0, "{name}: {tally:?}");
    }
}
