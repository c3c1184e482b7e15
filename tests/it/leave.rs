//! A service that is told to stop: whoever is there is answered, and nobody else is asked to come.

use std::time::{Duration, Instant};

use tests::{Stack, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_told_to_stop_answers_for_a_while_and_says_that_it_is_leaving() {
    let stack = Stack::three_programs_with(|_, settings| {
        settings.insert("DRAIN_TIME", "2s".into());
    });
    let mut ada = stack.signed_in("ada").await;
    let asked = [
        (&stack.auth, "/.well-known/jwks.json"),
        (&stack.verify, "/auth-request"),
        (&stack.frontend, "/private"),
    ];
    for (origin, _) in asked {
        assert_eq!(ada.get(&format!("{origin}/health/serving")).await.status, 200, "{origin}");
    }
    for process in stack.processes() {
        process.signal("TERM");
    }
    let told = Instant::now();
    let mut visitor = Visitor::new();
    while visitor.get(&format!("{}/health/serving", stack.frontend)).await.status != 503 {
        assert!(told.elapsed() < Duration::from_secs(1), "it does not say that it is leaving");
    }
    for (origin, path) in asked {
        // A kept connection is used until its answer says that it is closed.
        let answer = ada.get(&format!("{origin}{path}")).await;
        assert_eq!((answer.status, answer.header("connection")), (200, "close"), "{origin}{path}");
        for health in ["serving", "ready"] {
            let answer = visitor.get(&format!("{origin}/health/{health}")).await;
            assert_eq!(answer.status, 503, "{origin} {health}");
            assert!(answer.text.contains("stopping"), "{}", answer.text);
        }
        assert_eq!(visitor.get(&format!("{origin}/health/live")).await.status, 200);
    }
    // Renewal and sign-out are not lost either.
    let post = ada.post(&format!("{}/api/logout", stack.frontend)).await;
    assert_eq!(post.status, 200, "{}", post.text);
    for process in stack.processes() {
        while process.is_running() {
            assert!(told.elapsed() < Duration::from_secs(5), "it does not stop: {}", process.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert!(told.elapsed() > Duration::from_secs(2), "it goes on for as long as it was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_twice_does_not_want_to_wait() {
    let stack = Stack::three_programs_with(|_, settings| {
        settings.insert("DRAIN_TIME", "1m".into());
    });
    let told = Instant::now();
    for process in stack.processes() {
        process.signal("TERM");
    }
    let serving = format!("{}/health/serving", stack.verify);
    while Visitor::new().get(&serving).await.status != 503 {
        assert!(told.elapsed() < Duration::from_secs(5), "it does not drain");
    }
    for process in stack.processes() {
        while process.is_running() {
            process.signal("TERM");
            assert!(told.elapsed() < Duration::from_secs(10), "it does not stop: {}", process.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_leaving_is_not_asked_any_more() {
    let second = tests::free_port();
    let mut stack = Stack::three_programs_with(|name, settings| {
        settings.insert("DRAIN_TIME", "1m".into());
        if name == "web-frontend" {
            let both = format!("{},http://127.0.0.1:{second}", settings["VERIFY_SERVICE_URL"]);
            settings.insert("VERIFY_SERVICE_URL", both);
        }
    });
    stack.one_more_verify_service_on(second);
    let mut ada = stack.signed_in("ada").await;
    let private = format!("{}/private", stack.frontend);
    let judged = async || {
        let metrics = Visitor::new().get(&format!("http://127.0.0.1:{}/metrics", second + 1000)).await.text;
        let counts = metrics.lines().filter(|line| line.starts_with("drawbridge_verifications_total"));
        counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum::<u64>()
    };
    for _ in 0..4 {
        assert_eq!(ada.get(&private).await.status, 200);
    }
    let before = judged().await;
    assert!(before >= 2, "they take turns");
    stack.processes()[3].signal("TERM");
    let serving = format!("http://127.0.0.1:{second}/health/serving");
    while Visitor::new().get(&serving).await.status != 503 {}
    for _ in 0..20 {
        assert_eq!(ada.get(&private).await.status, 200);
    }
    assert!(judged().await <= before + 1, "its first answer says that it is leaving");
    // Nobody waits for the minute.
    for process in stack.processes() {
        process.signal("KILL");
    }
}
