use auth_service::domain::FrontendName;
use clap::Args;

use crate::deployment::DataArgs;

/// Selects a frontend and the deployment it belongs to.
#[derive(Args)]
pub(crate) struct FrontendArgs {
    /// Name of the frontend
    pub(super) name: FrontendName,
    #[command(flatten)]
    pub(super) data: DataArgs,
}
