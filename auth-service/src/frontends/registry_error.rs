use diesel::result::Error as QueryError;
use drawbridge_core::{origin::Origin, secret::UnsealError};
use drawbridge_database::DatabaseUnavailable;

use crate::domain::{FrontendConflict, FrontendName};

/// Why the registry of frontends was not changed or read.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A new frontend has the name of an existing one.
    #[error("a frontend named {0} exists already; `drawbridge frontend apply` changes frontends")]
    NameTaken(FrontendName),
    /// There is no frontend with this name.
    #[error("no frontend is named {0}; `drawbridge frontend list` shows all")]
    UnknownName(FrontendName),
    /// The frontend conflicts with another one.
    #[error(transparent)]
    Conflict(#[from] FrontendConflict),
    /// A preview announced an origin that belongs to another frontend or to the deployment.
    #[error(
        "{0} belongs to another frontend or to this deployment. A preview can only announce its own origin."
    )]
    PreviewOriginTaken(Origin),
    /// The frontend has the maximum number of previews.
    #[error(
        "This frontend has {0} previews, which is the maximum. A preview expires a day after its last announcement."
    )]
    TooManyPreviews(usize),
    /// A key was sealed under a different master secret.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// The database is unreachable.
    #[error(transparent)]
    Unavailable(#[from] DatabaseUnavailable),
}

impl From<QueryError> for RegistryError {
    fn from(error: QueryError) -> Self {
        Self::Unavailable(error.into())
    }
}
