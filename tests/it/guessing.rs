//! Guessing passwords is slow, and locks no user out.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use tests::{Answer, Deployment, DeploymentBuilder, PASSWORD, Visitor, credentials};

/// A deployment with the default limits, behind a gateway on this machine.
fn with_default_limits() -> DeploymentBuilder {
    Deployment::builder().default_limits().setting("TRUSTED_PROXIES", "127.0.0.1")
}

/// A login that the gateway received from this address.
async fn log_in(visitor: &mut Visitor, origin: &str, address: &str, email: &str, password: &str) -> Answer {
    let request = visitor.request(Method::POST, &format!("{origin}/api/login"));
    let request = request.header("x-forwarded-for", address).json(&credentials(email, password));
    visitor.send(request).await
}

/// Returns true for a 429 that says when to retry.
fn is_limited(answer: &Answer) -> bool {
    let wait = answer.header("retry-after").parse::<u64>().unwrap_or_default();
    answer.status_and_code() == (429, "too_many_attempts".into()) && (1..=301).contains(&wait)
}

/// Sends wrong passwords from a thousand networks. Only ten of them may be checked in five minutes.
async fn assert_ten_guesses(auth: &str, email: &str, guesses: usize) {
    let attacker = Visitor::new();
    let checked = AtomicUsize::new(0);
    let limited = AtomicUsize::new(0);
    let began = Instant::now();

    let all = stream::iter(0..guesses).map(async |n| {
        let address = format!("10.{}.{}.{}", n % 1000 / 250, n % 250, n % 200);
        let mut attacker = attacker.clone();
        let answer = log_in(&mut attacker, auth, &address, email, &format!("guess {n}")).await;
        match answer.status {
            401 => checked.fetch_add(1, Relaxed),
            _ if is_limited(&answer) => limited.fetch_add(1, Relaxed),
            status => panic!("{status}: {}", answer.text),
        };
    });
    all.buffer_unordered(8).collect::<Vec<()>>().await;

    let allowed = 10 + usize::try_from(began.elapsed().as_secs() / 300).unwrap();
    let checked = checked.into_inner();
    assert!((10..=allowed).contains(&checked), "{email}: {checked} passwords were checked");
    assert_eq!(limited.into_inner(), guesses - checked, "{email}");
}

/// A known device has its own limit: it gets in while the account is limited elsewhere, and may not guess forever.
async fn assert_known_device(device: &mut Visitor, origin: &str, email: &str) {
    let address = "198.51.100.1";
    let answer = log_in(device, origin, address, email, PASSWORD).await;
    assert_eq!(answer.status, 200, "the known device: {}", answer.text);

    let mut unknown = Visitor::new();
    assert!(is_limited(&log_in(&mut unknown, origin, address, email, PASSWORD).await), "{origin}");

    let mut forged = device.clone();
    let cookie = device.cookie("drawbridge-device").unwrap().replace('.', ".A");
    forged.set_cookie("drawbridge-device", cookie.get(..45).unwrap());
    assert!(is_limited(&log_in(&mut forged, origin, address, email, PASSWORD).await), "{origin}");

    for _ in 0..10 {
        log_in(device, origin, address, email, "a wrong horse").await.assert_status(401);
    }
    let eleventh = log_in(device, origin, address, email, "a wrong horse").await;
    assert!(is_limited(&eleventh), "{}", eleventh.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_networks_get_ten_guesses_and_the_owner_gets_in() {
    let deployment = with_default_limits().start();
    let ada = deployment.registered("ada").await;
    // A device is known whether it logs in through the frontend or at auth-service.
    let origins = [&deployment.frontend, &deployment.auth];
    let mut devices = [Visitor::new(), Visitor::new()];
    for (device, origin) in devices.iter_mut().zip(origins) {
        log_in(device, origin, "192.0.2.1", &ada, PASSWORD).await.assert_status(200);
        let cookie = device.cookie("drawbridge-device").unwrap_or_else(|| panic!("no cookie of {origin}"));
        assert!(!cookie.contains("ada"), "{cookie}");
    }

    assert_ten_guesses(&deployment.auth, &ada, 10_000).await;
    assert_ten_guesses(&deployment.auth, "nobody@example.com", 1_000).await;

    for (device, origin) in devices.iter_mut().zip(origins) {
        assert_known_device(device, origin, &ada).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_tries_many_accounts_is_limited() {
    let deployment = with_default_limits().setting("LOGIN_LIMIT_NETWORK", "20/1m").start();
    let spray = async |network: &str| {
        let mut checked = 0;
        for n in 0..30 {
            let address = format!("{network}.{n}");
            let email = format!("user-{network}-{n}@example.com");
            let mut attacker = Visitor::new();
            let answer = log_in(&mut attacker, &deployment.auth, &address, &email, "Summer2026").await;
            assert!(answer.status == 401 || is_limited(&answer), "{}", answer.text);
            checked += usize::from(answer.status == 401);
        }
        checked
    };

    assert_eq!(spray("203.0.113").await, 20);
    assert_eq!(spray("203.0.114").await, 20, "another network is not limited");
    deployment.redis_process().unwrap().signal("KILL");
    assert_eq!(spray("203.0.115").await, 20, "without Redis, each replica counts by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_registers_many_accounts_is_limited() {
    let deployment = with_default_limits().setting("REGISTER_LIMIT_NETWORK", "2/1m").start();
    deployment.redis_process().unwrap().signal("KILL");
    let register = async |address: &str, email: &str| {
        let mut visitor = Visitor::new();
        let request = visitor.request(Method::POST, &format!("{}/api/register", deployment.auth));
        let request = request.header("x-forwarded-for", address).json(&credentials(email, PASSWORD));
        visitor.send(request).await
    };

    for n in 0..2 {
        register("2001:db8:1:2::1", &format!("new-{n}@example.com")).await.assert_status(201);
    }
    assert!(is_limited(&register("2001:db8:1:2:ffff::9", "new-3@example.com").await));
    register("2001:db8:1:3::1", "new-4@example.com").await.assert_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn correct_passwords_are_not_limited() {
    let deployment = with_default_limits().start();
    let ada = deployment.registered("ada").await;

    for _ in 0..25 {
        let mut visitor = Visitor::new();
        log_in(&mut visitor, &deployment.auth, "192.0.2.9", &ada, PASSWORD).await.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_page_says_when_to_try_again() {
    let deployment = with_default_limits().start();
    let ada = deployment.registered("ada").await;
    let login = format!("{}/login", deployment.frontend);
    let mut person = Visitor::new();

    for guess in 0..=10 {
        let csrf = person.csrf(&login).await;
        // The same guess again within seconds counts as a double click.
        let password = format!("a wrong horse {guess}");
        let fields = [("csrf", csrf.as_str()), ("email", &ada), ("password", &password)];
        let answer = person.post_form(&login, &fields).await;
        if answer.status == 429 {
            assert!(answer.text.contains("Try again in 5 minutes."), "{}", answer.text);
            assert!(!answer.header("retry-after").is_empty());
            return;
        }
        answer.assert_status(401);
    }
    panic!("eleven guesses were checked");
}
