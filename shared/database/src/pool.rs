use std::{sync::Arc, time::Duration};

use diesel::{r2d2, result::Error as QueryError};
use drawbridge_core::{breaker::Breaker, metrics::Metrics, settings::Timeouts};
use tokio::sync::Semaphore;

use crate::{
    access::Access,
    connection::{Connection, Manager},
    error::DatabaseUnavailable,
    url::DatabaseUrl,
};

/// The maximum number of connections of a service.
const POOL_SIZE: u32 = 8;

/// The time limit of a writer's query, as a multiple of `ANSWER_TIMEOUT`: a writer may have to wait for other writers.
const WRITER_TIMEOUT_FACTOR: u32 = 5;

/// Why a query has no result.
#[derive(Debug, thiserror::Error)]
enum NoResult {
    #[error("all connections are in use")]
    AllConnectionsInUse,
    #[error("{0}")]
    Failed(String),
}

/// A pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: r2d2::Pool<Manager>,
    permits: Arc<Semaphore>,
    breaker: Arc<Breaker>,
    /// The time limit of a query, including the wait for a connection.
    timeout: Duration,
}

impl Database {
    /// A pool for `url`. Connections are opened when needed.
    pub fn new(url: DatabaseUrl, access: Access, timeouts: Timeouts, metrics: &Metrics) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(POOL_SIZE)
            .min_idle(Some(0))
            .connection_timeout(timeouts.connect + timeouts.answer)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Manager::new(url, access, timeouts));
        Self {
            pool,
            permits: Arc::new(Semaphore::new(POOL_SIZE as usize)),
            breaker: Arc::new(Breaker::new("database", metrics)),
            timeout: match access {
                Access::Own => timeouts.answer * WRITER_TIMEOUT_FACTOR,
                // A verifier must itself answer its caller within `ANSWER_TIMEOUT`. It therefore gives up a query
                // after half of that time, so that it can still answer with the last known record.
                Access::Read => timeouts.answer / 2,
            },
        }
    }

    /// Runs `work` on a pooled connection, on a blocking thread.
    ///
    /// # Errors
    /// No connection is available in time, or `work` fails.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseUnavailable> + Send + 'static,
    {
        let unavailable = |reason: String| E::from(DatabaseUnavailable(reason));
        self.breaker.enter().map_err(|open| unavailable(open.to_string()))?;
        let answer = self.answer(work).await;
        // A full pool is a sign of load, not of an outage. The queries that hold the connections determine
        // the state of the breaker.
        if !matches!(answer, Err(NoResult::AllConnectionsInUse)) || !self.breaker.is_closed() {
            self.breaker.record(answer.is_ok());
        }
        answer.map_err(|reason| unavailable(reason.to_string()))?
    }

    /// The result of `work`, or why there is none.
    async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, NoResult> {
        let deadline = tokio::time::Instant::now() + self.timeout;
        let permit = tokio::time::timeout_at(deadline, self.permits.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(NoResult::AllConnectionsInUse) };
        let pool = self.pool.clone();
        let done = tokio::task::spawn_blocking(move || {
            // The work holds the permit, because abandoned work still occupies its connection.
            let _permit = permit;
            let mut connection = pool.get().map_err(|error| NoResult::Failed(error.to_string()))?;
            Ok(work(&mut connection))
        });
        match tokio::time::timeout_at(deadline, done).await {
            Ok(done) => done.map_err(|error| NoResult::Failed(error.to_string()))?,
            Err(_) => Err(NoResult::Failed("no answer in time".into())),
        }
    }

    /// [`Database::run`] for queries that fail only if the database does.
    pub async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, DatabaseUnavailable> {
        self.run(move |connection| work(connection).map_err(DatabaseUnavailable::from)).await
    }

    /// Returns true if the database answers.
    pub async fn is_up(&self) -> bool {
        // The pool checks a connection before handing it out.
        self.run(|_| Ok::<_, DatabaseUnavailable>(())).await.is_ok()
    }
}
