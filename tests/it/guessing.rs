//! Whoever guesses passwords is slowed, and locks nobody out.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, LIMITS, PASSWORD, Settings, Stack, Visitor};

/// As people run it, behind a gateway on this machine.
fn as_by_default(_: &str, settings: &mut Settings) {
    for limit in LIMITS {
        settings.remove(limit);
    }
    settings.insert("TRUSTED_PROXIES", "127.0.0.1".into());
}

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

async fn sign_in(visitor: &mut Visitor, origin: &str, from: &str, body: &Value) -> Answer {
    let request =
        visitor.request(Method::POST, &format!("{origin}/api/login")).header("x-forwarded-for", from);
    visitor.send(request.json(body)).await
}

/// 429, which says when to come again.
fn is_refused(answer: &Answer) -> bool {
    let wait = answer.header("retry-after").parse::<u64>().unwrap_or_default();
    answer.status_and_code() == (429, "too_many_attempts".into()) && (1..=301).contains(&wait)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_guesses_from_a_thousand_networks_are_ten_and_the_holder_still_gets_in() {
    let stack = Stack::three_programs_with(as_by_default);
    let ada = stack.registered("ada").await;
    let right = credentials(&ada, PASSWORD);
    // Through the proxy and without it: a device is known either way.
    let mut doors = [Visitor::new(), Visitor::new()];
    let origins = [&stack.frontend, &stack.auth];
    for (holder, origin) in doors.iter_mut().zip(origins) {
        assert_eq!(sign_in(holder, origin, "192.0.2.1", &right).await.status, 200);
        assert!(holder.cookie("drawbridge-device").is_some(), "{origin}");
        assert!(!holder.cookie("drawbridge-device").unwrap().contains("ada"));
    }

    for (email, guesses) in [(ada.as_str(), 10_000), ("nobody@example.com", 1_000)] {
        let stranger = Visitor::new();
        let (tried, refused, began) = (AtomicUsize::new(0), AtomicUsize::new(0), Instant::now());
        let all = stream::iter(0..guesses).map(async |n| {
            let from = format!("10.{}.{}.{}", n % 1000 / 250, n % 250, n % 200);
            let mut stranger = stranger.clone();
            let answer =
                sign_in(&mut stranger, &stack.auth, &from, &credentials(email, &format!("guess {n}"))).await;
            match answer.status {
                401 => tried.fetch_add(1, Relaxed),
                _ if is_refused(&answer) => refused.fetch_add(1, Relaxed),
                status => panic!("{status}: {}", answer.text),
            };
        });
        all.buffer_unordered(8).collect::<Vec<()>>().await;
        let allowed = 10 + usize::try_from(began.elapsed().as_secs() / 300).unwrap();
        let tried = tried.into_inner();
        assert!((10..=allowed).contains(&tried), "{email}: {tried} tries");
        assert_eq!(refused.into_inner(), guesses - tried, "{email}");
    }

    for (holder, origin) in doors.iter_mut().zip(origins) {
        let answer = sign_in(holder, origin, "198.51.100.1", &right).await;
        assert_eq!(answer.status, 200, "the holder's device keeps its way in: {}", answer.text);
        let mut elsewhere = Visitor::new();
        assert!(is_refused(&sign_in(&mut elsewhere, origin, "198.51.100.1", &right).await), "{origin}");
        // Another one's device is none of hers.
        let mut forged = holder.clone();
        let cookie = holder.cookie("drawbridge-device").unwrap().replace('.', ".A");
        forged.set_cookie("drawbridge-device", cookie.get(..45).unwrap());
        assert!(is_refused(&sign_in(&mut forged, origin, "198.51.100.1", &right).await), "{origin}");
        for _ in 0..10 {
            let wrong = credentials(&ada, "a wrong horse");
            assert_eq!(sign_in(holder, origin, "198.51.100.1", &wrong).await.status, 401);
        }
        let wrong = credentials(&ada, "a wrong horse");
        assert!(
            is_refused(&sign_in(holder, origin, "198.51.100.1", &wrong).await),
            "nor may it guess for ever"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_guesses_at_many_accounts_is_slowed_alone_and_without_redis_too() {
    let stack = Stack::three_programs_with(|name, settings| {
        as_by_default(name, settings);
        settings.insert("LOGIN_LIMIT_NETWORK", "20/1m".into());
        settings.insert("REGISTER_LIMIT_NETWORK", "2/1m".into());
    });
    let spray = async |network: &str| {
        let mut tried = 0;
        for n in 0..30 {
            let (from, mut stranger) = (format!("{network}.{n}"), Visitor::new());
            let body = credentials(&format!("user-{network}-{n}@example.com"), "Summer2026");
            let answer = sign_in(&mut stranger, &stack.auth, &from, &body).await;
            tried += usize::from(answer.status == 401);
            assert!(answer.status == 401 || is_refused(&answer), "{}", answer.text);
        }
        tried
    };
    assert_eq!(spray("203.0.113").await, 20);
    assert_eq!(spray("203.0.114").await, 20, "its neighbours are not to blame");
    stack.redis.as_ref().unwrap().process().unwrap().signal("KILL");
    assert_eq!(spray("203.0.115").await, 20, "each replica counts by itself");

    let register = async |from: &str, email: &str| {
        let visitor = Visitor::new();
        let request = visitor.request(Method::POST, &format!("{}/api/register", stack.auth));
        let request = request.header("x-forwarded-for", from).json(&credentials(email, PASSWORD));
        visitor.clone().send(request).await
    };
    for n in 0..2 {
        assert_eq!(register("2001:db8:1:2::1", &format!("new-{n}@example.com")).await.status, 201);
    }
    assert!(is_refused(&register("2001:db8:1:2:ffff::9", "new-3@example.com").await));
    assert_eq!(register("2001:db8:1:3::1", "new-4@example.com").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_rightly_is_never_slowed_and_a_person_is_told_to_wait() {
    let stack = Stack::three_programs_with(as_by_default);
    let ada = stack.registered("ada").await;
    for _ in 0..25 {
        let answer =
            sign_in(&mut Visitor::new(), &stack.auth, "192.0.2.9", &credentials(&ada, PASSWORD)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let mut person = Visitor::new();
    let login = format!("{}/login", stack.frontend);
    for _ in 0..=10 {
        let form = person.get(&login).await;
        let csrf = form.hidden_field("csrf").unwrap().to_owned();
        let fields = [("csrf", csrf.as_str()), ("email", &ada), ("password", "a wrong horse")];
        let answer = person.post_form(&login, &fields).await;
        if answer.status == 429 {
            assert!(answer.text.contains("Try again in 5 minutes."), "{}", answer.text);
            assert!(!answer.header("retry-after").is_empty());
            return;
        }
        assert_eq!(answer.status, 401);
    }
    panic!("eleven guesses were let through");
}
