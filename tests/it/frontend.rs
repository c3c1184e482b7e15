//! The pages of an account without a browser: languages, the second step without a script, when a device was last
//! seen, and how a site of one's own looks.

use std::fs;

use reqwest::{Method, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Answer, AuthenticatorApp, Mailbox, PASSWORD, Stack, Visitor};

/// Sends the form of a page with these fields.
async fn send(visitor: &mut Visitor, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = visitor.get(page).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let csrf = shown.hidden_field("csrf").unwrap().to_owned();
    let fields: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
    visitor.post_form(action, &fields).await
}

async fn post(visitor: &mut Visitor, stack: &Stack, path: &str, body: Value) -> Value {
    let answer = visitor.post_json(&format!("{}{path}", stack.frontend), &body).await;
    assert!(answer.status < 300, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_works_without_a_script_and_is_kept_out_of_sight() {
    for stack in Stack::both() {
        let url = |path: &str| format!("{}{path}", stack.frontend);
        let mut ada = stack.signed_in("ada").await;
        let begun = post(&mut ada, &stack, "/api/totp/begin", json!({})).await;
        let app = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        let added = post(&mut ada, &stack, "/api/totp/confirm", json!({"code": app.code(-1)})).await;
        let recovery = added["data"]["recovery_codes"][0].as_str().unwrap().to_owned();

        let mut ada = Visitor::new();
        assert_eq!(ada.get(&url("/login/second")).await.header("location"), "/login", "nothing waits");
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let first = send(&mut ada, &url("/login?next=/private?x=1"), &url("/login"), &fields).await;
        assert_eq!((first.status, first.header("location")), (303, "/login/second"));
        assert!(ada.cookie("token").is_none());
        let page = ada.get(&url("/login/second")).await;
        assert!(page.text.contains("autocomplete=\"one-time-code\""), "{}", page.text);
        let wrong = send(&mut ada, &url("/login/second"), &url("/login/second"), &[("code", "000000")]).await;
        assert_eq!(wrong.status, 401);
        assert!(wrong.text.contains("aria-invalid=\"true\"") && wrong.text.contains("role=\"alert\""));
        let right =
            send(&mut ada, &url("/login/second"), &url("/login/second"), &[("code", &recovery)]).await;
        assert_eq!(right.status, 303, "{}", right.text);
        assert_eq!(ada.get(&url("/account")).await.status, 200);
        stack.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_mails_are_in_the_language_of_whoever_reads_them() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    let url = |path: &str| format!("{}{path}", stack.frontend);
    for (accepted, language, headline) in [
        ("fr-CH, en;q=0.5", "fr", "mot de passe"),
        ("de-AT;q=0.8, nl", "de", "Passwort"),
        ("nl", "en", "password"),
    ] {
        let mut visitor = Visitor::new();
        let request = visitor.request(Method::GET, &url("/forgot-password"));
        let page = visitor.send(request.header(header::ACCEPT_LANGUAGE, accepted)).await;
        assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{accepted}: {}", page.text);
        assert!(page.text.contains(headline), "{accepted}: {}", page.text);
    }
    let mut ada = Visitor::new();
    let chosen = ada.post_form(&url("/language"), &[("language", "de"), ("next", "/register")]).await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/register"));
    let evil = ada.post_form(&url("/language"), &[("language", "de"), ("next", "//evil.example")]).await;
    assert!(!evil.header("location").contains("evil"), "{}", evil.header("location"));
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let sent = send(&mut ada, &url("/register"), &url("/register"), &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let mail = mailbox.next_to("ada@example.com").await;
    assert!(mail.subject.starts_with("Bestätigen Sie") && mail.html.contains("lang=\"de\""), "{}", mail.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_was_last_seen_when_its_last_page_was_sent() {
    let stack = Stack::three_programs();
    let mut ada = stack.signed_in("ada").await;
    stack
        .execute("UPDATE session_details SET last_seen_at = now() AT TIME ZONE 'utc' - interval '1 hour'")
        .await;
    assert_eq!(ada.get(&format!("{}/private", stack.frontend)).await.status, 200);
    // It is told after the answer: asked of the database, for asking auth-service would be a visit itself.
    let started = std::time::Instant::now();
    let just_now = "SELECT count(*) FROM session_details \
                    WHERE last_seen_at > now() AT TIME ZONE 'utc' - interval '1 minute'";
    while stack.count(just_now).await == 0 {
        assert!(started.elapsed().as_secs() < 10, "nobody was told");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_has_its_own_name_colour_and_logo() {
    let folder = TempDir::new().unwrap();
    let logo = folder.path().join("logo.svg");
    fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"9\" height=\"9\"/></svg>")
        .unwrap();
    let stack = Stack::three_programs_with(|name, settings| {
        if name == "web-frontend" {
            settings.insert("SITE_NAME", "Loom & Co.".into());
            settings.insert("SITE_COLOR", "#0b6b3a".into());
            settings.insert("SITE_LOGO", logo.display().to_string());
        }
    });
    let mut visitor = Visitor::new();
    let page = visitor.get(&format!("{}/login", stack.frontend)).await;
    assert!(page.text.contains("· Loom &#38; Co.</title>"), "{}", page.text);
    let after = |mark: &str| page.text.split(mark).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let style = visitor.get(&format!("{}{}", stack.frontend, after("rel=\"stylesheet\" href=\""))).await;
    assert!(style.text.contains("#0b6b3a"), "{}", style.text);
    assert!(style.header("cache-control").contains("immutable"), "{}", style.header("cache-control"));
    let shown = visitor.get(&format!("{}{}", stack.frontend, after("<img src=\""))).await;
    assert!(shown.text.contains("<rect"), "{}", shown.text);
}
