//! A program is killed and restarted.

use tests::{Deployment, Service};

use super::course::{Allowed, Course, System, VERIFIERS};

#[tokio::test(flavor = "multi_thread")]
async fn one_verify_service_of_two_killed_and_restarted() {
    let System { mut deployment, targets } = System::start(Deployment::builder());

    let kill = async |deployment: &mut Deployment, _: &_| deployment.process(Service::Verify).signal("KILL");
    let restart = async |deployment: &mut Deployment, _: &_| deployment.restart(Service::Verify);
    Course {
        name: "one verify-service of two killed and restarted",
        targets,
        allowed: Allowed { stopped: &VERIFIERS[..1], ..Allowed::default() },
    }
    .run(&mut deployment, kill, restart)
    .await;

    deployment.assert_no_panic();
}
