use super::*;

const MASTER: &str = "0123456789abcdef0123456789abcdef";

fn hasher(cost: u32, queue: usize) -> PasswordHasher {
    let master = MasterSecret::parse(MASTER.to_owned().into()).unwrap();
    PasswordHasher::new(PasswordConfig { cost, max_cost: 6, queue }, &master).unwrap()
}

fn password(text: impl Into<String>) -> Password {
    Password::parse_existing(text.into()).unwrap()
}

async fn matches(hasher: &PasswordHasher, text: impl Into<String>, hash: &str) -> bool {
    let verdict = hasher.verify(password(text), Some(hash.to_owned())).await.unwrap();
    matches!(verdict, Verdict::Match { .. })
}

#[actix_web::test]
async fn nothing_of_a_password_is_ever_cut_off() {
    let hasher = hasher(4, 8);
    for length in [1, 70, 71, 72, 73, 200, 1023] {
        let right = "x".repeat(length);
        let hash = hasher.hash(password(right.clone())).await.unwrap();
        assert!(matches(&hasher, right.clone(), &hash).await, "{length} bytes");
        assert!(!matches(&hasher, format!("{right}A"), &hash).await, "{length} bytes and one");
        let last = format!("{}y", "x".repeat(length - 1));
        assert!(!matches(&hasher, last, &hash).await, "another last byte of {length}");
    }
}

#[actix_web::test]
async fn a_nul_byte_does_not_end_a_password() {
    let hasher = hasher(4, 8);
    let hash = hasher.hash(password("secret\0one")).await.unwrap();
    assert!(matches(&hasher, "secret\0one", &hash).await);
    assert!(!matches(&hasher, "secret\0two", &hash).await);
    assert!(!matches(&hasher, "secret", &hash).await);
    assert!(
        !bcrypt::verify("secret\0one", &hash).unwrap(),
        "bcrypt, which may stop at the NUL, never sees it"
    );
}

#[actix_web::test]
async fn hashes_of_other_systems_work_here_and_ours_work_there() {
    let hasher = hasher(4, 8);
    let ours = hasher.hash(password("correct horse")).await.unwrap();
    assert!(bcrypt::verify("correct horse", &ours).unwrap());
    for version in ["$2a$", "$2b$", "$2y$"] {
        let theirs = bcrypt::hash("correct horse", 4).unwrap().replacen("$2b$", version, 1);
        assert!(matches(&hasher, "correct horse", &theirs).await, "{version}");
    }
}

#[actix_web::test]
async fn a_weaker_hash_is_made_stronger_when_the_password_is_right() {
    let weak = hasher(4, 8).hash(password("correct horse")).await.unwrap();
    let hasher = hasher(5, 8);
    let verdict = hasher.verify(password("correct horse"), Some(weak.clone())).await.unwrap();
    let Verdict::Match { stronger: Some(stronger) } = verdict else { panic!("{verdict:?}") };
    assert!(stronger.starts_with("$2b$05$"));
    assert!(matches(&hasher, "correct horse", &stronger).await);
    assert_eq!(hasher.verify(password("wrong"), Some(weak)).await.unwrap(), Verdict::Mismatch);
    let again = hasher.verify(password("correct horse"), Some(stronger)).await.unwrap();
    assert_eq!(again, Verdict::Match { stronger: None });
}

#[actix_web::test]
async fn a_hash_that_would_cost_too_much_or_is_none_is_not_run() {
    let hasher = hasher(4, 8);
    let dear = bcrypt::hash("correct horse", 4).unwrap().replacen("$04$", "$31$", 1);
    let no_base64 = format!("$2b$04${}", "!".repeat(53));
    for stored in
        [Some(dear), Some(no_base64), Some("plain".into()), Some("$2b$04$".into()), Some(String::new()), None]
    {
        assert_eq!(hasher.verify(password("correct horse"), stored).await.unwrap(), Verdict::Mismatch);
    }
}

#[actix_web::test]
async fn no_more_may_wait_than_the_queue_holds() {
    let hasher = Arc::new(hasher(6, 1));
    // Each of the threads is given something that ends when it is told to.
    let cores = available_parallelism().map_or(1, usize::from);
    let mut held = Vec::new();
    for _ in 0..cores {
        let (end, told) = mpsc::channel::<()>();
        held.push(end);
        hasher.jobs.send(Box::new(move |_| drop(told.recv()))).unwrap();
    }
    let mut waiting = Vec::new();
    for _ in 0..=cores {
        let hasher = hasher.clone();
        waiting.push(actix_web::rt::spawn(async move { hasher.hash(password("x")).await }));
    }
    while hasher.places.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.hash(password("one too many")).await, Err(Busy));
    drop(held);
    for hash in waiting {
        assert!(hash.await.unwrap().is_ok());
    }
}
