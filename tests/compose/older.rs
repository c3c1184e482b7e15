//! The same file by `docker-compose` 1.29, which many machines still have.

use tests::PASSWORD;

use crate::{
    crowd::register,
    project::{Project, client},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_older_docker_compose() {
    if std::process::Command::new("docker-compose").arg("version").output().is_err() {
        println!("there is no docker-compose here: not tried");
        return;
    }
    let project = Project::new(&["docker-compose"], "older", &[]);
    let version = project.compose(&["version", "--short"]);
    assert!(version.starts_with("1."), "{version}");
    let time = project.up(&["--scale", "verify-service=2"]).await;
    println!("docker-compose {}: first page after {:.1} s", version.trim(), time.as_secs_f64());
    assert_eq!(project.containers("verify-service").len(), 2);
    register(&project.origin, "ada@example.com").await;
    let body = serde_json::json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = client().post(format!("{}/api/login", project.origin)).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let listed = project.compose(&["run", "--rm", "drawbridge", "user", "list"]);
    assert!(listed.contains("ada@example.com"), "{listed}");
}
