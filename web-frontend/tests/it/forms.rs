//! The forms, as a visitor without JavaScript uses them.

use reqwest::Method;
use tests::{Answer, PASSWORD, Visitor};

use crate::helpers::TestApp;

const EMAIL: &str = "ada@example.com";

/// Opens the form at `page` and submits it to `action` with [`EMAIL`] and [`PASSWORD`].
async fn submit_credentials(visitor: &mut Visitor, app: &TestApp, page: &str, action: &str) -> Answer {
    let form = visitor.get(&app.url(page)).await;
    let csrf = form.hidden_field("csrf").unwrap();
    let next = form.hidden_field("next").unwrap_or_default();
    let fields = [("csrf", csrf), ("email", EMAIL), ("password", PASSWORD), ("next", next)];
    visitor.post_form(&app.url(action), &fields).await
}

#[actix_web::test]
async fn registering_leads_to_the_sign_in_page() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::new();

    let registered =
        submit_credentials(&mut visitor, &app, "/register?next=/private?tab=2", "/register").await;
    let login = visitor.get(&app.url("/login?next=/private?tab=2")).await;
    let reloaded = visitor.get(&app.url("/login")).await;

    registered.assert_redirect(303, "/login?next=/private?tab=2");
    assert!(login.text.contains("Your account is ready"), "{}", login.text);
    assert!(login.text.contains(&format!("value=\"{EMAIL}\"")), "{}", login.text);
    assert!(!reloaded.text.contains("Your account is ready"), "the message is shown once");
}

#[actix_web::test]
async fn signing_in_returns_to_the_wanted_page() {
    let app = TestApp::start().await;
    tests::register(&app.frontend, EMAIL).await;
    let mut visitor = Visitor::new();

    let signed_in = submit_credentials(&mut visitor, &app, "/login?next=/private?tab=2", "/login").await;
    let private = visitor.get(&app.url("/private")).await;

    signed_in.assert_redirect(303, "/private?tab=2");
    private.assert_status(200);
    assert!(private.text.contains(EMAIL), "{}", private.text);
    assert_eq!(private.text.matches("UTC").count(), 3, "{}", private.text);
}

#[actix_web::test]
async fn signing_out_ends_the_session_everywhere() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in(EMAIL).await;
    let mut stolen = visitor.clone();
    let csrf = visitor.csrf(&app.url("/private")).await;

    let signed_out = visitor.post_form(&app.url("/logout"), &[("csrf", &csrf)]).await;
    let home = visitor.get(&app.url("/")).await;

    signed_out.assert_redirect(303, "/");
    assert_eq!(visitor.cookie("token"), None);
    assert!(home.text.contains("You’re signed out."), "{}", home.text);
    stolen.get(&app.url("/private")).await.assert_status(302);
}

#[actix_web::test]
async fn signing_out_takes_the_visitors_own_form() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in(EMAIL).await;

    let link = visitor.get(&app.url("/logout")).await;
    let forged = visitor.post_form(&app.url("/logout"), &[("csrf", "guess")]).await;
    let private = visitor.get(&app.url("/private")).await;

    assert!(link.status == 200 && link.hidden_field("csrf").is_some(), "a link only shows the form");
    forged.assert_status(403);
    private.assert_status(200);
}

#[actix_web::test]
async fn invalid_utf_8_is_refused() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&app.url("/register")).await;
    let fields = format!("csrf={csrf}&email=a%40example.com&password=");
    let cases = [
        ("percent-encoded", format!("{fields}{}", "%ff".repeat(8)).into_bytes()),
        ("raw", [fields.as_bytes(), &[0xff; 8]].concat()),
    ];

    for (case, body) in cases {
        let request = visitor.request(Method::POST, &app.url("/register")).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = visitor.send(request).await;
        assert_eq!(answer.status_and_code(), (400, "invalid_form".into()), "{case}");
    }
}

#[actix_web::test]
async fn an_overlong_address_fits_into_the_next_page() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&app.url("/register")).await;
    let padded = format!("{EMAIL}{}", " ".repeat(5000));
    let fields = [("csrf", csrf.as_str()), ("email", &padded), ("password", PASSWORD)];

    let registered = visitor.post_form(&app.url("/register"), &fields).await;
    let login = visitor.get(&app.url("/login")).await;

    registered.assert_status(303);
    assert!(login.text.contains(&format!("value=\"{EMAIL}\"")), "{}", login.text);
}

#[actix_web::test]
async fn assets_can_be_cached_forever() {
    let app = TestApp::start().await;
    let mut visitor = Visitor::new();
    let home = visitor.get(&app.url("/")).await;

    for extension in [".css", ".svg"] {
        let path = home.text.split('"').find(|part| part.ends_with(extension)).unwrap();
        let asset = visitor.get(&app.url(path)).await;
        asset.assert_status(200);
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
    }
}

#[actix_web::test]
async fn assets_of_another_release_are_not_cached() {
    let app = TestApp::start().await;

    let asset = Visitor::new().get(&app.url("/assets/0123456789abcdef/drawbridge.css")).await;
    let unknown = Visitor::new().get(&app.url("/assets/0123456789abcdef/other.css")).await;

    asset.assert_status(200);
    assert_eq!(asset.header("cache-control"), "no-cache");
    unknown.assert_status(404);
}
