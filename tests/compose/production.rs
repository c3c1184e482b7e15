//! Two domains with TLS, by `docker-compose.prod.yml`.

use std::{fs::Permissions, net::SocketAddr, os::unix::fs::PermissionsExt};

use reqwest::{Certificate, Client, redirect::Policy};
use tempfile::TempDir;
use tests::{PASSWORD, free_port};

use crate::{COMPOSE, project::Project};

const FRONTEND: &str = "app.example.com";
const BACKEND: &str = "api.example.org";

#[tokio::test(flavor = "multi_thread")]
async fn two_domains_with_tls() {
    let folder = TempDir::new().unwrap();
    // The gateway reads it as another user than this one.
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut client = Client::builder().redirect(Policy::none()).no_proxy();
    for name in [FRONTEND, BACKEND] {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let file = folder.path().join(format!("{name}.pem"));
        std::fs::write(&file, made.signing_key.serialize_pem() + &made.cert.pem()).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        client = client
            .add_root_certificate(Certificate::from_pem(made.cert.pem().as_bytes()).unwrap())
            .resolve(name, SocketAddr::from(([127, 0, 0, 1], 0)));
    }
    let client = client.resolve("other.example", SocketAddr::from(([127, 0, 0, 1], 0))).build().unwrap();
    let (http, https) = (free_port().to_string(), free_port().to_string());
    let project = Project::new(
        COMPOSE,
        "production",
        &[
            ("COMPOSE_FILE", "docker-compose.yml:docker-compose.prod.yml"),
            ("FRONTEND_DOMAIN", FRONTEND),
            ("BACKEND_DOMAIN", BACKEND),
            ("PUBLIC_ADDRESS", "127.0.0.1"),
            ("PUBLIC_HTTP_PORT", &http),
            ("PUBLIC_HTTPS_PORT", &https),
            ("CERTIFICATES", &folder.path().display().to_string()),
        ],
    );
    project.compose(&["up", "--detach"]);
    project.healthy("gateway").await;
    let (app, api) = (format!("https://{FRONTEND}:{https}"), format!("https://{BACKEND}:{https}"));

    let plain = client.get(format!("http://{FRONTEND}:{http}/private?x=1")).send().await.unwrap();
    assert_eq!(plain.status(), 308);
    assert!(plain.headers()["location"].to_str().unwrap().starts_with("https://"), "{plain:?}");
    let page = client.get(format!("{app}/")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000");

    let body = serde_json::json!({"email": "ada@example.com", "password": PASSWORD});
    let made = client.post(format!("{app}/api/register")).json(&body).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let login = client.post(format!("{app}/api/login")).json(&body).send().await.unwrap();
    let cookie = login.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-token=") && cookie.contains("Secure"), "{cookie}");
    let (session, _) = cookie.split_once(';').unwrap();
    let private = client.get(format!("{app}/private")).header("cookie", session).send().await.unwrap();
    assert_eq!(private.status(), 200);

    // Your backend asks there whose token it was given.
    let token = session.split_once('=').unwrap().1;
    let verified = client.post(format!("{api}/api/verify")).bearer_auth(token).send().await.unwrap();
    assert_eq!(verified.status(), 200);
    let keys = client.get(format!("{api}/.well-known/jwks.json")).send().await.unwrap();
    assert_eq!(keys.status(), 200);
    for (origin, path) in [
        (&api, "/metrics"),
        (&api, "/health/ready"),
        (&app, "/health/live"),
        (&api, "/internal/keys"),
        (&api, "/auth-request"),
        // The frontend's proxy calls auth-service; browsers do not.
        (&api, "/api/login"),
    ] {
        let answer = client.get(format!("{origin}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    // What a client says of its address is not what is noted.
    let wrong = serde_json::json!({"email": "ada@example.com", "password": "wrong horse"});
    let refused = client.post(format!("{app}/api/login")).header("x-forwarded-for", "198.51.100.7");
    assert_eq!(refused.json(&wrong).send().await.unwrap().status(), 401);
    let log = project.compose(&["logs", "--no-log-prefix", "auth-service"]);
    assert!(log.contains("a sign-in was refused") && !log.contains("198.51.100.7"), "{log}");
    let nobody = client.get(format!("{app}/")).header("host", "other.example").send().await.unwrap();
    assert_eq!(nobody.status(), 421);
    println!("two domains with TLS: signed up, in and verified");
}
