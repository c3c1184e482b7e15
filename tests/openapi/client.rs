//! A client that is generated from the document of web-frontend.

use std::{fs, process::Command};

use tempfile::TempDir;
use tests::{Deployment, PASSWORD, Visitor};

use crate::tool::{repository, run, tools};

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_client_signs_in_and_ends_a_session() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let document = Visitor::new().get(&format!("{}/openapi.json", deployment.frontend)).await;
    let folder = TempDir::new_in(tools("client")).unwrap();
    fs::write(folder.path().join("openapi.json"), document.text).unwrap();
    for file in ["client.ts", "tsconfig.json", "package.json"] {
        fs::copy(repository().join("tests/openapi/client").join(file), folder.path().join(file)).unwrap();
    }
    let tool = |name: &str| tools("client").join("node_modules/.bin").join(name);

    let mut generate = Command::new(tool("openapi-typescript"));
    run("generate", generate.args(["openapi.json", "--output", "schema.d.ts"]).current_dir(&folder));
    run("compile", Command::new(tool("tsc")).current_dir(&folder));
    let mut client = Command::new("node");
    run("run", client.args(["out/client.js", &deployment.frontend, &email, PASSWORD]).current_dir(&folder));
}
