//! Two domains with TLS, with `docker-compose.prod.yml`.

use std::{fs::Permissions, net::SocketAddr, os::unix::fs::PermissionsExt};

use reqwest::{Certificate, Client, Response, redirect::Policy};
use tempfile::TempDir;
use tests::{PASSWORD, credentials, free_port};

use crate::{COMPOSE, project::Project};

const FRONTEND: &str = "app.example.com";
const BACKEND: &str = "api.example.org";
const EMAIL: &str = "ada@example.com";

/// A deployment behind its gateway, and a client that trusts its certificates.
struct Production {
    project: Project,
    client: Client,
    plain: String,
    app: String,
    /// The path of Drawbridge's own pages, or nothing.
    pages: String,
    api: String,
    _certificates: TempDir,
}

impl Production {
    /// Starts a deployment whose settings include `more`, and whose own pages are below `pages`.
    async fn start(pages: &str, more: &[(&'static str, &str)]) -> Self {
        let certificates = TempDir::new().unwrap();
        // The gateway reads the files as another user.
        std::fs::set_permissions(certificates.path(), Permissions::from_mode(0o755)).unwrap();
        let client = create_certificates(&certificates);
        let [http, https] = [free_port().to_string(), free_port().to_string()];
        let settings = [
            ("COMPOSE_FILE", "docker-compose.yml:docker-compose.prod.yml"),
            ("FRONTEND_DOMAIN", FRONTEND),
            ("BACKEND_DOMAIN", BACKEND),
            ("PUBLIC_ADDRESS", "127.0.0.1"),
            ("PUBLIC_HTTP_PORT", &http),
            ("PUBLIC_HTTPS_PORT", &https),
            ("CERTIFICATES", &certificates.path().display().to_string()),
        ];
        let project = Project::new(COMPOSE, "production", &[&settings, more].concat());
        project.compose(&["up", "--detach"]);
        project.healthy("gateway").await;
        Self {
            project,
            client,
            plain: format!("http://{FRONTEND}:{http}"),
            app: format!("https://{FRONTEND}:{https}"),
            pages: pages.to_owned(),
            api: format!("https://{BACKEND}:{https}"),
            _certificates: certificates,
        }
    }

    async fn get(&self, url: String) -> Response {
        self.client.get(url).send().await.unwrap()
    }

    /// Registers and signs in, and returns the session cookie as `name=value`.
    async fn sign_up_and_in(&self) -> String {
        let post = |path: &str| {
            let request = self.client.post(format!("{}{}{path}", self.app, self.pages));
            request.json(&credentials(EMAIL, PASSWORD)).send()
        };
        assert_eq!(post("/api/register").await.unwrap().status(), 201);
        let login = post("/api/login").await.unwrap();
        let cookie = login.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("__Host-token=") && cookie.contains("Secure"), "{cookie}");
        cookie.split_once(';').unwrap().0.to_owned()
    }

    async fn assert_plain_http_is_redirected(&self) {
        let answer = self.get(format!("{}/private?x=1", self.plain)).await;
        assert_eq!(answer.status(), 308);
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("https://"), "{answer:?}");
    }

    async fn assert_home_page_has_hsts(&self) {
        let page = self.get(format!("{}/", self.app)).await;
        assert_eq!(page.status(), 200);
        assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000");
    }

    async fn assert_session_works(&self, session: &str) {
        let private = self.client.get(format!("{}/private", self.app)).header("cookie", session);
        assert_eq!(private.send().await.unwrap().status(), 200);

        // The operator's backend verifies the token on the backend's domain.
        let token = session.split_once('=').unwrap().1;
        let verify = self.client.post(format!("{}/api/verify", self.api)).bearer_auth(token);
        assert_eq!(verify.send().await.unwrap().status(), 200);
        for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
            for origin in [&self.app, &self.api] {
                let document = self.get(format!("{origin}{path}")).await;
                assert_eq!(document.status(), 200, "{origin}{path}");
            }
        }
    }

    async fn assert_application_is_guarded(&self, session: &str) {
        let page = self.get(format!("{}/", self.app)).await;
        assert_eq!(page.text().await.unwrap(), "the application, for ");
        let guarded = format!("{}/private/page", self.app);
        let anonymous = self.client.get(&guarded).header("accept", "text/html").send().await.unwrap();
        assert_eq!(anonymous.status(), 302);
        assert_eq!(anonymous.headers()["location"], "/auth/login?next=/private/page");
        let signed_in = self.client.get(&guarded).header("cookie", session).send().await.unwrap();
        assert_eq!(signed_in.text().await.unwrap(), format!("the application, for {EMAIL}"));
    }

    /// The application may have a `/health` of its own. That of the replicas stays hidden, wherever it is.
    async fn assert_health_is_the_applications(&self) {
        let health = self.get(format!("{}/health/live", self.app)).await;
        assert_eq!(health.text().await.unwrap(), "the application, for ");
        for path in ["/auth/health/live", "/auth/%68ealth/serving"] {
            assert_eq!(self.get(format!("{}{path}", self.app)).await.status(), 404, "{path}");
        }
    }

    async fn assert_internal_paths_are_hidden(&self) {
        for (origin, path) in [
            (&self.api, "/metrics"),
            (&self.api, "/health/ready"),
            (&self.app, "/health/live"),
            (&self.api, "/internal/keys"),
            (&self.api, "/auth-request"),
            // The frontend's proxy calls auth-service; browsers do not.
            (&self.api, "/api/login"),
        ] {
            let answer = self.get(format!("{origin}{path}")).await;
            assert_eq!(answer.status(), 404, "{origin}{path}");
        }
    }

    /// The gateway replaces the addresses that a client sends.
    async fn assert_addresses_cannot_be_forged(&self) {
        let login = self.client.post(format!("{}/api/login", self.app));
        let login = login.header("x-forwarded-for", "198.51.100.7").json(&credentials(EMAIL, "wrong horse"));
        assert_eq!(login.send().await.unwrap().status(), 401);
        let log = self.project.compose(&["logs", "--no-log-prefix", "auth-service"]);
        assert!(log.contains("sign-in refused") && !log.contains("198.51.100.7"), "{log}");
    }

    async fn assert_other_hosts_are_refused(&self) {
        let request = self.client.get(format!("{}/", self.app)).header("host", "other.example");
        assert_eq!(request.send().await.unwrap().status(), 421);
    }
}

/// Creates a certificate for each domain, and a client that trusts them and resolves the domains to this machine.
fn create_certificates(folder: &TempDir) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut client = Client::builder().redirect(Policy::none()).no_proxy();
    for name in [FRONTEND, BACKEND] {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let file = folder.path().join(format!("{name}.pem"));
        std::fs::write(&file, made.signing_key.serialize_pem() + &made.cert.pem()).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        let certificate = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
        client = client.add_root_certificate(certificate).resolve(name, local);
    }
    client.resolve("other.example", local).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_domains_work_with_tls() {
    let production = Production::start("", &[]).await;

    production.assert_plain_http_is_redirected().await;
    production.assert_home_page_has_hsts().await;
    let session = production.sign_up_and_in().await;
    production.assert_session_works(&session).await;
    production.assert_internal_paths_are_hidden().await;
    production.assert_addresses_cannot_be_forged().await;
    production.assert_other_hosts_are_refused().await;

    println!("two domains with TLS: signed up, in and verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_runs_behind_the_gateway() {
    let files = "docker-compose.yml:docker-compose.prod.yml:tests/compose/application/compose.yml";
    let settings = [("COMPOSE_FILE", files), ("APP_URL", "http://app:3000"), ("GUARDED_PATHS", "/private/*")];
    let production = Production::start("/auth", &settings).await;

    let session = production.sign_up_and_in().await;
    production.assert_application_is_guarded(&session).await;
    production.assert_health_is_the_applications().await;

    println!("an application behind the gateway: guarded, with its own /health");
}
