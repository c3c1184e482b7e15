use fantoccini::Client;
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Extension};

/// A virtual authenticator (`WebDriver`'s extension for `WebAuthn`): it stores passkeys, and its user consents to every
/// request.
#[derive(Debug)]
pub struct Authenticator {
    client: Client,
    id: String,
}

impl Browser {
    /// Adds an authenticator that exists until the browser is closed.
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
    /// The stored passkeys.
    pub async fn credentials(&self) -> Vec<Value> {
        self.send(Method::GET, "/credentials", None).await.as_array().unwrap().clone()
    }

    /// Deletes all passkeys, as a reset of the device does.
    pub async fn forget_all(&self) {
        self.send(Method::DELETE, "/credentials", None).await;
    }

    /// Sets whether user verification, such as a fingerprint or a PIN, succeeds.
    pub async fn set_user_verified(&self, is_verified: bool) {
        self.send(Method::POST, "/uv", Some(json!({"isUserVerified": is_verified}))).await;
    }

    async fn send(&self, method: Method, command: &str, body: Option<Value>) -> Value {
        let separator = if self.id.is_empty() { "" } else { "/" };
        let path = format!("webauthn/authenticator{separator}{}{command}", self.id);
        self.client.issue_cmd(Extension { method, path, body }).await.unwrap()
    }
}
