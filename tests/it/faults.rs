//! Faults between the parts: nobody who was signed out is let in beyond the documented bound, nobody
//! who is signed in is turned away, and all of it heals alone.

mod course;
mod database;
mod mid_write;
mod redis;
mod services;
mod topologies;

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use tests::{Line, Stack, Visitor, time_to_refusal};

/// A stack in which some programs reach what a setting names over a line of its own.
fn stack_with_line(setting: &'static str, programs: &[&str]) -> (Stack, Line) {
    let line: RefCell<Option<(Line, String)>> = RefCell::new(None);
    let stack = Stack::three_programs_with(|name, settings| {
        if programs.contains(&name) {
            let mut line = line.borrow_mut();
            let (_, over_line) = line.get_or_insert_with(|| Line::to(&settings[setting]));
            settings.insert(setting, over_line.clone());
        }
    });
    let (line, _) = line.into_inner().unwrap();
    (stack, line)
}

async fn verify(stack: &Stack, visitor: &mut Visitor) -> u16 {
    visitor.post(&format!("{}/api/verify", stack.verify)).await.status
}

/// Signs the user in once more, and asks at once.
async fn verify_new_session(stack: &Stack, name: &str) -> u16 {
    let body = serde_json::json!({"email": format!("{name}@example.com"), "password": tests::PASSWORD});
    let mut visitor = Visitor::new();
    let login = visitor.post_json(&format!("{}/api/login", stack.auth), &body).await;
    assert_eq!(login.status, 200, "{}", login.text);
    verify(stack, &mut visitor).await
}

/// Signs the visitor out; how long the old cookie was good for.
async fn sign_out(stack: &Stack, visitor: &Visitor) -> Duration {
    let (mut leaving, mut left_behind) = (visitor.clone(), visitor.clone());
    let started = Instant::now();
    assert_eq!(leaving.post(&format!("{}/api/logout", stack.auth)).await.status, 200);
    time_to_refusal(&mut left_behind, &format!("{}/api/verify", stack.verify)).await;
    started.elapsed()
}

/// Waits until a sign-out is heard of at once again.
async fn wait_until_healed(stack: &Stack, names: &str) {
    let started = Instant::now();
    // A breaker lets a dependency rest for a second before it is asked again.
    while Visitor::new().get(&format!("{}/health/ready", stack.auth)).await.status != 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "auth-service does not find its way back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for n in 0.. {
        let visitor = stack.signed_in(&format!("{names}-{n}")).await;
        assert_eq!(verify(stack, &mut visitor.clone()).await, 200);
        if sign_out(stack, &visitor).await < Duration::from_millis(500) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(15), "it does not heal");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_a_redis_that_comes_back_with_older_data_is_not_believed() {
    let (mut stack, line) = stack_with_line("DATABASE_URL", &["auth-service", "verify-service"]);
    // The second verifier has never met them.
    let second = stack.one_more_verify_service();
    let (mut stays, mut left) = (stack.signed_in("stays").await, stack.signed_in("left").await);
    for visitor in [&mut stays, &mut left] {
        assert_eq!(verify(&stack, visitor).await, 200);
    }
    stack.redis.as_ref().unwrap().save();
    sign_out(&stack, &left).await;
    line.cut();
    stack.redis.as_mut().unwrap().restart();
    let cut = Instant::now();
    while cut.elapsed() < Duration::from_secs(4) {
        assert_eq!(left.post(&format!("{second}/api/verify")).await.status, 503);
        assert!(matches!(verify(&stack, &mut left).await, 401 | 503));
        assert_eq!(verify(&stack, &mut stays).await, 200, "what was known here is honoured");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_those_who_were_signed_in_stay_so_for_the_grace() {
    let (stack, line) = stack_with_line("DATABASE_URL", &["auth-service", "verify-service"]);
    let mut stays = stack.signed_in("stays").await;
    let left = stack.signed_in("left").await;
    assert_eq!(verify(&stack, &mut stays).await, 200);
    sign_out(&stack, &left).await;
    line.cut();
    let cut = Instant::now();
    while cut.elapsed() < Duration::from_secs(4) {
        assert_eq!(verify(&stack, &mut stays).await, 200, "after {:?}", cut.elapsed());
        // So young a session might be newer than what is known: nobody can say that it has ended.
        assert!([401, 503].contains(&verify(&stack, &mut left.clone()).await));
    }
    let body = serde_json::json!({"email": "stays@example.com", "password": tests::PASSWORD});
    let login = Visitor::new().post_json(&format!("{}/api/login", stack.auth), &body).await;
    assert_eq!(login.status_and_code(), (503, "unavailable".into()));
    line.mend();
    wait_until_healed(&stack, "healed").await;
    assert_eq!(verify(&stack, &mut stays).await, 200);
    assert_eq!(verify(&stack, &mut left.clone()).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_and_without_grace_nobody_is_let_in_and_everybody_is_told_why() {
    let line: RefCell<Option<Line>> = RefCell::new(None);
    let stack = Stack::three_programs_with(|name, settings| {
        settings.insert("OUTAGE_GRACE", "0s".into());
        settings.insert("STALE_MAX", "0s".into());
        if name == "verify-service" {
            let (new, over_line) = Line::to(&settings["DATABASE_URL"]);
            settings.insert("DATABASE_URL", over_line);
            *line.borrow_mut() = Some(new);
        }
    });
    let line = line.into_inner().unwrap();
    let mut ada = stack.signed_in("ada").await;
    assert_eq!(verify(&stack, &mut ada).await, 200);
    line.cut();
    assert_eq!(verify(&stack, &mut ada).await, 200, "the watermark is young: the cache is believed");
    stack.processes()[0].signal("KILL");
    let started = Instant::now();
    loop {
        let answer = ada.post(&format!("{}/api/verify", stack.verify)).await;
        if answer.status == 503 {
            assert_eq!(answer.header("retry-after"), "2");
            break;
        }
        assert_eq!(answer.status, 200, "an outage is never a refusal: {}", answer.text);
        assert!(started.elapsed() < Duration::from_secs(5), "it goes on believing");
    }
    let page = ada.get(&format!("{}/private", stack.frontend)).await;
    assert_eq!(page.status, 503);
    assert!(ada.cookie("token").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_is_good_from_its_first_moment() {
    for stack in Stack::both() {
        stack.registered("ada").await;
        for n in 0..40 {
            assert_eq!(verify_new_session(&stack, "ada").await, 200, "login {n}");
        }
    }
}
