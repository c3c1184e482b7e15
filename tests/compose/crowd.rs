//! Users who send requests all the time and know the correct response to each.

use std::sync::{Arc, Mutex, atomic::AtomicBool, atomic::Ordering::Relaxed};

use tests::{PASSWORD, credentials};
use tokio::task::JoinHandle;

use crate::{person::Person, project::client, tally::Tally};

/// What all users share.
pub(crate) struct Shared {
    pub(crate) origin: String,
    pub(crate) tally: Mutex<Tally>,
    pub(crate) is_over: AtomicBool,
}

/// The users, who run until they are stopped.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
    total: Tally,
}

impl Crowd {
    /// Starts three users who read pages, one with a revoked session, and two who sign in and out. Some of them keep
    /// their connections.
    pub(crate) async fn start(origin: &str) -> Self {
        let shared = Arc::new(Shared {
            origin: origin.to_owned(),
            tally: Mutex::new(Tally::new()),
            is_over: AtomicBool::new(false),
        });
        let mut tasks = Vec::new();
        for n in 0..3 {
            let email = format!("reader-{n}@example.com");
            register(origin, &email).await;
            let person = Person::new(&shared, email, n % 2 == 0);
            let token = person.sign_in().await.unwrap();
            tasks.push(tokio::spawn(person.read_pages(token)));
        }
        let revoked = Person::new(&shared, "reader-0@example.com".to_owned(), true);
        let token = revoked.sign_in().await.unwrap();
        revoked.sign_out(&token).await.unwrap();
        tasks.push(tokio::spawn(revoked.use_revoked_session(token)));
        for n in 0..2 {
            let email = format!("writer-{n}@example.com");
            register(origin, &email).await;
            let person = Person::new(&shared, email, n % 2 == 0);
            tasks.push(tokio::spawn(person.sign_in_and_out()));
        }
        // The set-up does not count.
        *shared.tally.lock().unwrap() = Tally::new();
        Self { shared, tasks, total: Tally::new() }
    }

    /// Ends a phase, prints its results in one line and returns them.
    pub(crate) fn end_phase(&mut self, phase: &str) -> Tally {
        let tally = std::mem::replace(&mut *self.shared.tally.lock().unwrap(), Tally::new());
        println!("{phase}: {tally} in {:.1} s", tally.elapsed().as_secs_f64());
        for description in &tally.descriptions {
            println!("    {description}");
        }
        self.total.add(&tally);
        tally
    }

    /// Stops all users and returns the results of all phases.
    pub(crate) async fn stop(mut self) -> Tally {
        self.shared.is_over.store(true, Relaxed);
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        self.end_phase("after the last phase");
        self.total
    }
}

/// Creates an account.
pub(crate) async fn register(origin: &str, email: &str) {
    let body = credentials(email, PASSWORD);
    let answer = client().post(format!("{origin}/api/register")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{email}");
}

/// Signs in and returns the session cookie as `name=value`.
pub(crate) async fn sign_in(origin: &str, email: &str) -> String {
    let body = credentials(email, PASSWORD);
    let answer = client().post(format!("{origin}/api/login")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{email}");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split_once(';').unwrap().0.to_owned()
}
