//! Registered origins while PostgreSQL is unreachable.

use std::time::Duration;

use reqwest::Method;
use tests::{Answer, Deployment, PASSWORD, PostgresServer, Visitor, credentials};
use tokio::time::sleep;

use crate::command::{drawbridge, succeeded};

const SHOP: &str = "https://shop.example.com";
const BLOG: &str = "https://blog.example.com";

/// Longer than the services use the registered origins without asking for them again.
const UNTIL_ORIGINS_ARE_OLD: Duration = Duration::from_millis(2100);

/// A deployment that pages of the frontend `shop` may call.
fn start(postgres: &PostgresServer) -> Deployment {
    let deployment = Deployment::builder()
        .database(postgres.fresh_database())
        .setting("COOKIE_MODE", "shared")
        .setting("BACKEND_ORIGIN", "http://localhost:9")
        .start();
    succeeded(&drawbridge(&deployment, &["frontend", "add", "shop", "--origin", SHOP], ""));
    deployment
}

/// Sends a preflight request for a page of `origin`.
async fn preflight(deployment: &Deployment, origin: &str) -> Answer {
    let mut visitor = Visitor::new();
    let request = visitor
        .request(Method::OPTIONS, &format!("{}/api/login", deployment.auth))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    visitor.send(request).await
}

/// Signs in from a page of `origin`.
async fn log_in(deployment: &Deployment, origin: &str) -> Answer {
    let mut visitor = Visitor::new();
    let request = visitor.request(Method::POST, &format!("{}/api/login", deployment.auth));
    visitor.send(request.header("origin", origin).json(&credentials("ada@example.com", PASSWORD))).await
}

/// The origin whose pages may read the response.
fn allowed(answer: &Answer) -> &str {
    answer.header("access-control-allow-origin")
}

/// The sign-in page that returns to the shop, if web-frontend knows the shop.
async fn returns_to_shop(deployment: &Deployment) -> bool {
    let page = Visitor::new().get(&format!("{}/login?next={SHOP}/cart", deployment.frontend)).await;
    page.assert_status(200);
    page.text.contains(&format!("value=\"{SHOP}/cart\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn known_origins_stay_registered_without_the_database() {
    let Some(postgres) = PostgresServer::start_own() else { return };
    let deployment = start(&postgres);
    let own = deployment.frontend.as_str();
    assert_eq!(allowed(&preflight(&deployment, SHOP).await), SHOP);
    assert!(returns_to_shop(&deployment).await);

    postgres.kill();
    sleep(UNTIL_ORIGINS_ARE_OLD).await;

    for origin in [own, SHOP] {
        let answer = preflight(&deployment, origin).await;
        assert_eq!((answer.status, allowed(&answer)), (200, origin));
        // The page can read that signing in is not possible.
        let answer = log_in(&deployment, origin).await;
        assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{origin}");
        assert_eq!(allowed(&answer), origin);
    }
    assert_eq!(allowed(&preflight(&deployment, BLOG).await), "");
    log_in(&deployment, BLOG).await.assert_error(403, "cross_site_request");
    // web-frontend does not know whether the shop is still registered, so it keeps the user on its own pages.
    assert!(!returns_to_shop(&deployment).await);
    Visitor::new().get(own).await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_known_origins_only_foreign_pages_are_unavailable() {
    let Some(postgres) = PostgresServer::start_own() else { return };
    let deployment = start(&postgres);
    let own = deployment.frontend.as_str();

    postgres.kill();

    let answer = preflight(&deployment, own).await;
    assert_eq!((answer.status, allowed(&answer)), (200, own));
    for origin in [SHOP, BLOG] {
        let answer = preflight(&deployment, origin).await;
        assert_eq!(
            (answer.status_and_code(), allowed(&answer)),
            ((503, "unavailable".into()), ""),
            "{origin}"
        );
        log_in(&deployment, origin).await.assert_error(503, "unavailable");
    }
    for path in ["/", "/login"] {
        Visitor::new().get(&format!("{own}{path}")).await.assert_status(200);
    }
    assert!(!returns_to_shop(&deployment).await);
}
