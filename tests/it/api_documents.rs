//! The OpenAPI documents, the pages that show them, and a page for each error code.

use std::fs;

use drawbridge_core::problem_code::Code;
use tests::{Browser, Deployment, Pages, Scripts, Service, Visitor, expect_contract};

/// The services and their URLs.
fn services(deployment: &Deployment) -> [(Service, &str); 3] {
    [
        (Service::Auth, &deployment.auth),
        (Service::Verify, &deployment.verify),
        (Service::Frontend, &deployment.frontend),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_serves_its_document() {
    let deployment = Deployment::builder().one_process().start();

    for (service, url) in services(&deployment) {
        let name = service.name();
        let answer = Visitor::new().get(&format!("{url}/openapi.json")).await;

        answer.assert_status(200);
        assert_eq!(answer.header("content-type"), "application/json", "{name}");
        let committed = format!("{}/../docs/openapi/{name}.json", env!("CARGO_MANIFEST_DIR"));
        assert!(answer.text == fs::read_to_string(committed).unwrap(), "{name}: not the committed document");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_described_fails_a_test() {
    let other_program = Pages::start("<p>I am not verify-service.</p>");
    let url = format!("http://localhost:{}", other_program.port);
    expect_contract(Service::Verify, &url);

    let visit = async move { Visitor::new().get(&format!("{url}/health/live")).await };
    let panic = tokio::spawn(visit).await.unwrap_err().into_panic();

    let message = panic.downcast_ref::<String>().unwrap();
    let expected = "verify-service.json does not describe the answer 200 to GET /health/live: the media type";
    assert!(message.contains(expected), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_problem_leads_to_its_page() {
    let deployment = Deployment::builder().one_process().start();

    for (service, url) in services(&deployment) {
        let name = service.name();
        let problem = Visitor::new().get(&format!("{url}/nowhere")).await;
        problem.assert_error(404, "not_found");
        let path = problem.json()["type"].as_str().unwrap().to_owned();

        let page = Visitor::new().get(&format!("{url}{path}")).await;

        page.assert_status(200);
        for text in ["<code>not_found</code>", "When it happens", "What to do"] {
            assert!(page.text.contains(text), "{name}: {text} is missing");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_has_a_page_at_every_service() {
    let deployment = Deployment::builder().one_process().start();

    for (service, url) in services(&deployment) {
        for code in Code::ALL {
            let page = Visitor::new().get(&format!("{url}/problems/{}", code.as_str())).await;

            assert_eq!(page.status, 200, "{}: {code:?}", service.name());
        }
        Visitor::new().get(&format!("{url}/problems/none")).await.assert_error(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_for_developers_load_nothing_from_elsewhere() {
    let deployment = Deployment::builder().one_process().start();

    for (service, url) in services(&deployment) {
        for path in ["/openapi", "/problems/invalid_token"] {
            let page = Visitor::new().get(&format!("{url}{path}")).await;

            let case = format!("{}{path}", service.name());
            page.assert_status(200);
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 's"), "{case}: {policy}");
            assert!(!policy.contains("unsafe") && !policy.contains("http"), "{case}: {policy}");
            assert!(!page.text.contains("<script"), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_for_developers_are_accessible_at_every_service() {
    let deployment = Deployment::builder().one_process().start();
    let browser = Browser::start(Scripts::On).await;

    for (service, url) in services(&deployment) {
        for (path, name) in [("/openapi", "openapi"), ("/problems/invalid_token", "problem")] {
            browser.client.goto(&format!("{url}{path}")).await.unwrap();

            browser.examine(&format!("{}-{name}", service.name())).await;
        }
    }

    browser.close().await;
}
