//! The verifier in Python, as docs/guides/verify-yourself.md uses it.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{
    Answer, Deployment, Line, LineProcess, MASTER_SECRET, PASSWORD, Service, Visitor, program, with_form,
};

use crate::tool::{repository, run, tools};

const ORIGIN: &str = "https://shop.example.com";
/// The status and the `code` of a response.
type Response = (u16, &'static str);

const VALID: Response = (200, "");
const INVALID_TOKEN: Response = (401, "invalid_token");
const SESSION_REVOKED: Response = (401, "session_revoked");
const UNAVAILABLE: Response = (503, "unavailable");

/// How long a state that must come is awaited.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program in the guide, which answers one token after the other.
struct Backend {
    process: LineProcess,
    _folder: TempDir,
}

impl Backend {
    /// Starts it with a key that opens the feed.
    fn start(deployment: &Deployment, key: &str) -> Self {
        let guide = fs::read_to_string(repository().join("docs/guides/verify-yourself.md")).unwrap();
        let (_, code) = guide.split_once("```python\n").unwrap();
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("backend.py");
        fs::write(&file, code.split_once("```").unwrap().0).unwrap();

        let mut program = python("answer_lines.py");
        program.arg(&file).env("PUBLIC_ORIGIN", deployment.frontend.trim_end_matches('/')).env("KEY", key);
        Self { process: LineProcess::start(&mut program), _folder: folder }
    }

    /// The status and the code of the next response, and its body.
    fn receive(&mut self) -> (u16, String, Value) {
        let (status, body): (u16, Value) = serde_json::from_value(self.process.receive()).unwrap();
        let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
        (status, code.to_owned(), body)
    }

    #[track_caller]
    fn assert_next(&mut self, expected: Response) {
        let (status, code, body) = self.receive();
        assert_eq!((status, code.as_str()), expected, "{body}");
    }

    /// Verifies a token.
    #[track_caller]
    fn assert_response(&mut self, token: &str, expected: Response) {
        self.process.send(token);
        self.assert_next(expected);
    }

    /// Verifies a token until the response is `wanted`. Until then, it must be `previous`.
    #[track_caller]
    fn wait_for(&mut self, token: &str, previous: Response, wanted: Response) -> Duration {
        let started = Instant::now();
        loop {
            self.process.send(token);
            let (status, code, body) = self.receive();
            if (status, code.as_str()) == wanted {
                return started.elapsed();
            }
            assert_eq!((status, code.as_str()), previous, "{body}");
            assert!(started.elapsed() < PATIENCE, "the response does not become {wanted:?}");
        }
    }
}

/// A script in this folder, which can import the verifier.
fn python(script: &str) -> Command {
    let mut python = Command::new(tools("python").join("bin/python"));
    python.arg(repository().join("tests/openapi").join(script));
    python
        .env("PYTHONPATH", repository().join("examples/verify-yourself"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

/// Runs `drawbridge frontend`, and returns its output.
fn frontend(deployment: &Deployment, arguments: &[&str]) -> String {
    let mut command = Command::new(program("drawbridge"));
    command.arg("frontend").args(arguments);
    command.env("DATABASE_URL", &deployment.database_url).env("MASTER_SECRET", MASTER_SECRET);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A user who has signed in at a frontend of the deployment.
struct SignedIn {
    session: String,
    /// An access token for `orders`.
    access: String,
    key: String,
}

impl SignedIn {
    async fn at(deployment: &Deployment, name: &str, key: &str) -> Self {
        let email = deployment.registered(name).await;
        let login = json!({"email": email, "password": PASSWORD});
        let answer = send(deployment, key, "/api/login", |request| request.json(&login)).await;
        let session = text(&answer, "token");
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            ("subject_token", &session),
            ("audience", "orders"),
        ];
        let answer = send(deployment, key, "/api/token", |request| with_form(request, &fields)).await;
        let access = text(&answer, "access_token");
        Self { session, access, key: key.to_owned() }
    }

    async fn sign_out(&self, deployment: &Deployment) {
        send(deployment, &self.key, "/api/logout", |request| request.bearer_auth(&self.session)).await;
    }
}

async fn send(
    deployment: &Deployment,
    key: &str,
    path: &str,
    complete: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
) -> Answer {
    let mut server = Visitor::new();
    let request = server.request(Method::POST, &format!("{}{path}", deployment.auth));
    let request = request.header("x-drawbridge-key", key).header("x-drawbridge-origin", ORIGIN);
    let answer = server.send(complete(request)).await;
    answer.assert_status(200);
    answer
}

/// A member of the body.
fn text(answer: &Answer, name: &str) -> String {
    answer.json().get(name).and_then(Value::as_str).unwrap().to_owned()
}

/// How many tokens verify-service has verified.
async fn verifications(deployment: &Deployment) -> u64 {
    let mut count = 0;
    for url in deployment.internal_urls(Service::Verify) {
        let metrics = Visitor::new().get(&format!("{url}/metrics")).await.text;
        let lines = metrics.lines().filter(|line| line.starts_with("drawbridge_verifications_total{"));
        count += lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum::<u64>();
    }
    count
}

/// Verifies a valid token until it is accepted from memory.
async fn wait_until_remembered(backend: &mut Backend, deployment: &Deployment, token: &str) {
    let started = Instant::now();
    loop {
        let before = verifications(deployment).await;
        backend.assert_response(token, VALID);
        if verifications(deployment).await == before {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "the token is never accepted from memory");
    }
}

#[test]
fn python_passes_the_vectors() {
    let report = run("test_verifier.py", &mut python("test_verifier.py"));

    assert!(report.contains("OK") && !report.contains("Ran 0 tests"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn python_follows_the_changes() {
    let deployment = Deployment::builder().start();
    let key = frontend(&deployment, &["add", "shop", "--origin", ORIGIN, "--audience", "orders"]);
    let ada = SignedIn::at(&deployment, "ada", &key).await;
    let bob = SignedIn::at(&deployment, "bob", &key).await;
    let mut backend = Backend::start(&deployment, &key);
    wait_until_remembered(&mut backend, &deployment, &ada.access).await;
    wait_until_remembered(&mut backend, &deployment, &bob.access).await;

    let before = verifications(&deployment).await;
    for _ in 0..100 {
        backend.assert_response(&ada.access, VALID);
        backend.assert_response(&ada.session, INVALID_TOKEN);
    }
    assert_eq!(verifications(&deployment).await, before, "from memory");

    ada.sign_out(&deployment).await;
    let until_refused = backend.wait_for(&ada.access, VALID, SESSION_REVOKED);
    assert!(until_refused < Duration::from_secs(1), "{until_refused:?}");
    let before = verifications(&deployment).await;
    backend.assert_response(&bob.access, VALID);
    assert_eq!(verifications(&deployment).await, before, "other users are still remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn python_asks_when_the_feed_is_cut() {
    let deployment = Deployment::builder().start();
    let key = frontend(&deployment, &["add", "shop", "--origin", ORIGIN, "--audience", "orders"]);
    let feed = frontend(&deployment, &["add", "feed", "--origin", "https://feed.example.com"]);
    let ada = SignedIn::at(&deployment, "ada", &key).await;
    let mut backend = Backend::start(&deployment, &feed);
    wait_until_remembered(&mut backend, &deployment, &ada.access).await;

    frontend(&deployment, &["remove", "feed"]);
    let removed_at = Instant::now();
    let before = verifications(&deployment).await;
    while verifications(&deployment).await == before {
        backend.assert_response(&ada.access, VALID);
        assert!(removed_at.elapsed() < PATIENCE, "the feed does not end");
    }
    // The feed has ended, so this question is not remembered.
    let before = verifications(&deployment).await;
    backend.assert_response(&ada.access, VALID);
    assert_eq!(verifications(&deployment).await, before + 1);

    ada.sign_out(&deployment).await;
    backend.assert_response(&ada.access, SESSION_REVOKED);
}

#[tokio::test(flavor = "multi_thread")]
async fn python_trusts_no_memory_after_a_suspension() {
    let deployment = Deployment::builder().start();
    let key = frontend(&deployment, &["add", "shop", "--origin", ORIGIN, "--audience", "orders"]);
    let ada = SignedIn::at(&deployment, "ada", &key).await;
    let mut backend = Backend::start(&deployment, &key);
    wait_until_remembered(&mut backend, &deployment, &ada.access).await;

    backend.process.signal("STOP");
    ada.sign_out(&deployment).await;
    // The newest watermark that the process has received is too old after this time.
    tokio::time::sleep(Duration::from_secs(2)).await;
    backend.process.send(&ada.access);
    backend.process.signal("CONT");

    backend.assert_next(SESSION_REVOKED);
}

#[tokio::test(flavor = "multi_thread")]
async fn python_does_not_refuse_because_of_an_outage() {
    let (line, origin) = Line::to("http://127.0.0.1:9");
    let origin = origin.trim_end_matches('/').to_owned();
    let mut deployment = Deployment::builder().setting("FRONTEND_ORIGIN", &origin).start();
    line.redirect_to(&deployment.frontend);
    deployment.frontend = origin;
    let key = frontend(&deployment, &["add", "shop", "--origin", ORIGIN, "--audience", "orders"]);
    let ada = SignedIn::at(&deployment, "ada", &key).await;
    let mut backend = Backend::start(&deployment, &key);
    wait_until_remembered(&mut backend, &deployment, &ada.access).await;

    line.freeze();
    backend.wait_for(&ada.access, VALID, UNAVAILABLE);
    ada.sign_out(&deployment).await;
    line.restore();

    backend.wait_for(&ada.access, UNAVAILABLE, SESSION_REVOKED);
}
