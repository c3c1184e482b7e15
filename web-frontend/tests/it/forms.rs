//! The way of a person through the forms, without a script.

use tests::{PASSWORD, Visitor};

use crate::helpers::{TestApp, start_frontend, start_stranger};

#[actix_web::test]
async fn sign_up_sign_in_look_and_sign_out() {
    let app = TestApp::start().await;
    let mut ada = Visitor::new();
    let page = ada.get(&app.url("/register?next=/private?tab=2")).await;
    let csrf = page.hidden_field("csrf").unwrap();
    assert_eq!(page.hidden_field("next"), Some("/private?tab=2"));
    let fields =
        [("csrf", csrf), ("email", "ada@example.com"), ("password", PASSWORD), ("next", "/private?tab=2")];
    let answer = ada.post_form(&app.url("/register"), &fields).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/login?next=/private?tab=2"),
        "{}",
        answer.text
    );

    let page = ada.get(&app.url("/login?next=/private?tab=2")).await;
    assert!(page.text.contains("Your account is ready") && page.text.contains("value=\"ada@example.com\""));
    assert!(
        !ada.get(&app.url("/login")).await.text.contains("Your account is ready"),
        "a message comes once"
    );
    let csrf = page.hidden_field("csrf").unwrap();
    let fields =
        [("csrf", csrf), ("email", "ada@example.com"), ("password", PASSWORD), ("next", "/private?tab=2")];
    let answer = ada.post_form(&app.url("/login"), &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/private?tab=2"));

    let page = ada.get(&app.url("/private")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("ada@example.com") && page.text.matches("UTC").count() == 3, "{}", page.text);
    let csrf = page.hidden_field("csrf").unwrap();
    let mut left_behind = ada.clone();
    assert_eq!(ada.post_form(&app.url("/logout"), &[("csrf", "guess")]).await.status, 403);
    assert_eq!(ada.get(&app.url("/private")).await.status, 200, "a guess signs nobody out");
    let answer = ada.post_form(&app.url("/logout"), &[("csrf", csrf)]).await;
    assert_eq!((answer.status, answer.header("location"), ada.cookie("token")), (303, "/", None));
    assert!(ada.get(&app.url("/")).await.text.contains("You’re signed out."));
    assert_eq!(left_behind.get(&app.url("/private")).await.status, 302, "the session has ended everywhere");
}

#[actix_web::test]
async fn a_form_that_is_not_utf_8_is_refused_so_that_no_two_passwords_become_one() {
    let app = TestApp::start().await;
    let mut eve = Visitor::new();
    let csrf = eve.get(&app.url("/register")).await.hidden_field("csrf").unwrap().to_owned();
    for body in [
        format!("csrf={csrf}&email=a%40example.com&password=%ff%ff%ff%ff%ff%ff%ff%ff").into_bytes(),
        [format!("csrf={csrf}&email=a%40example.com&password=").as_bytes(), &[0xff; 8]].concat(),
    ] {
        let request = eve.request(reqwest::Method::POST, &app.url("/register")).body(body);
        let answer = eve.send(request.header("content-type", "application/x-www-form-urlencoded")).await;
        assert_eq!(answer.status_and_code(), (400, "invalid_form".into()));
    }
    let spaces = format!("b@example.com{}", " ".repeat(5000));
    let fields = [("csrf", csrf.as_str()), ("email", &spaces), ("password", PASSWORD)];
    let answer = eve.post_form(&app.url("/register"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(eve.get(&app.url("/login")).await.text.contains("value=\"b@example.com\""));
}

#[actix_web::test]
async fn a_link_alone_signs_nobody_out() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let page = ada.get(&app.url("/logout")).await;
    assert!(page.status == 200 && page.hidden_field("csrf").is_some());
    assert_eq!(ada.get(&app.url("/private")).await.status, 200);
}

#[actix_web::test]
async fn styles_and_icon_are_served_and_may_be_kept() {
    let app = TestApp::start().await;
    let home = Visitor::new().get(&app.url("/")).await;
    for extension in [".css", ".svg"] {
        let path = home.text.split('"').find(|part| part.ends_with(extension)).unwrap();
        let asset = Visitor::new().get(&app.url(path)).await;
        assert_eq!(
            (asset.status, asset.header("cache-control")),
            (200, "public, max-age=31536000, immutable"),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn an_answer_that_is_not_auth_services_is_an_outage_whatever_it_says() {
    let verify = start_stranger(403, "{\"code\": \"missing_token\"}");
    for (status, body) in
        [(502, "{\"message\": \"bad gateway\"}"), (401, "{}"), (200, "no JSON"), (200, "{}")]
    {
        let frontend = start_frontend(&start_stranger(status, body), &verify);
        let mut visitor = Visitor::new();
        let csrf = visitor.get(&format!("{frontend}/login")).await.hidden_field("csrf").unwrap().to_owned();
        let fields = [("csrf", csrf.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];
        let answer = visitor.post_form(&format!("{frontend}/login"), &fields).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{status} {body}");
        assert!(visitor.cookie("token").is_none());
        if status != 200 {
            let answer = visitor.post_form(&format!("{frontend}/logout"), &fields[..1]).await;
            assert_eq!(answer.status, 503, "{status} {body}");
            let answer = visitor.get(&format!("{frontend}/api/me")).await;
            assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{status} {body}");
        }
    }
}
