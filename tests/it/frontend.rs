//! The pages without a browser: languages, the second step without a script, activity of a device, and branding.

use std::{
    fs,
    time::{Duration, Instant},
};

use reqwest::{Method, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Answer, AuthenticatorApp, Deployment, Layout, Mailbox, PASSWORD, Service, Visitor};

/// Opens a page and sends its form to `action`.
async fn submit(visitor: &mut Visitor, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = visitor.csrf(page).await;
    let fields: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
    visitor.post_form(action, &fields).await
}

async fn post(visitor: &mut Visitor, deployment: &Deployment, path: &str, body: Value) -> Value {
    let answer = visitor.post_json(&format!("{}{path}", deployment.frontend), &body).await;
    assert!(answer.status < 300, "{path}: {}", answer.text);
    answer.json()
}

/// Adds an authenticator app to the account and returns a recovery code.
async fn add_second_factor(visitor: &mut Visitor, deployment: &Deployment) -> String {
    let begun = post(visitor, deployment, "/api/totp/begin", json!({})).await;
    let app = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
    let code = json!({"code": app.code(-1)});
    let added = post(visitor, deployment, "/api/totp/confirm", code).await;
    added["data"]["recovery_codes"][0].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_works_without_scripts() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let url = |path: &str| format!("{}{path}", deployment.frontend);
        let mut registered = deployment.signed_in("ada").await;
        let recovery_code = add_second_factor(&mut registered, &deployment).await;
        let mut ada = Visitor::new();
        let second = url("/login/second");

        let location = ada.get(&second).await.header("location").to_owned();
        assert_eq!(location, "/login", "no second step is pending");

        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let first = submit(&mut ada, &url("/login?next=/private?x=1"), &url("/login"), &fields).await;
        first.assert_redirect(303, "/login/second");
        assert!(ada.cookie("token").is_none());
        let page = ada.get(&second).await;
        assert!(page.text.contains("autocomplete=\"one-time-code\""), "{}", page.text);

        let wrong = submit(&mut ada, &second, &second, &[("code", "000000")]).await;
        wrong.assert_status(401);
        assert!(wrong.text.contains("aria-invalid=\"true\"") && wrong.text.contains("role=\"alert\""));

        let correct = submit(&mut ada, &second, &second, &[("code", &recovery_code)]).await;
        correct.assert_status(303);
        ada.get(&url("/account")).await.assert_status(200);
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_the_language_of_the_browser() {
    let deployment = Deployment::builder().start();

    for (accepted, language, headline) in [
        ("fr-CH, en;q=0.5", "fr", "mot de passe"),
        ("de-AT;q=0.8, nl", "de", "Passwort"),
        ("nl", "en", "password"),
    ] {
        let mut visitor = Visitor::new();
        let url = format!("{}/forgot-password", deployment.frontend);
        let request = visitor.request(Method::GET, &url).header(header::ACCEPT_LANGUAGE, accepted);
        let page = visitor.send(request).await;

        assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{accepted}: {}", page.text);
        assert!(page.text.contains(headline), "{accepted}: {}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_language_applies_to_pages_and_mail() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let mut ada = Visitor::new();

    let chosen = ada.post_form(&url("/language"), &[("language", "de"), ("next", "/register")]).await;
    let evil = ada.post_form(&url("/language"), &[("language", "de"), ("next", "//evil.example")]).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let sent = submit(&mut ada, &url("/register"), &url("/register"), &fields).await;
    let mail = mailbox.next_to("ada@example.com").await;

    chosen.assert_redirect(303, "/register");
    assert!(!evil.header("location").contains("evil"), "{}", evil.header("location"));
    sent.assert_status(303);
    assert!(mail.subject.starts_with("Bestätigen Sie"), "{}", mail.subject);
    assert!(mail.html.contains("lang=\"de\""), "{}", mail.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_view_updates_when_the_device_was_last_seen() {
    let deployment = Deployment::builder().start();
    let mut ada = deployment.signed_in("ada").await;
    let age = "UPDATE session_details SET last_seen_at = now() AT TIME ZONE 'utc' - interval '1 hour'";
    deployment.execute(age).await;

    ada.get(&format!("{}/private", deployment.frontend)).await.assert_status(200);

    // The update follows the response. Ask the database, because a request to auth-service would be an update itself.
    let just_seen = "SELECT count(*) FROM session_details \
                     WHERE last_seen_at > now() AT TIME ZONE 'utc' - interval '1 minute'";
    let started = Instant::now();
    while deployment.count(just_seen).await == 0 {
        assert!(started.elapsed().as_secs() < 10, "last_seen_at is not updated");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_has_its_own_name_colour_and_logo() {
    let folder = TempDir::new().unwrap();
    let logo = folder.path().join("logo.svg");
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"9\" height=\"9\"/></svg>";
    fs::write(&logo, svg).unwrap();
    let deployment = Deployment::builder()
        .setting_for(Service::Frontend, "SITE_NAME", "Loom & Co.")
        .setting_for(Service::Frontend, "SITE_COLOR", "#0b6b3a")
        .setting_for(Service::Frontend, "SITE_LOGO", logo.display().to_string())
        .start();
    let mut visitor = Visitor::new();

    let page = visitor.get(&format!("{}/login", deployment.frontend)).await;
    let link_after = |mark: &str| {
        let path = page.text.split(mark).nth(1).unwrap().split('"').next().unwrap();
        format!("{}{path}", deployment.frontend)
    };
    let style = visitor.get(&link_after("rel=\"stylesheet\" href=\"")).await;
    let shown = visitor.get(&link_after("<img src=\"")).await;

    assert!(page.text.contains("· Loom &#38; Co.</title>"), "{}", page.text);
    assert!(style.text.contains("#0b6b3a"), "{}", style.text);
    assert!(style.header("cache-control").contains("immutable"), "{}", style.header("cache-control"));
    assert!(shown.text.contains("<rect"), "{}", shown.text);
}
