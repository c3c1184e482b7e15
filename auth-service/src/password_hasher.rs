//! bcrypt on a bounded pool: no more hashes at once than cores, and a bounded queue behind it.

use std::{
    fmt, io,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, available_parallelism},
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use drawbridge_core::secret::{MasterSecret, Purpose};
use secrecy::zeroize::Zeroizing;
use tokio::sync::{Semaphore, oneshot};

use crate::{
    config::PasswordConfig,
    domain::{Email, Password, PasswordHash, Strength},
};

/// The longest password that bcrypt reads whole, in bytes: 72 with the NUL that ends it.
const BCRYPT_MAX_BYTES: usize = 71;

/// What a check of a password found.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password. A hash of today's cost comes along where the stored one was weaker.
    Match {
        /// The stronger hash to store.
        stronger: Option<String>,
    },
    /// It is not, or there is no such password.
    Mismatch,
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Match { stronger: None } => "Match",
            Self::Match { stronger: Some(_) } => "Match with a stronger hash",
            Self::Mismatch => "Mismatch",
        })
    }
}

/// More hashes wait than the queue takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords wait to be hashed")]
pub struct Busy;

/// Hashes and checks passwords.
pub struct PasswordHasher {
    jobs: mpsc::Sender<Job>,
    /// One for each hash that may run or wait.
    places: Arc<Semaphore>,
}

type Job = Box<dyn FnOnce(&Bcrypt) + Send>;

/// How much the threads that hash give way to others (`nice`): a hash takes a core for a quarter of a
/// second, and whoever needs it for a millionth should not wait for that. (`docs/performance.md`, row
/// `verify while logins saturate`.)
const NICENESS: i32 = 10;

#[derive(Clone)]
struct Bcrypt {
    pre_hash: hmac::Key,
    cost: u32,
    max_cost: u32,
}

impl PasswordHasher {
    /// A pool as wide as the machine has cores.
    ///
    /// # Errors
    /// When the system has no threads to spare.
    pub fn new(config: PasswordConfig, master: &MasterSecret) -> io::Result<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        let bcrypt = Bcrypt {
            pre_hash: master.hmac_key(Purpose::PasswordPreHash),
            cost: config.cost,
            max_cost: config.max_cost,
        };
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..cores {
            let (bcrypt, waiting) = (bcrypt.clone(), waiting.clone());
            thread::Builder::new().name("bcrypt".into()).spawn(move || hash_for_good(&bcrypt, &waiting))?;
        }
        Ok(Self { jobs, places: Arc::new(Semaphore::new(cores + config.queue)) })
    }

    /// A hash of `password` with a fresh salt.
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        self.run(move |bcrypt| bcrypt.hash(&password)).await
    }

    /// Whether `stored` is a hash of `password`. Without a stored hash, or with one that cannot be
    /// run, it takes the same time and is a mismatch.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Verdict, Busy> {
        self.run(move |bcrypt| bcrypt.verify(&password, stored.as_deref())).await
    }

    /// How long a password would withstand guessing. That takes a core for some milliseconds, so it waits like a hash.
    pub async fn judge(
        &self,
        password: Password,
        email: Option<Email>,
        site_name: String,
    ) -> Result<Strength, Busy> {
        self.run(move |_| Strength::of(&password, email.as_ref(), &site_name)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Bcrypt) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Busy)?;
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |bcrypt| {
            // It goes along: a hash that nobody waits for any more still takes up its core.
            let _place = place;
            // Nobody may be waiting any more.
            let _ = done.send(work(bcrypt));
        });
        self.jobs.send(job).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

/// Runs jobs until there is nobody left to send any.
fn hash_for_good(bcrypt: &Bcrypt, waiting: &Mutex<mpsc::Receiver<Job>>) {
    // Where it is not allowed, hashes are as important as everything else.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A thread that is lost to a panic would not come back.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| job(bcrypt)));
    }
}

impl Bcrypt {
    /// What bcrypt is given. Up to 71 bytes it is the password as it is, so that hashes can move
    /// between systems; what bcrypt would cut off goes through a keyed pre-hash first.
    fn input(&self, password: &Password) -> Zeroizing<Vec<u8>> {
        let bytes = password.expose_bytes();
        Zeroizing::new(if bytes.len() <= BCRYPT_MAX_BYTES && !bytes.contains(&0) {
            bytes.to_vec()
        } else {
            STANDARD.encode(hmac::sign(&self.pre_hash, bytes)).into_bytes()
        })
    }

    #[expect(clippy::expect_used, reason = "the cost is checked at the start and the input fits")]
    fn hash(&self, password: &Password) -> String {
        bcrypt::non_truncating_hash(self.input(password), self.cost)
            .expect("a cost in range and a short input")
    }

    fn verify(&self, password: &Password, stored: Option<&str>) -> Verdict {
        let runnable = stored.and_then(|hash| Some((hash, self.runnable_cost(hash)?)));
        let Some((hash, cost)) = runnable else {
            if stored.is_some() {
                tracing::warn!("a stored hash is not bcrypt, or its cost is above BCRYPT_COST_MAX");
            }
            Self::spend(self.cost);
            return Verdict::Mismatch;
        };
        match bcrypt::non_truncating_verify(self.input(password), hash) {
            Ok(true) => {
                let stronger = (cost < self.cost).then(|| self.hash(password));
                return Verdict::Match { stronger };
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "a stored hash cannot be read");
                Self::spend(cost);
            }
        }
        // Each step of the cost doubles the work: 2^c + 2^c + … + 2^(cost-1) = 2^cost, so a wrong
        // password takes the same time whatever cost the stored hash has.
        (cost..self.cost).for_each(Self::spend);
        Verdict::Mismatch
    }

    /// The cost of a stored hash, if it may be run here.
    fn runnable_cost(&self, hash: &str) -> Option<u32> {
        PasswordHash::cost_of(hash, self.max_cost).ok()
    }

    /// Takes as long as a hash of `cost`, for nothing.
    fn spend(cost: u32) {
        let _ =
            std::hint::black_box(bcrypt::non_truncating_hash_with_salt(b"no such user", cost, [0x5a; 16]));
    }
}

#[cfg(test)]
#[path = "password_hasher_tests.rs"]
mod tests;
