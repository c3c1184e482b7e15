use std::time::Duration;

use tests::{Stack, Visitor, time_to_refusal};

#[tokio::test(flavor = "multi_thread")]
async fn every_verifier_refuses_within_100_ms() {
    let mut stack = Stack::three_programs();
    let verifiers = [stack.verify.clone(), stack.one_more_verify_service()];
    let urls = verifiers.map(|verifier| format!("{verifier}/api/verify"));
    stack.registered("ada").await;
    let mut times = Vec::new();
    for _ in 0..60 {
        let body = serde_json::json!({"email": "ada@example.com", "password": tests::PASSWORD});
        let mut ada = Visitor::new();
        assert_eq!(ada.post_json(&format!("{}/api/login", stack.auth), &body).await.status, 200);
        // Twice, so that the record is hot in both processes.
        for url in urls.iter().chain(&urls) {
            assert_eq!(ada.post(url).await.status, 200);
        }
        let (mut one, mut other) = (ada.clone(), ada.clone());
        assert_eq!(ada.post(&format!("{}/api/logout", stack.auth)).await.status, 200);
        let (first, second) =
            tokio::join!(time_to_refusal(&mut one, &urls[0]), time_to_refusal(&mut other, &urls[1]));
        times.extend([first, second]);
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("time to refusal after 60 logouts: median {:?}, p99 {:?}, max {:?}", at(50), at(99), at(100));
    assert!(at(99) <= Duration::from_millis(100), "{:?}", at(99));
}
