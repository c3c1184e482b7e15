//! The commands in `docs/guides/in-front.md` work as printed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{Browser, Scripts, free_port, program};

use crate::{
    front_door::Ports,
    next::start_api,
    person::Person,
    project::{repository, run},
    server::Server,
};

const EMAIL: &str = "ada@example.com";

/// How long it may take to get from nothing to a guarded page.
const GUIDE_TIME: Duration = Duration::from_mins(5);

/// The code blocks of the guide in this language.
fn blocks(language: &str) -> Vec<String> {
    let guide = fs::read_to_string(repository().join("docs/guides/in-front.md")).unwrap();
    let start = format!("```{language}\n");
    let blocks = guide.split(&start).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Writes a block whose first line is a comment with the path of the file.
fn write_file(application: &Path, block: &str) {
    let (path, text) = block.strip_prefix("// ").and_then(|block| block.split_once('\n')).unwrap();
    let file = application.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// `PATH` with the folder of the `drawbridge` command.
#[expect(clippy::disallowed_methods, reason = "the commands of the guide need the path of this process")]
fn path_with_drawbridge() -> String {
    let folder = program("drawbridge").parent().unwrap().display().to_string();
    format!("{folder}:{}", env::var("PATH").unwrap())
}

/// What the commands of the guide are run with, because other programs may use its ports.
struct Session {
    folder: TempDir,
    application_port: u16,
    api_port: u16,
    ports: Ports,
}

impl Session {
    fn application(&self) -> PathBuf {
        self.folder.path().join("my-app")
    }

    /// Runs the commands that create the application. Without the registry, npm uses what it has downloaded before.
    fn create_application(&self, commands: &str) {
        let is_online = Command::new("npm").args(["ping", "--silent"]).status().unwrap().success();
        let script = format!("set -eu\n{commands}");
        let offline = if is_online { "false" } else { "true" };
        // `yes` answers the question whether npx may download the program.
        let settings = [("npm_config_offline", offline), ("npm_config_yes", "true")];
        run(Command::new("bash").args(["-c", &script]).envs(settings).current_dir(&self.folder));
    }

    fn start_application(&self, command: &str) -> Server {
        let settings = [("PORT", self.application_port.to_string())];
        Server::start(&self.application(), &["bash", "-c", command], self.application_port, &settings)
    }

    fn start_drawbridge(&self, command: &str) -> Server {
        let command = command
            .replace("localhost:3000", &format!("localhost:{}", self.application_port))
            .replace("localhost:4000", &format!("localhost:{}", self.api_port))
            .replace("drawbridge up", &format!("exec drawbridge up --port {}", self.ports.first()));
        let settings = [("PATH", path_with_drawbridge())];
        let server =
            Server::start(self.folder.path(), &["bash", "-c", &command], self.ports.first(), &settings);
        server.wait_for("Stop with Ctrl-C");
        server
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_guide_work_as_printed() {
    let started = Instant::now();
    let commands = blocks("sh");
    let [create, start, put_in_front, with_api] = &commands[..] else { panic!("{commands:?}") };
    let ports = Ports::free();
    let (_api, api_port) = start_api(ports);
    let folder = TempDir::new().unwrap();
    let session = Session { folder, application_port: free_port(), api_port, ports };
    let origin = ports.origin();
    let ada = Person::new(Browser::start(Scripts::On).await, &origin);

    session.create_application(create);
    for block in blocks("tsx") {
        write_file(&session.application(), &block);
    }
    let _application = session.start_application(start);
    let drawbridge = session.start_drawbridge(put_in_front);
    ada.goes_to("/private").await;
    ada.arrives_at("/auth/login?next=/private").await;
    ada.signs_up_and_in(EMAIL, "/private").await;
    ada.sees("#greeting", &format!("You are signed in as {EMAIL}.")).await;
    assert!(started.elapsed() < GUIDE_TIME, "the guide takes {:?}", started.elapsed());

    drop(drawbridge);
    let _drawbridge = session.start_drawbridge(with_api);
    let (status, user) = ada.browser.fetch("GET", &format!("{origin}/backend/me"), None).await;
    assert_eq!((status, &user["email"]), (200, &EMAIL.into()), "{user}");
    ada.browser.close().await;
}
