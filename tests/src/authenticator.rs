use fantoccini::Client;
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Extension};

/// The authenticator of a device that a browser believes it runs on, by WebDriver's extension for
/// `WebAuthn`: it keeps passkeys, and its person consents to whatever is asked.
#[derive(Debug)]
pub struct Authenticator {
    client: Client,
    id: String,
}

impl Browser {
    /// Gives the device an authenticator, which it has until the browser is closed.
    pub async fn add_authenticator(&self) -> Authenticator {
        let kind = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        let client = self.client.clone();
        let mut authenticator = Authenticator { client, id: String::new() };
        let id = authenticator.send(Method::POST, "", Some(kind)).await;
        id.as_str().unwrap().clone_into(&mut authenticator.id);
        authenticator
    }
}

impl Authenticator {
    /// What it keeps.
    pub async fn credentials(&self) -> Vec<Value> {
        self.send(Method::GET, "/credentials", None).await.as_array().unwrap().clone()
    }

    /// Forgets all that it keeps, as a device that is reset.
    pub async fn forget_all(&self) {
        self.send(Method::DELETE, "/credentials", None).await;
    }

    /// Whether its person shows who they are, by a finger or a PIN, when a site asks for that.
    pub async fn set_user_verified(&self, is_verified: bool) {
        self.send(Method::POST, "/uv", Some(json!({"isUserVerified": is_verified}))).await;
    }

    async fn send(&self, method: Method, what: &str, body: Option<Value>) -> Value {
        let separator = if self.id.is_empty() { "" } else { "/" };
        let path = format!("webauthn/authenticator{separator}{}{what}", self.id);
        self.client.issue_cmd(Extension { method, path, body }).await.unwrap()
    }
}
