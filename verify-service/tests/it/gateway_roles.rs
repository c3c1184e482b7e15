//! Roles that are too long for a header, behind a gateway.

use drawbridge_verification::user_record::{UserRecord, UserState};
use tests::{Answer, Visitor};

use crate::helpers::{TestApp, eventually};

/// The first two are answered by the fast path, the last one is not.
const ENDPOINTS: [&str; 3] = ["/auth-request", "/forward-auth", "/forward-auth/a"];

/// Changes the roles of a signed-in user, and waits until verify-service knows them.
async fn set_roles(app: &TestApp, visitor: &mut Visitor, roles: &[String]) {
    let user = app.user_id(visitor).await;
    let record = app.cached_record(user).await;
    let changed = UserRecord { version: record.version + 1, roles: roles.to_vec(), ..record };
    assert!(app.cache().fill(app.epoch().await, user, UserState::from(changed)).await.unwrap());

    eventually("verify-service knows the roles", async || {
        let verified = app.verify(visitor).await.json();
        let known = verified["data"]["user"]["roles"].as_array()?.iter().map(|role| role.as_str());
        known.eq(roles.iter().map(|role| Some(role.as_str()))).then_some(())
    })
    .await;
}

/// The values of `X-Auth-Roles` and of `X-Auth-Roles-Omitted`. Both must be there, so that a gateway overwrites what a
/// client has sent.
fn roles(answer: &Answer) -> [&str; 2] {
    ["x-auth-roles", "x-auth-roles-omitted"].map(|name| {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        let [value] = values.as_slice() else { panic!("{name}: {:?}", answer.headers) };
        value.to_str().unwrap()
    })
}

/// Roles whose value has this length.
fn roles_of_length(bytes: usize) -> Vec<String> {
    vec!["a".repeat(bytes - 65), "b".repeat(64)]
}

#[actix_web::test]
async fn roles_up_to_2_kib_are_sent() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let most = roles_of_length(2048);
        set_roles(&app, &mut ada, &most).await;

        for endpoint in ENDPOINTS {
            let answer = app.ask_as_gateway(&mut ada, endpoint, &[]).await;
            answer.assert_status(200);
            assert_eq!(roles(&answer), [most.join(",").as_str(), ""], "{endpoint}");
        }
    }
}

#[actix_web::test]
async fn longer_roles_are_omitted_and_flagged() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        set_roles(&app, &mut ada, &roles_of_length(2049)).await;

        for endpoint in ENDPOINTS {
            let answer = app.ask_as_gateway(&mut ada, endpoint, &[]).await;
            answer.assert_status(200);
            assert_eq!(roles(&answer), ["", "true"], "{endpoint}");
        }
    }
}

#[actix_web::test]
async fn no_client_can_claim_that_roles_were_omitted() {
    for app in TestApp::on_both().await {
        let forged = [("x-auth-roles-omitted", "true"), ("accept", "application/json")];
        let page = [("x-auth-roles-omitted", "true"), ("accept", "text/html")];

        for (endpoint, headers, status) in
            [("/auth-request", forged, 401), ("/forward-auth", forged, 401), ("/forward-auth", page, 302)]
        {
            let answer = app.ask_as_gateway(&mut Visitor::new(), endpoint, &headers).await;
            answer.assert_status(status);
            assert_eq!(roles(&answer), ["", ""], "{endpoint}");
        }
    }
}
