//! The pages and their forms, without a browser.

use tests::{PASSWORD, Stack, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_the_token_of_its_own_visitor() {
    for stack in Stack::both() {
        let email = stack.registered("ada").await;
        let login = format!("{}/login", stack.frontend);
        let (mut ada, mut eve) = (Visitor::new(), Visitor::new());
        let eves = eve.get(&login).await.hidden_field("csrf").unwrap().to_owned();
        ada.get(&login).await;
        for csrf in ["", "guess", &eves] {
            let fields = [("csrf", csrf), ("email", &email), ("password", PASSWORD)];
            let answer = ada.post_form(&login, &fields).await;
            assert_eq!(answer.status, 403, "{csrf}");
            assert!(
                answer.text.contains("has expired") && answer.text.contains(&email),
                "the form comes again"
            );
            assert!(ada.cookie("token").is_none());
        }
        let csrf = ada.get(&login).await.hidden_field("csrf").unwrap().to_owned();
        let page_session = ada.cookie("drawbridge-page").unwrap().to_owned();
        let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD)];
        assert_eq!(ada.post_form(&login, &fields).await.status, 303);
        assert_ne!(
            ada.cookie("drawbridge-page"),
            Some(page_session.as_str()),
            "the page session begins anew"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed() {
    let stack = Stack::one_process();
    let taken = stack.registered("taken").await;
    let url = |path: &str| format!("{}{path}", stack.frontend);
    let mut visitor = Visitor::new();
    let csrf = visitor.get(&url("/register")).await.hidden_field("csrf").unwrap().to_owned();
    for (email, password, status, message) in [
        ("nobody", PASSWORD, 422, "name@domain"),
        ("new@example.com", "short", 422, "at least 8 characters"),
        (taken.as_str(), PASSWORD, 409, "already exists"),
        ("<script>alert(1)</script>@example.com", PASSWORD, 422, "&#60;script&#62;"),
    ] {
        let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
        let answer = visitor.post_form(&url("/register"), &fields).await;
        assert_eq!(answer.status, status, "{email}");
        assert!(answer.text.contains(message), "{message} is missing: {}", answer.text);
        assert!(answer.text.contains("aria-invalid=\"true\""));
        assert!(!answer.text.contains("<script>"), "{}", answer.text);
        assert!(!answer.text.contains(PASSWORD), "a password is never sent back");
    }
    let fields = [("csrf", csrf.as_str()), ("email", taken.as_str()), ("password", "wrong horse")];
    let answer = visitor.post_form(&url("/login"), &fields).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("Incorrect email address or password."));
    let answer = visitor.post_form(&url("/login"), &[("csrf", csrf.as_str()), ("surprise", "1")]).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("<!doctype html>") && answer.text.contains(answer.header("x-request-id")));
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_allow_no_script_and_no_frame() {
    let stack = Stack::one_process();
    for path in ["/", "/login", "/register", "/logout"] {
        let answer = Visitor::new().get(&format!("{}{path}", stack.frontend)).await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let home = Visitor::new().get(&stack.frontend).await;
    assert!(home.header("set-cookie").is_empty(), "a visitor who only looks gets no cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_and_forms_get_a_page_that_says_so() {
    let stack = Stack::one_process();
    let get = async |path: &str| {
        let mut visitor = Visitor::new();
        let request = visitor.request(reqwest::Method::GET, &format!("{}{path}", stack.frontend));
        visitor.send(request.header("accept", "text/html")).await
    };
    let twice = get("/login?next=/a&next=/b").await;
    assert_eq!(twice.status, 400);
    assert!(twice.text.contains("The query cannot be read"));
    assert_eq!(get("/login?next=%FF%00").await.status, 200);
    assert_eq!(get("/nowhere").await.status, 404);
    let mut visitor = Visitor::new();
    let csrf =
        visitor.get(&format!("{}/login", stack.frontend)).await.hidden_field("csrf").unwrap().to_owned();
    let huge = "x".repeat(100_000);
    let fields = [("csrf", csrf.as_str()), ("email", "a@example.com"), ("password", &huge)];
    let answer = visitor.post_form(&format!("{}/login", stack.frontend), &fields).await;
    assert_eq!(answer.status, 413);
    stack.assert_no_panic();
}
