//! Which client auth-service attributes a request to, behind web-frontend and a gateway.

use reqwest::Method;
use tests::{Deployment, Service, Visitor, credentials};

/// A failed login. The log of auth-service names the client.
struct FailedLogin<'a> {
    origin: &'a str,
    forwarded_for: &'a str,
    proxy_proof: Option<&'a str>,
}

impl FailedLogin<'_> {
    async fn send(&self) {
        let mut visitor = Visitor::new();
        let mut request = visitor
            .request(Method::POST, &format!("{}/api/login", self.origin))
            .header("x-forwarded-for", self.forwarded_for)
            .json(&credentials("nobody@example.com", tests::PASSWORD));
        if let Some(proof) = self.proxy_proof {
            request = request.header("x-drawbridge-proxy", proof);
        }
        visitor.send(request).await.assert_status(401);
    }
}

#[tokio::test]
async fn clients_stay_distinct_and_cannot_forge_an_address() {
    let deployment = Deployment::builder()
        .setting("LOG", "info")
        .setting_for(Service::Frontend, "TRUSTED_PROXIES", "127.0.0.1")
        .start();

    for client in 1..=20 {
        // A client can write the left part itself; the gateway appends the address it sees.
        let forwarded_for = format!("198.51.100.99, 203.0.113.{client}");
        FailedLogin { origin: &deployment.frontend, forwarded_for: &forwarded_for, proxy_proof: None }
            .send()
            .await;
    }
    let proof = "v1.1800000000.AAAA.198.51.100.8";
    FailedLogin { origin: &deployment.auth, forwarded_for: "198.51.100.7", proxy_proof: None }.send().await;
    FailedLogin { origin: &deployment.auth, forwarded_for: "198.51.100.8", proxy_proof: Some(proof) }
        .send()
        .await;

    let log = deployment.log();
    for n in 1..=20 {
        let field = format!("client=203.0.113.{n} ");
        assert_eq!(log.matches(&field).count(), 1, "{field}: {log}");
    }
    assert_eq!(log.matches("client=127.0.0.1 ").count(), 2, "{log}");
    assert!(!log.contains("198.51.100."), "{log}");
}
