//! Requests that schemathesis derives from the documents, valid and invalid ones.

use std::process::Command;

use tests::{Deployment, Mailbox, PASSWORD, Service};

use crate::tool::{repository, run, tools};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// The account that the requests belong to must stay.
const DELETE_ACCOUNT: &str = "delete_account";

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_answered_as_not_described() {
    // Without a mail server, some operations answer 501.
    let mailbox = Mailbox::start();
    let builder = Deployment::builder().mail(&mailbox);
    let deployment = builder.setting_for(Service::Auth, "EMAIL_VERIFICATION", "false").start();
    let email = deployment.registered("ada").await;

    // Requests are made up for so many seconds, after those for each keyword of a schema.
    for (service, url, seconds) in [
        (Service::Auth, &deployment.auth, "60"),
        (Service::Verify, &deployment.verify, "20"),
        (Service::Frontend, &deployment.frontend, "45"),
    ] {
        let name = service.name();
        let mut schemathesis = Command::new(tools("python").join("bin/schemathesis"));
        schemathesis
            .arg("run")
            .arg(repository().join(format!("docs/openapi/{name}.json")))
            .args(["--url", url, "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
            .args(["--exclude-operation-id", DELETE_ACCOUNT, "--generation-deterministic"])
            .args(["--max-examples", "8", "--max-time", seconds, "--request-timeout", "20"])
            .args(["--warnings", "off", "--no-color", "--workers", "2"])
            .env("SCHEMATHESIS_HOOKS", repository().join("tests/openapi/sign_in.py"))
            .env("LOGIN_URL", format!("{}/api/login", deployment.frontend))
            .env("LOGIN_EMAIL", &email)
            .env("LOGIN_PASSWORD", PASSWORD);
        let report = run(name, schemathesis.current_dir(repository().join("target/tools/openapi")));
        println!("{name}: {report}");
        assert!(report.contains("✅ Coverage") && report.contains("✅ Fuzzing"), "{name}: {report}");
    }

    deployment.assert_no_panic();
}
