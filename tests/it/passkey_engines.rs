//! What each browser engine does with passkeys on a third-party page, and so what the product can rely on.

use serde_json::{Value, json};
use tests::{Browser, Edge, Engine, Pages};

const PAGE: &str = "<!doctype html><title>Passkeys</title><input autocomplete='username webauthn'>";

const SCRIPT: &str = "const done = arguments[0];
const bytes = n => new Uint8Array(n).fill(7);
const decoded = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
const create = () => navigator.credentials.create({publicKey: {
  rp: {id: 'localhost', name: 'Tests'}, user: {id: bytes(16), name: 'ada', displayName: 'Ada'},
  challenge: bytes(32), pubKeyCredParams: [{type: 'public-key', alg: -7}],
  authenticatorSelection: {residentKey: 'required', userVerification: 'required'}}});
const get = (allowed, mediation) => navigator.credentials.get({mediation, publicKey: {
  rpId: 'localhost', challenge: bytes(32), userVerification: 'required', timeout: 5000,
  allowCredentials: allowed.map(id => ({type: 'public-key', id: decoded(id)}))}});
const describe = promise => promise.then(
  passkey => ({id: passkey.id, user: passkey.response.userHandle?.byteLength ?? null}), error => error.name);";

/// A browser on the page.
struct Session {
    browser: Browser,
    name: &'static str,
    _page: Pages,
}

impl Session {
    async fn start(engine: Engine, edge: &Edge) -> Self {
        let page = Pages::start(PAGE);
        let browser = engine.start(edge).await;
        browser.client.goto(&format!("http://localhost:{}/", page.port)).await.unwrap();
        Self { browser, name: engine.name(), _page: page }
    }

    /// Runs a call. Returns the ID of the passkey and the length of its user handle, or the name of the
    /// error.
    async fn run(&self, call: &str) -> Value {
        let script = format!("{SCRIPT} describe({call}).then(done)");
        self.browser.client.execute_async(&script, vec![]).await.unwrap()
    }

    async fn supports_passkeys(&self) -> bool {
        let script = "return typeof PublicKeyCredential !== 'undefined'";
        self.browser.client.execute(script, vec![]).await.unwrap() == true
    }

    async fn supports_autofill(&self) -> bool {
        let script =
            "const done = arguments[0]; PublicKeyCredential.isConditionalMediationAvailable().then(done)";
        self.browser.client.execute_async(script, vec![]).await.unwrap() == true
    }
}

async fn assert_passkeys(session: &Session, engine: Engine) {
    let name = session.name;
    let authenticator = session.browser.add_authenticator().await;

    let created = session.run("create()").await;
    assert!(created.is_object(), "{name}: {created}");
    assert_eq!(authenticator.credentials().await.len(), 1, "{name}");

    let id = created["id"].as_str().unwrap();
    let passkey = json!({"id": id, "user": 16});
    assert_eq!(session.run(&format!("get(['{id}'])")).await, passkey, "{name}: a given passkey");
    assert_eq!(session.run("get([])").await, passkey, "{name}: a passkey that names its user");
    assert!(session.supports_autofill().await, "{name}: autofill");
    // Firefox waits until the user picks the passkey in the field, which no driver can do.
    if engine != Engine::Firefox {
        assert_eq!(session.run("get([], 'conditional')").await, passkey, "{name}: picked in the field");
    }

    authenticator.set_user_verified(false).await;
    assert_eq!(session.run("get([])").await, "NotAllowedError", "{name}: no user verification");
    authenticator.set_user_verified(true).await;
    authenticator.forget_all().await;
    assert_eq!(session.run("get([])").await, "NotAllowedError", "{name}: no passkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_support_passkeys_or_say_that_they_do_not() {
    let edge = Edge::start();
    let engines = [Engine::ChromiumBlocking, Engine::Firefox, Engine::WebKit];

    for engine in engines.into_iter().filter(|engine| engine.is_installed()) {
        let session = Session::start(engine, &edge).await;
        let is_supported = session.supports_passkeys().await;

        assert_eq!(is_supported, engine.has_passkeys(), "{}", session.name);
        if is_supported {
            assert_passkeys(&session, engine).await;
        }
        session.browser.close().await;
    }
}
