//! Session tokens that are created without a login.

use std::{rc::Rc, sync::Arc};

use auth_service::signing_keys::{TokenSigner, TokenSubject};
use secrecy::ExposeSecret;

use crate::{
    error::{MeasurementError, Result},
    http_client::HttpClient,
    population::Population,
    simulated_users::SimulatedUser,
};

/// Number of tasks that sign tokens in parallel.
const SIGNING_TASKS: usize = 4;

/// Issues tokens for the sessions of a population.
pub(crate) struct TokenIssuer {
    signer: Arc<TokenSigner>,
    population: Population,
    http: Rc<HttpClient>,
}

impl TokenIssuer {
    pub(crate) fn new(signer: TokenSigner, population: Population, http: Rc<HttpClient>) -> Self {
        Self { signer: Arc::new(signer), population, http }
    }

    /// Issues a token for one user.
    pub(crate) fn issue(&self, number: u32) -> Result<SimulatedUser> {
        self.http.block_on(issue(&self.signer, self.population, number))
    }

    /// Issues a token for each user, in the given order.
    pub(crate) fn issue_all(&self, numbers: &[u32]) -> Result<Vec<SimulatedUser>> {
        let chunk_size = numbers.len().div_ceil(SIGNING_TASKS).max(1);
        self.http.block_on(async {
            let tasks: Vec<_> = numbers
                .chunks(chunk_size)
                .map(|chunk| tokio::spawn(issue_chunk(self.signer.clone(), self.population, chunk.to_vec())))
                .collect();
            let mut users = Vec::with_capacity(numbers.len());
            for task in tasks {
                users.extend(task.await.map_err(MeasurementError::not_measured)??);
            }
            Ok(users)
        })
    }
}

async fn issue_chunk(
    signer: Arc<TokenSigner>,
    population: Population,
    numbers: Vec<u32>,
) -> Result<Vec<SimulatedUser>> {
    let mut users = Vec::with_capacity(numbers.len());
    for number in numbers {
        users.push(issue(&signer, population, number).await?);
    }
    Ok(users)
}

async fn issue(signer: &TokenSigner, population: Population, number: u32) -> Result<SimulatedUser> {
    let user = population.user(number)?;
    let session = population.session(number)?;
    let subject = TokenSubject { user, session, session_expires_at: population.session_expiry() };
    let token = signer.issue_session(subject, None).await?;
    Ok(SimulatedUser { number, token: token.text.expose_secret().to_owned() })
}
