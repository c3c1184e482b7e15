//! bcrypt on a bounded thread pool: one thread per core, and a bounded queue in front of them.

mod config;
mod hashing;

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, available_parallelism},
};

use drawbridge_core::secret::MasterSecret;
use tokio::sync::{Semaphore, oneshot};

pub use config::PasswordConfig;
pub use hashing::PasswordVerdict;

use crate::domain::{Email, Password, Strength};
use hashing::Bcrypt;

/// The scheduling priority (`nice`) of the hashing threads. A hash occupies a core for a quarter of a second, and a
/// request that needs the core for a microsecond should not have to wait for it. (`docs/performance.md`, row `verify
/// while logins saturate`.)
const HASHING_NICENESS: i32 = 10;

/// The queue of passwords to be hashed is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct HasherBusy;

/// Hashes and verifies passwords.
pub struct PasswordHasher {
    jobs: mpsc::Sender<HashJob>,
    /// One permit for each job that may run or wait.
    capacity: Arc<Semaphore>,
}

type HashJob = Box<dyn FnOnce(&Bcrypt) + Send>;

impl PasswordHasher {
    /// A pool with one thread per core.
    ///
    /// # Errors
    /// If the system cannot start the threads.
    pub fn new(config: PasswordConfig, master: &MasterSecret) -> io::Result<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        let bcrypt = Bcrypt::new(config, master);
        let (jobs, queue) = mpsc::channel::<HashJob>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..cores {
            let bcrypt = bcrypt.clone();
            let queue = queue.clone();
            thread::Builder::new().name("bcrypt".into()).spawn(move || run_jobs(&bcrypt, &queue))?;
        }
        Ok(Self { jobs, capacity: Arc::new(Semaphore::new(cores + config.queue)) })
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// If too many passwords are waiting.
    pub async fn hash(&self, password: Password) -> Result<String, HasherBusy> {
        self.run(move |bcrypt| bcrypt.hash(&password)).await
    }

    /// Checks a password against a stored hash. Without a hash, or with one that is malformed or too expensive, the
    /// check takes the same time and does not match. A wrong password takes one hash, or two if its normalized form
    /// is not what was entered.
    ///
    /// # Errors
    /// If too many passwords are waiting.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<PasswordVerdict, HasherBusy> {
        self.run(move |bcrypt| bcrypt.verify(&password, stored.as_deref())).await
    }

    /// Estimates how long a password would withstand guessing. This occupies a core for some milliseconds, so it waits
    /// in the same queue as a hash.
    ///
    /// # Errors
    /// If too many passwords are waiting.
    pub async fn estimate_strength(
        &self,
        password: Password,
        email: Option<Email>,
        site_name: String,
    ) -> Result<Strength, HasherBusy> {
        self.run(move |_| Strength::estimate(&password, email.as_ref(), &site_name)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Bcrypt) -> T + Send + 'static,
    ) -> Result<T, HasherBusy> {
        let permit = self.capacity.clone().try_acquire_owned().map_err(|_| HasherBusy)?;
        let (sender, result) = oneshot::channel();
        let job: HashJob = Box::new(move |bcrypt| {
            // The job holds the permit, because it occupies a core even if its request was cancelled.
            let _permit = permit;
            // Sending fails if the request was cancelled.
            let _ = sender.send(work(bcrypt));
        });
        self.jobs.send(job).map_err(|_| HasherBusy)?;
        result.await.map_err(|_| HasherBusy)
    }
}

/// Runs jobs until the hasher is dropped.
fn run_jobs(bcrypt: &Bcrypt, queue: &Mutex<mpsc::Receiver<HashJob>>) {
    // If the system does not allow this, hashing runs at normal priority.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), HASHING_NICENESS);
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Catch panics: a thread that panics would not be replaced.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| job(bcrypt)));
    }
}

#[cfg(test)]
mod tests;
