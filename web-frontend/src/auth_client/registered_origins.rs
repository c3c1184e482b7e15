use drawbridge_http::problem::Problem;

use super::{AuthClient, AuthEndpoint, AuthRequest, BrowserContext};
use crate::registered_origins::OriginList;

impl AuthClient {
    /// Fetches the origins of all registered frontends.
    ///
    /// # Errors
    /// auth-service cannot be reached, or refuses.
    pub(crate) async fn fetch_registered_origins(
        &self,
        browser: BrowserContext,
    ) -> Result<OriginList, Problem> {
        let request = AuthRequest::new(AuthEndpoint::REGISTERED_ORIGINS, browser.without_tokens());
        self.send(request).await?.data_or_problem()
    }
}
