//! The way back to the page that the visitor wanted.

use tests::{Answer, AuthenticatorApp, PASSWORD, Visitor};

use crate::helpers::TestApp;

const EMAIL: &str = "ada@example.com";

/// Where the form in the page returns to.
fn return_target(page: &Answer) -> Option<&str> {
    // The form for the language has a field of the same name, which comes later.
    let (main, _) = page.text.split_once("</main>").unwrap();
    let (_, value) = main.split_once("name=\"next\" value=\"")?;
    Some(value.split('"').next().unwrap())
}

/// Submits the sign-in form that returns to `next`.
async fn submit_password(visitor: &mut Visitor, app: &TestApp, next: &str) -> Answer {
    let page = visitor.get(&app.url(&format!("/login?next={next}"))).await;
    let csrf = page.hidden_field("csrf").unwrap();
    let next = return_target(&page).unwrap_or_default();
    let fields = [("csrf", csrf), ("email", EMAIL), ("password", PASSWORD), ("next", next)];
    visitor.post_form(&app.url("/login"), &fields).await
}

#[actix_web::test]
async fn pages_tolerate_a_query_that_they_do_not_expect() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(EMAIL).await;
    let cases = [
        ("/login?next=/list?page=1&next=2", Some("/list?page=1")),
        ("/register?next=/list?page=1&next=2", Some("/list?page=1")),
        ("/login?next=/a&x=1&x=2&next", Some("/a")),
        ("/login?next=%ff", None),
        ("/login?next", None),
        ("/login?%ff=%00&&=&", None),
        ("/account/confirm?next=/account/email&next=2", Some("/account/email")),
    ];

    for (path, next) in cases {
        let mut visitor = if path.starts_with("/account") { ada.clone() } else { Visitor::new() };
        let page = visitor.get(&app.url(path)).await;
        if page.status == 303 {
            assert_eq!(Some(page.header("location")), next, "{path}");
            continue;
        }
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert_eq!(return_target(&page), next, "{path}");
    }
    let id = "01900000-0000-7000-8000-000000000000";
    let activity = ada.get(&app.url(&format!("/account/activity?before={id}&before={id}"))).await;
    let link = ada.get(&app.url("/confirm-address?token=a&token=b")).await;
    let second_step = Visitor::new().get(&app.url("/login/second?with=totp&with=x&next=/a")).await;
    activity.assert_status(200);
    assert!(link.text.contains("no longer valid"), "{}", link.text);
    second_step.assert_redirect(303, "/login?next=/a");
}

/// Paths of up to 8 KiB, with the number of bytes.
fn long_paths() -> impl Iterator<Item = String> {
    [100, 1_900, 2_500, 4_000, 8_000].into_iter().map(|length| {
        let path = "/private?list=";
        format!("{path}{}", "a".repeat(length - path.len()))
    })
}

/// Adds an authenticator app to Ada's account and returns her recovery codes.
async fn add_second_factor(app: &TestApp) -> Vec<String> {
    let mut ada = Visitor::new();
    ada.log_in(&app.frontend, EMAIL, PASSWORD).await.assert_status(200);
    let begun = ada.post_json(&app.url("/api/totp/begin"), &serde_json::json!({})).await;
    let mut authenticator = AuthenticatorApp::scan(begun.json()["data"]["secret"].as_str().unwrap());
    let code = authenticator.next_code().await;
    let confirmed = ada.post_json(&app.url("/api/totp/confirm"), &serde_json::json!({"code": code})).await;
    confirmed.assert_status(200);
    let codes = confirmed.json()["data"]["recovery_codes"].as_array().unwrap().clone();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Fails if the browser would drop a cookie of the answer.
fn assert_cookies_fit(answer: &Answer) {
    for cookie in answer.headers.get_all("set-cookie") {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        assert!(pair.len() <= 4096, "{} bytes: {pair}", pair.len());
    }
}

#[actix_web::test]
async fn a_long_path_survives_the_second_step() {
    let app = TestApp::start().await;
    tests::register(&app.frontend, EMAIL).await;
    let codes = add_second_factor(&app).await;

    for (next, code) in long_paths().zip(&codes) {
        let case = next.len();
        let mut visitor = Visitor::new();
        let first = submit_password(&mut visitor, &app, &next).await;
        assert_eq!(first.status, 303, "{case}: {}", first.text);
        assert_cookies_fit(&first);
        let second_page = app.url(first.header("location"));
        let page = visitor.get(&second_page).await;
        assert_eq!(page.status, 200, "{case}: {} {}", page.header("location"), page.text);
        let wrong = submit_code(&mut visitor, &app, &page, "aaaa-bbbb-cccc").await;
        assert_eq!(wrong.status, 401, "{case}: {}", wrong.text);
        let signed_in = submit_code(&mut visitor, &app, &wrong, code).await;

        assert_eq!((signed_in.status, signed_in.header("location")), (303, next.as_str()), "{case}");
        visitor.get(&app.url("/private")).await.assert_status(200);
    }
}

/// Submits the form of the second step that `page` shows.
async fn submit_code(visitor: &mut Visitor, app: &TestApp, page: &Answer, code: &str) -> Answer {
    let csrf = page.hidden_field("csrf").unwrap();
    visitor.post_form(&app.url(&form_action(page)), &[("csrf", csrf), ("code", code)]).await
}

/// The address to which the first form in the page is submitted.
fn form_action(page: &Answer) -> String {
    let (_, form) = page.text.split_once("<main").unwrap();
    let (_, action) = form.split_once("action=\"").unwrap();
    action.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

#[actix_web::test]
async fn a_long_path_survives_the_set_up_of_a_second_factor() {
    for next in long_paths() {
        let case = next.len();
        let app = TestApp::start_with(|config| {
            config.second_factor = auth_service::domain::SecondFactorPolicy::Required;
        })
        .await;
        tests::register(&app.frontend, EMAIL).await;
        let mut visitor = Visitor::new();
        let first = submit_password(&mut visitor, &app, &next).await;
        assert_eq!(first.status, 303, "{case}: {}", first.text);
        let offer = visitor.get(&app.url(first.header("location"))).await;
        assert_eq!(offer.status, 200, "{case}: {} {}", offer.header("location"), offer.text);
        let csrf = offer.hidden_field("csrf").unwrap();
        let set_up = visitor.post_form(&app.url(&form_action(&offer)), &[("csrf", csrf)]).await;
        assert_eq!(set_up.status, 200, "{case}: {}", set_up.text);
        let (_, secret) = set_up.text.split_once("<code class=\"secret\">").unwrap();
        let mut authenticator = AuthenticatorApp::scan(secret.split('<').next().unwrap());
        let wrong = submit_code(&mut visitor, &app, &set_up, "000000").await;
        let code = authenticator.next_code().await;
        let confirmed = submit_code(&mut visitor, &app, &wrong, &code).await;
        assert_eq!(confirmed.status, 303, "{case}: {}", confirmed.text);
        assert_cookies_fit(&confirmed);
        let codes = visitor.get(&app.url(confirmed.header("location"))).await;

        assert_eq!(codes.status, 200, "{case}: {} {}", codes.header("location"), codes.text);
        assert!(codes.text.contains(&format!("href=\"{next}\"")), "{case}: {}", codes.text);
    }
}

#[actix_web::test]
async fn a_longer_path_is_given_up() {
    let app = TestApp::start().await;
    tests::register(&app.frontend, EMAIL).await;

    let signed_in = submit_password(&mut Visitor::new(), &app, &format!("/{}", "a".repeat(8_192))).await;

    signed_in.assert_redirect(303, "/private");
}

#[actix_web::test]
async fn a_form_never_redirects_to_an_upstream() {
    let app = TestApp::start().await;
    tests::register(&app.frontend, EMAIL).await;
    let frontend = app.start_frontend(&[("UPSTREAMS", "/backend=http://localhost:9")]);
    let page = format!("{frontend}/login");

    for next in ["/backend/elsewhere", "/backend", "/%62ackend/elsewhere?a=b&c=\"d\""] {
        let mut visitor = Visitor::new();
        let csrf = visitor.csrf(&page).await;
        let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD), ("next", next)];
        let answer = visitor.post_form(&page, &fields).await;

        assert_eq!(answer.status, 200, "{next}: {}", answer.text);
        let target = next.replace('"', "%22");
        assert_eq!(answer.header("refresh"), format!("0; url={target}"));
        assert_eq!(answer.header("cache-control"), "no-store", "{next}");
        assert!(answer.header("content-security-policy").contains("form-action 'self';"), "{next}");
        assert!(answer.text.contains("href=\"/"), "{next}: a link for browsers that ignore the header");
        assert!(visitor.cookie("token").is_some(), "{next}");
    }
}
