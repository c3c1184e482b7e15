//! A program is killed and started again.

use tests::{Stack, fresh_postgres_database};

use super::course::{Allowed, VERIFIERS, course, system};

#[tokio::test(flavor = "multi_thread")]
async fn one_verify_service_of_two_killed_and_restarted() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    let allowed = Allowed { ended: &VERIFIERS[..1], ..Allowed::default() };
    let kill = async |stack: &mut Stack, _: &_| stack.processes()[1].signal("KILL");
    let restart = async |stack: &mut Stack, _: &_| stack.restart(1);
    course("one verify-service of two killed and restarted", (place, allowed), &mut stack, kill, restart)
        .await;
    stack.assert_no_panic();
}
