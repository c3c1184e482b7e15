//! The proxied application, and what forwards to it: web-frontend, or HAProxy as the floor.

use std::{fs, path::Path};

use crate::{
    affinity::Affinity,
    captured_response::CapturedResponse,
    context::{Context, Placement},
    error::Result,
    expected_response::ExpectedResponse,
    floor,
    job::Job,
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    server::{Program, ServerProcess, ServerStart},
    simulated_users::SimulatedUsers,
};

/// Configuration of HAProxy: one thread, which forwards everything and checks nothing. The rest is the default.
const HAPROXY_CONFIG: &str = r#"global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen application
  bind "127.0.0.1:${PORT}"
  server application $APPLICATION
"#;

/// An application behind web-frontend. The user is signed in, and all paths are guarded.
pub(crate) struct ProxiedApplication {
    application: ServerProcess,
    pub(crate) web_frontend: ServerProcess,
    pub(crate) users: SimulatedUsers,
    revocation: RevocationCheck,
    _verifier: ServerProcess,
}

impl ProxiedApplication {
    /// Starts both programs. If they are pinned, the application has the load generator's core.
    pub(crate) fn start(context: &mut Context, placement: Placement) -> Result<Self> {
        let deployment = context.deployment()?;
        let other_affinity = context.load(placement, 1).affinity;
        let verifier = deployment.start_settled_verify_service(other_affinity, &[])?;
        let application =
            floor::start_program(&["application".to_owned()], other_affinity, context.folder())?;
        let affinity = context.server_affinity(placement);
        let web_frontend = deployment.start_proxy(&verifier, &application, affinity)?;
        let request = RequestTemplate::proxied_page();
        let revocation = RevocationCheck::start(&context.http, &deployment, &web_frontend, &request)?;
        let users = deployment.write_single_user("proxied-user")?;
        Ok(Self { application, web_frontend, users, revocation, _verifier: verifier })
    }

    /// Starts HAProxy in front of the same application.
    pub(crate) fn start_haproxy(&self, affinity: Affinity, folder: &Path) -> Result<ServerProcess> {
        let config = folder.join("haproxy.cfg");
        fs::write(&config, HAPROXY_CONFIG.replace("$APPLICATION", &self.application.host()))?;
        ServerProcess::start(&ServerStart {
            program: Program::Installed("haproxy"),
            arguments: &["-db".to_owned(), "-f".to_owned(), config.display().to_string()],
            settings: &[],
            affinity,
            log_folder: folder,
            readiness_path: "/health/live",
        })
    }

    /// Requests the page from the application itself.
    pub(crate) fn capture_page(&self, context: &Context) -> Result<CapturedResponse> {
        context.http.capture(&self.application, &RequestTemplate::proxied_page(), &self.users.example)
    }

    /// Returns the job that requests the page.
    pub(crate) fn page_job(&self, page: &CapturedResponse) -> Job {
        let expected = ExpectedResponse::like(page, &self.users.example);
        Job::new(&self.users, &RequestTemplate::proxied_page(), expected)
    }

    /// Returns an error unless web-frontend still refuses the revoked session.
    pub(crate) fn verify_revoked(&self, context: &Context) -> Result<()> {
        self.revocation.verify_refused(&context.http, &self.web_frontend)
    }
}
