use secrecy::SecretString;

use super::*;

const MASTER: &str = "0123456789abcdef0123456789abcdef";

fn hasher(cost: u32, queue: usize) -> PasswordHasher {
    let master = MasterSecret::parse(MASTER.to_owned().into()).unwrap();
    PasswordHasher::new(PasswordConfig { cost, max_cost: 6, queue }, &master).unwrap()
}

fn password(text: impl Into<String>) -> Password {
    Password::parse_existing(SecretString::from(text.into())).unwrap()
}

async fn matches(hasher: &PasswordHasher, text: impl Into<String>, hash: &str) -> bool {
    let verdict = hasher.verify(password(text), Some(hash.to_owned())).await.unwrap();
    matches!(verdict, PasswordVerdict::Match { .. })
}

#[actix_web::test]
async fn long_passwords_are_not_truncated() {
    let hasher = hasher(4, 8);
    for length in [1, 70, 71, 72, 73, 200, 1023] {
        let correct = "x".repeat(length);
        let longer = format!("{correct}A");
        let other_end = format!("{}y", "x".repeat(length - 1));

        let hash = hasher.hash(password(correct.clone())).await.unwrap();

        assert!(matches(&hasher, correct, &hash).await, "{length} bytes");
        assert!(!matches(&hasher, longer, &hash).await, "{length} bytes and one more");
        assert!(!matches(&hasher, other_end, &hash).await, "{length} bytes with another last byte");
    }
}

#[actix_web::test]
async fn a_nul_byte_does_not_end_a_password() {
    let hasher = hasher(4, 8);

    let hash = hasher.hash(password("secret\0one")).await.unwrap();

    assert!(matches(&hasher, "secret\0one", &hash).await);
    assert!(!matches(&hasher, "secret\0two", &hash).await);
    assert!(!matches(&hasher, "secret", &hash).await);
    assert!(!bcrypt::verify("secret\0one", &hash).unwrap(), "bcrypt itself never gets the NUL byte");
}

#[actix_web::test]
async fn hashes_are_interchangeable_with_other_systems() {
    let hasher = hasher(4, 8);

    let ours = hasher.hash(password("correct horse")).await.unwrap();

    assert!(bcrypt::verify("correct horse", &ours).unwrap());
    for version in ["$2a$", "$2b$", "$2y$"] {
        let theirs = bcrypt::hash("correct horse", 4).unwrap().replacen("$2b$", version, 1);
        assert!(matches(&hasher, "correct horse", &theirs).await, "{version}");
    }
}

#[actix_web::test]
async fn a_correct_password_strengthens_a_weak_hash() {
    let weak = hasher(4, 8).hash(password("correct horse")).await.unwrap();
    let hasher = hasher(5, 8);

    let verdict = hasher.verify(password("correct horse"), Some(weak.clone())).await.unwrap();
    let PasswordVerdict::Match { replacement: Some(stronger) } = verdict else { panic!("{verdict:?}") };
    let verdict_on_wrong = hasher.verify(password("wrong"), Some(weak)).await.unwrap();
    let verdict_on_strong = hasher.verify(password("correct horse"), Some(stronger.clone())).await.unwrap();

    assert!(stronger.starts_with("$2b$05$"));
    assert_eq!(verdict_on_wrong, PasswordVerdict::Mismatch);
    assert_eq!(verdict_on_strong, PasswordVerdict::Match { replacement: None });
}

#[actix_web::test]
async fn a_password_matches_in_every_encoding() {
    let hasher = hasher(4, 8);
    let hash = hasher.hash(password("Zo\u{eb} ist h\u{f6}flich")).await.unwrap();

    for (case, entered) in [
        ("composed", "Zo\u{eb} ist h\u{f6}flich"),
        ("decomposed", "Zoe\u{308} ist ho\u{308}flich"),
        ("full-width", "\u{ff3a}\u{ff4f}\u{eb}\u{3000}ist\u{a0}h\u{f6}flich"),
    ] {
        assert!(matches(&hasher, entered, &hash).await, "{case}");
    }
    assert!(!matches(&hasher, "Zoe ist hoflich", &hash).await, "without the marks");
}

#[actix_web::test]
async fn a_hash_of_another_form_is_replaced() {
    let hasher = hasher(4, 8);
    let decomposed = "Zoe\u{308} ist ho\u{308}flich";
    let composed = "Zo\u{eb} ist h\u{f6}flich";
    let imported = bcrypt::hash(decomposed, 5).unwrap();

    let verdict = hasher.verify(password(decomposed), Some(imported.clone())).await.unwrap();
    let PasswordVerdict::Match { replacement: Some(replacement) } = verdict else { panic!("{verdict:?}") };

    assert!(replacement.starts_with("$2b$05$"), "no weaker than before: {replacement}");
    assert!(matches(&hasher, composed, &replacement).await);
    assert!(matches(&hasher, decomposed, &replacement).await);
    assert!(!matches(&hasher, "Zoe\u{308} ist hoflich", &imported).await);
}

#[actix_web::test]
async fn expensive_and_malformed_hashes_do_not_match() {
    let hasher = hasher(4, 8);
    let expensive = bcrypt::hash("correct horse", 4).unwrap().replacen("$04$", "$31$", 1);
    let not_base64 = format!("$2b$04${}", "!".repeat(53));

    for (case, stored) in [
        ("too expensive", Some(expensive)),
        ("not Base64", Some(not_base64)),
        ("not bcrypt", Some("plain".into())),
        ("prefix only", Some("$2b$04$".into())),
        ("empty", Some(String::new())),
        ("no hash", None),
    ] {
        let verdict = hasher.verify(password("correct horse"), stored).await.unwrap();

        assert_eq!(verdict, PasswordVerdict::Mismatch, "{case}");
    }
}

#[actix_web::test]
async fn a_full_queue_refuses_further_passwords() {
    let hasher = Arc::new(hasher(6, 1));
    let cores = available_parallelism().map_or(1, usize::from);
    let blockers: Vec<_> = (0..cores).map(|_| block_one_thread(&hasher)).collect();
    let waiting: Vec<_> = (0..=cores)
        .map(|_| {
            let hasher = hasher.clone();
            actix_web::rt::spawn(async move { hasher.hash(password("x")).await })
        })
        .collect();
    while hasher.capacity.available_permits() > 0 {
        tokio::task::yield_now().await;
    }

    let refused = hasher.hash(password("one too many")).await;
    drop(blockers);

    assert_eq!(refused, Err(HasherBusy));
    for hash in waiting {
        assert!(hash.await.unwrap().is_ok());
    }
}

/// Occupies one hashing thread until the returned sender is dropped.
fn block_one_thread(hasher: &PasswordHasher) -> mpsc::Sender<()> {
    let (blocker, blocked) = mpsc::channel::<()>();
    let job: HashJob =
        Box::new(move |_| assert!(blocked.recv().is_err(), "blocked until the sender is dropped"));
    hasher.jobs.send(job).unwrap();
    blocker
}
