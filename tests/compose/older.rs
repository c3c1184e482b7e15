//! The same file with `docker-compose` 1.29, which is still common.

use crate::{
    crowd::{register, sign_in},
    project::Project,
};

#[tokio::test(flavor = "multi_thread")]
async fn docker_compose_1_29_runs_the_same_file() {
    if std::process::Command::new("docker-compose").arg("version").output().is_err() {
        println!("docker-compose is not installed: not tested");
        return;
    }
    let project = Project::new(&["docker-compose"], "older", &[]);
    let version = project.compose(&["version", "--short"]);
    assert!(version.starts_with("1."), "{version}");

    let time = project.up(&["--scale", "verify-service=2"]).await;
    register(&project.origin, "ada@example.com").await;
    sign_in(&project.origin, "ada@example.com").await;
    let listed = project.compose(&["run", "--rm", "drawbridge", "user", "list"]);

    println!("docker-compose {}: first page after {:.1} s", version.trim(), time.as_secs_f64());
    assert_eq!(project.containers("verify-service").len(), 2);
    assert!(listed.contains("ada@example.com"), "{listed}");
}
