//! What each engine does with passkeys, on a page of nobody's: what the product may rely on, and where it
//! has to do without.

use serde_json::{Value, json};
use tests::{Browser, Edge, Engine, Pages};

const PAGE: &str = "<!doctype html><title>Passkeys</title><input autocomplete='username webauthn'>";

const SCRIPT: &str = "const done = arguments[0];
const bytes = n => new Uint8Array(n).fill(7);
const decoded = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
const make = () => navigator.credentials.create({publicKey: {
  rp: {id: 'localhost', name: 'Tests'}, user: {id: bytes(16), name: 'ada', displayName: 'Ada'},
  challenge: bytes(32), pubKeyCredParams: [{type: 'public-key', alg: -7}],
  authenticatorSelection: {residentKey: 'required', userVerification: 'required'}}});
const get = (allowed, mediation) => navigator.credentials.get({mediation, publicKey: {
  rpId: 'localhost', challenge: bytes(32), userVerification: 'required', timeout: 5000,
  allowCredentials: allowed.map(id => ({type: 'public-key', id: decoded(id)}))}});
const told = promise => promise.then(
  made => ({id: made.id, user: made.response.userHandle?.byteLength ?? null}), error => error.name);";

/// The passkey's name and the length of its user's, or the name of the error.
async fn told(browser: &Browser, call: &str) -> Value {
    let script = format!("{SCRIPT} told({call}).then(done)");
    browser.client.execute_async(&script, vec![]).await.unwrap()
}

async fn passkeys_in(engine: Engine, edge: &Edge) {
    let (page, browser, name) = (Pages::start(PAGE), engine.start(edge).await, engine.name());
    browser.client.goto(&format!("http://localhost:{}/", page.port)).await.unwrap();
    let has =
        browser.client.execute("return typeof PublicKeyCredential !== 'undefined'", vec![]).await.unwrap();
    assert_eq!(has, engine.has_passkeys(), "{name}");
    if !engine.has_passkeys() {
        return browser.close().await;
    }
    let authenticator = browser.add_authenticator().await;
    let made = told(&browser, "make()").await;
    assert!(made.is_object(), "{name}: {made}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(authenticator.credentials().await.len(), 1, "{name}");
    let known = json!({"id": id, "user": 16});
    assert_eq!(told(&browser, &format!("get(['{id}'])")).await, known, "{name}: a passkey that is named");
    assert_eq!(told(&browser, "get([])").await, known, "{name}: a passkey says whose it is");
    let offers =
        "const done = arguments[0]; PublicKeyCredential.isConditionalMediationAvailable().then(done)";
    assert_eq!(
        browser.client.execute_async(offers, vec![]).await.unwrap(),
        true,
        "{name}: a field offers it"
    );
    // Firefox waits until somebody picks it from the field's list, which no driver does.
    if engine != Engine::Firefox {
        assert_eq!(told(&browser, "get([], 'conditional')").await, known, "{name}: picked from the field");
    }
    authenticator.set_user_verified(false).await;
    assert_eq!(told(&browser, "get([])").await, "NotAllowedError", "{name}: no finger, no PIN");
    authenticator.set_user_verified(true).await;
    authenticator.forget_all().await;
    assert_eq!(told(&browser, "get([])").await, "NotAllowedError", "{name}: nothing is left");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_engine_has_passkeys_or_says_that_it_has_none() {
    let edge = Edge::start();
    for engine in [Engine::ChromiumBlocking, Engine::Firefox, Engine::WebKit] {
        if engine.is_here() {
            passkeys_in(engine, &edge).await;
        }
    }
}
