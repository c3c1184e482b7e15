use drawbridge_core::origin::Origin;
use drawbridge_http::discovery::METADATA_PATH;
use reqwest::Method;
use serde_json::Value;

use super::web::WebClient;

/// Where the deployment has its API and its pages.
pub(super) struct DeploymentPaths {
    pub(super) login: String,
    pub(super) guarded_page: String,
}

impl Default for DeploymentPaths {
    fn default() -> Self {
        Self { login: "/api/login".to_owned(), guarded_page: "/private".to_owned() }
    }
}

impl DeploymentPaths {
    /// The paths in the metadata of a Drawbridge deployment. Other backends publish none.
    pub(super) async fn find(web: &WebClient, frontend: &Origin) -> Self {
        let Ok((_, response)) = web.send(web.request(Method::GET, frontend, METADATA_PATH)).await else {
            return Self::default();
        };
        let metadata = response.json::<Value>().await.unwrap_or_default();
        Self::from_metadata(&metadata).unwrap_or_default()
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let path = |pointer: &str| Some(metadata.pointer(pointer)?.as_str()?.to_owned());
        let login = path("/drawbridge/endpoints/login")?;
        let account = path("/drawbridge/pages/account")?;
        let has_own_root = account == "/account";
        let guarded_page = if has_own_root { Self::default().guarded_page } else { account };
        Some(Self { login, guarded_page })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_paths_follow_the_pages_path() {
        let metadata = |prefix: &str| {
            json!({"drawbridge": {
                "endpoints": {"login": format!("{prefix}/api/login")}, "pages": {"account": format!("{prefix}/account")},
            }})
        };
        let found = |metadata: &Value| {
            let paths = DeploymentPaths::from_metadata(metadata).unwrap_or_default();
            (paths.login, paths.guarded_page)
        };

        assert_eq!(found(&metadata("")), ("/api/login".into(), "/private".into()));
        assert_eq!(found(&metadata("/auth")), ("/auth/api/login".into(), "/auth/account".into()));
        assert_eq!(found(&json!({"issuer": "x"})), ("/api/login".into(), "/private".into()));
    }
}
