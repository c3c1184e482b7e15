//! An outage is told as one: 503 with `Retry-After`, no redirect to the login page, no cookie lost.

use serde_json::json;
use tests::{PASSWORD, Stack, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn without_verify_service_the_guard_says_so_and_signs_nobody_out() {
    let stack = Stack::three_programs();
    let mut ada = stack.signed_in("ada").await;
    stack.processes()[1].signal("KILL");

    let private = format!("{}/private", stack.frontend);
    let page = ada.request(reqwest::Method::GET, &private).header("accept", "text/html");
    let page = ada.send(page).await;
    assert_eq!(page.status, 503, "{}", page.text);
    assert!(!page.header("retry-after").is_empty());
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains("you still are"), "{}", page.text);
    assert!(page.text.contains(page.header("x-request-id")));
    let id = page.header("x-request-id").to_owned();
    assert!(
        stack.log().lines().any(|line| line.contains(&id) && line.contains("verify-service")),
        "{}",
        stack.log()
    );
    let data = ada.request(reqwest::Method::GET, &private).header("accept", "application/json");
    assert_eq!(ada.send(data).await.status_and_code(), (503, "unavailable".into()));
    assert!(ada.cookie("token").is_some(), "the cookie is still there");
    assert_eq!(ada.get(&stack.frontend).await.status, 200, "the public page stays up");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_guard_goes_on_without_verify_service_and_says_so_without_redis_too() {
    let stack = Stack::three_programs_with(|name, settings| {
        Stack::embedded_guard(name, settings);
        settings.insert("OUTAGE_GRACE", "0s".into());
        settings.insert("STALE_MAX", "0s".into());
    });
    let mut ada = stack.signed_in("ada").await;
    let private = format!("{}/private", stack.frontend);
    assert_eq!(ada.get(&private).await.status, 200);
    stack.processes()[1].signal("KILL");
    let mut left_behind = ada.clone();
    for _ in 0..5 {
        assert_eq!(ada.get(&private).await.status, 200, "Redis and the guard's own memory are enough");
    }
    let Some(redis) = stack.redis.as_ref().and_then(tests::Redis::process) else { return };
    redis.signal("STOP");
    let started = std::time::Instant::now();
    loop {
        let page = ada.get(&private).await;
        if page.status == 503 {
            assert!(!page.header("retry-after").is_empty());
            break;
        }
        assert_eq!(page.status, 200, "an outage is never a refusal: {}", page.text);
        assert!(started.elapsed().as_secs() < 5, "it goes on believing");
    }
    assert!(ada.cookie("token").is_some());
    redis.signal("CONT");
    assert_eq!(ada.post(&format!("{}/api/logout", stack.auth)).await.status, 200);
    let page = loop {
        let page = left_behind.get(&private).await;
        if page.status != 503 {
            break page;
        }
        assert!(started.elapsed().as_secs() < 20, "it does not heal");
    };
    assert_eq!((page.status, page.header("location")), (302, "/login?next=/private"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auth_service_sessions_are_verified_and_forms_say_what_is_wrong() {
    let stack = Stack::three_programs();
    let mut ada = stack.signed_in("ada").await;
    stack.processes()[0].signal("KILL");

    assert_eq!(ada.get(&format!("{}/private", stack.frontend)).await.status, 200);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = Visitor::new().post_json(&format!("{}/api/login", stack.frontend), &login).await;
    assert_eq!(answer.status_and_code(), (503, "unavailable".into()));
    assert!(!answer.header("retry-after").is_empty());
    let answer = ada.post(&format!("{}/api/logout", stack.frontend)).await;
    assert_eq!(answer.status, 503, "nobody is told that they are signed out while they are not");
    assert!(ada.cookie("token").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_sessions_start_are_verified_and_end() {
    let stack = Stack::three_programs();
    let mut ada = stack.signed_in("ada").await;
    let Some(redis) = stack.redis.as_ref().and_then(tests::Redis::process) else { return };
    redis.signal("KILL");

    let verify = format!("{}/api/verify", stack.verify);
    assert_eq!(ada.post(&verify).await.status, 200);
    let mut grace = stack.signed_in("grace").await;
    assert_eq!(grace.post(&verify).await.status, 200);
    let mut left_behind = ada.clone();
    assert_eq!(ada.post(&format!("{}/api/logout", stack.frontend)).await.status, 200);
    let revoked = tests::time_to_refusal(&mut left_behind, &verify).await;
    assert!(revoked.as_secs_f64() < 4.0, "{revoked:?}");
    let mut eve = Visitor::new();
    let login = format!("{}/login", stack.frontend);
    let csrf = eve.get(&login).await.hidden_field("csrf").unwrap().to_owned();
    let fields = [("csrf", csrf.as_str()), ("email", "grace@example.com"), ("password", PASSWORD)];
    assert_eq!(eve.post_form(&login, &fields).await.status, 303, "forms work, too");
    assert_eq!(eve.get(&format!("{}/private", stack.frontend)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_open_before_redis_went_is_still_good_for_its_visitor() {
    let stack = Stack::three_programs();
    let mut ada = stack.signed_in("ada").await;
    let private = format!("{}/private", stack.frontend);
    assert_eq!(ada.get(&private).await.status, 200);
    let Some(redis) = stack.redis.as_ref().and_then(tests::Redis::process) else { return };
    redis.signal("STOP");
    for path in ["/", "/private", "/nowhere"] {
        let status = ada.get(&format!("{}{path}", stack.frontend)).await.status;
        assert_eq!(status, if path == "/nowhere" { 404 } else { 200 }, "{path} while Redis is frozen");
    }
    redis.signal("CONT");
    assert_eq!(ada.get(&private).await.status, 200);
}
