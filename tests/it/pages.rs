//! The pages and their forms, without a browser.

use tests::{Deployment, Layout, PASSWORD, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_the_csrf_token_of_its_visitor() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("ada").await;
        let login = format!("{}/login", deployment.frontend);
        let mut ada = Visitor::new();
        ada.get(&login).await;
        let eves = Visitor::new().csrf(&login).await;

        for (case, csrf) in [("no token", ""), ("a guess", "guess"), ("another visitor's token", &eves)] {
            let fields = [("csrf", csrf), ("email", &email), ("password", PASSWORD)];
            let answer = ada.post_form(&login, &fields).await;

            assert_eq!(answer.status, 403, "{case}");
            assert!(answer.text.contains("has expired"), "{case}: {}", answer.text);
            assert!(answer.text.contains(&email), "{case}: the form is shown again: {}", answer.text);
            assert!(ada.cookie("token").is_none(), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_starts_a_new_page_session() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("ada").await;
        let login = format!("{}/login", deployment.frontend);
        let mut ada = Visitor::new();
        let csrf = ada.csrf(&login).await;
        let before = ada.cookie("drawbridge-page").unwrap().to_owned();

        let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD)];
        ada.post_form(&login, &fields).await.assert_status(303);

        assert_ne!(ada.cookie("drawbridge-page"), Some(before.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_shows_errors_and_keeps_the_input() {
    let deployment = Deployment::builder().one_process().start();
    let taken = deployment.registered("taken").await;
    let register = format!("{}/register", deployment.frontend);
    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&register).await;

    for (email, password, status, message) in [
        ("nobody", PASSWORD, 422, "name@domain"),
        ("new@example.com", "short", 422, "at least 8 characters"),
        (taken.as_str(), PASSWORD, 409, "already exists"),
        ("<script>alert(1)</script>@example.com", PASSWORD, 422, "&#60;script&#62;"),
    ] {
        let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
        let answer = visitor.post_form(&register, &fields).await;

        assert_eq!(answer.status, status, "{email}");
        assert!(answer.text.contains(message), "{email}: {message} is missing: {}", answer.text);
        assert!(answer.text.contains("aria-invalid=\"true\""), "{email}");
        assert!(!answer.text.contains("<script>"), "{email}: {}", answer.text);
        assert!(!answer.text.contains(PASSWORD), "{email}: a page never contains a password");
    }
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_or_an_unknown_field_shows_an_error() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let login = format!("{}/login", deployment.frontend);
    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&login).await;

    let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", "wrong horse")];
    let wrong = visitor.post_form(&login, &fields).await;
    let unknown = visitor.post_form(&login, &[("csrf", &csrf), ("surprise", "1")]).await;

    wrong.assert_status(401);
    assert!(wrong.text.contains("Incorrect email address or password."), "{}", wrong.text);
    unknown.assert_status(400);
    assert!(unknown.text.contains("<!doctype html>"), "{}", unknown.text);
    assert!(unknown.text.contains(unknown.header("x-request-id")), "{}", unknown.text);
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_allow_no_script_and_no_frame() {
    let deployment = Deployment::builder().one_process().start();

    for path in ["/", "/login", "/register", "/logout"] {
        let answer = Visitor::new().get(&format!("{}{path}", deployment.frontend)).await;

        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    let home = Visitor::new().get(&deployment.frontend).await;
    assert!(home.header("set-cookie").is_empty(), "the home page sets no cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_query_or_form_gets_an_error_page() {
    let deployment = Deployment::builder().one_process().start();
    let login = format!("{}/login", deployment.frontend);
    let get = async |path: &str| {
        let mut visitor = Visitor::new();
        let request = visitor.request(reqwest::Method::GET, &format!("{}{path}", deployment.frontend));
        visitor.send(request.header("accept", "text/html")).await
    };

    let duplicate = get("/login?next=/a&next=/b").await;
    duplicate.assert_status(200);
    assert!(duplicate.text.contains("value=\"/a\""), "the first counts: {}", duplicate.text);
    get("/login?next=%FF%00").await.assert_status(200);
    get("/nowhere").await.assert_status(404);

    let mut visitor = Visitor::new();
    let csrf = visitor.csrf(&login).await;
    let huge = "x".repeat(100_000);
    let fields = [("csrf", csrf.as_str()), ("email", "a@example.com"), ("password", &huge)];
    visitor.post_form(&login, &fields).await.assert_status(413);
    deployment.assert_no_panic();
}
