//! Forms that a visitor submits twice by accident: with a double click, or by clicking again while waiting.

use std::time::Duration;

use futures_util::future::join;
use reqwest::Method;
use serde_json::json;
use tests::{Answer, AuthenticatorApp, PASSWORD, Visitor, with_form};

use crate::helpers::TestApp;

const EMAIL: &str = "ada@example.com";

/// The pauses between two clicks.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(900)];

/// The session cookie that an answer sets.
fn session_cookie(answer: &Answer) -> String {
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    cookies.find(|cookie| cookie.starts_with("token=")).unwrap().to_owned()
}

/// Submits the form twice from the same page. Returns the visitor, who has the cookies of the second answer, and both
/// answers.
async fn submit_twice(
    visitor: &Visitor,
    url: &str,
    fields: &[(&str, &str)],
    pause: Duration,
) -> (Visitor, [Answer; 2]) {
    let mut first = visitor.clone();
    let mut second = visitor.clone();
    let post = |visitor: &Visitor| {
        with_form(visitor.request(Method::POST, url).header("accept", "text/html"), fields)
    };
    let request = post(&first);
    let again = post(&second);
    let (one, two) = join(first.send(request), async {
        tokio::time::sleep(pause).await;
        second.send(again).await
    })
    .await;
    (second, [one, two])
}

#[actix_web::test]
async fn a_double_click_on_sign_up_creates_one_account() {
    for pause in PAUSES {
        let app = TestApp::start().await;
        let page = app.url("/register");
        let mut visitor = Visitor::new();
        let csrf = visitor.csrf(&page).await;
        let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];

        let (mut visitor, answers) = submit_twice(&visitor, &page, &fields, pause).await;
        let login = visitor.get(&app.url("/login")).await;

        for answer in &answers {
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, "/login"),
                "{pause:?}: {}",
                answer.text
            );
        }
        assert!(login.text.contains("Your account is ready"), "{pause:?}: {}", login.text);
        let mut other = Visitor::new();
        let csrf = other.csrf(&page).await;
        let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];
        other.post_form(&page, &fields).await.assert_status(409);
    }
}

#[actix_web::test]
async fn a_double_click_on_sign_in_leaves_the_living_cookie() {
    for pause in PAUSES {
        let app = TestApp::start_with(|config| config.tokens.sessions_per_user = 1).await;
        tests::register(&app.frontend, EMAIL).await;
        let page = app.url("/login");
        let mut visitor = Visitor::new();
        let csrf = visitor.csrf(&page).await;
        let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];

        let (mut visitor, answers) = submit_twice(&visitor, &page, &fields, pause).await;

        for answer in &answers {
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, "/private"),
                "{pause:?}: {}",
                answer.text
            );
        }
        assert_eq!(session_cookie(&answers[0]), session_cookie(&answers[1]), "{pause:?}: one session");
        visitor.get(&app.url("/private")).await.assert_status(200);
        visitor.get(&app.url("/api/sessions")).await.assert_status(200);
    }
}

#[actix_web::test]
async fn a_double_click_uses_a_code_once() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(EMAIL).await;
    let begun = ada.post_json(&app.url("/api/totp/begin"), &json!({})).await;
    let mut authenticator = AuthenticatorApp::scan(begun.json()["data"]["secret"].as_str().unwrap());
    let code = authenticator.next_code().await;
    let confirmed = ada.post_json(&app.url("/api/totp/confirm"), &json!({"code": code})).await.json();
    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&app.url("/login")).await;
    let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];

    let (mut visitor, steps) = submit_twice(&visitor, &app.url("/login"), &fields, PAUSES[1]).await;
    let page = app.url(steps[1].header("location"));
    let csrf = visitor.csrf(&page).await;
    let code = confirmed["data"]["recovery_codes"][0].as_str().unwrap();
    let fields = [("csrf", csrf.as_str()), ("code", code)];
    let (mut visitor, answers) = submit_twice(&visitor, &page, &fields, PAUSES[1]).await;

    for answer in &answers {
        assert_eq!((answer.status, answer.header("location")), (303, "/private"), "{}", answer.text);
    }
    visitor.get(&app.url("/private")).await.assert_status(200);
}

#[actix_web::test]
async fn another_form_or_browser_gets_its_own_answer() {
    let app = TestApp::start().await;
    tests::register(&app.frontend, EMAIL).await;
    let page = app.url("/login");
    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&page).await;
    let wrong = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", "a wrong horse battery")];
    let right = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];

    let mut stranger = Visitor::new();
    let refused = visitor.post_form(&page, &wrong).await;
    let signed_in = visitor.clone().post_form(&page, &right).await;
    let forged = stranger.post_form(&page, &right).await;
    let in_other_session = {
        stranger.csrf(&page).await;
        stranger.post_form(&page, &right).await
    };

    refused.assert_status(401);
    signed_in.assert_redirect(303, "/private");
    forged.assert_status(403);
    in_other_session.assert_status(403);
    assert_eq!(stranger.cookie("token"), None, "the answer belongs to the browser that sent the form");
}

#[actix_web::test]
async fn repeated_guesses_stay_limited() {
    let app = TestApp::start().await;
    tests::register(&app.frontend, EMAIL).await;
    let page = app.url("/login");
    let mut visitor = Visitor::new();
    let mut statuses = Vec::new();

    for guess in 0..30 {
        let csrf = visitor.csrf(&page).await;
        let password = format!("a wrong horse battery {guess}");
        let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", &password)];
        statuses.push(visitor.post_form(&page, &fields).await.status);
    }

    assert!(statuses.contains(&429), "{statuses:?}");
}

#[actix_web::test]
async fn an_outdated_form_of_a_signed_in_visitor_leads_on() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(EMAIL).await;

    for path in ["/login", "/register"] {
        let fields = [("csrf", "outdated"), ("email", EMAIL), ("password", PASSWORD), ("next", "/account")];
        ada.post_form(&app.url(path), &fields).await.assert_redirect(303, "/account");
    }
}
