//! `examples/next-express`, in development and in production.

use std::{path::PathBuf, process::Command, sync::LazyLock};

use tests::{Browser, Engine, Scripts, free_port};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    front_door::{FrontDoor, Ports},
    person::Person,
    project::{copy_example, edit, run},
    server::Server,
};

/// Only one test at a time may use the folder of the application.
pub(crate) static FOLDER: Mutex<()> = Mutex::const_new(());

/// A copy of the API beside its packages.
pub(crate) static API_FOLDER: LazyLock<PathBuf> = LazyLock::new(|| copy_example("next-express/api"));

/// How the application is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Development,
    Production,
}

/// The application and its API behind Drawbridge.
struct Example {
    front_door: FrontDoor,
    application: Server,
    folder: PathBuf,
    _api: Server,
    _only_user: MutexGuard<'static, ()>,
}

impl Example {
    async fn start(mode: Mode) -> Self {
        let only_user = FOLDER.lock().await;
        let folder = copy_example("next-express");
        let ports = Ports::free();
        let (api, api_port) = start_api(ports);
        let port = free_port();
        let script = match mode {
            Mode::Development => "dev",
            Mode::Production => {
                run(Command::new("npm").args(["run", "build"]).current_dir(&folder));
                "start"
            }
        };
        let application =
            Server::start(&folder, &["npm", "run", script], port, &[("PORT", port.to_string())]);
        let (application_url, backend) =
            (format!("http://localhost:{port}"), format!("/backend=http://localhost:{api_port}"));
        let options = ["--app", &application_url, "--guard", "/private/*", "--backend", &backend];
        let front_door = FrontDoor::start(ports, &options).await;
        front_door.writes("The application is built with Next.js").await;
        Self { front_door, application, folder, _api: api, _only_user: only_user }
    }
}

/// Starts the API and returns it with its port.
pub(crate) fn start_api(ports: Ports) -> (Server, u16) {
    let port = free_port();
    let settings = [("PORT", port.to_string()), ("VERIFY_SERVICE_URL", ports.verify())];
    (Server::start(&API_FOLDER, &["npm", "start"], port, &settings), port)
}

/// Waits until React has taken over the links of the page, so that a click does not load a document.
pub(crate) async fn wait_for_react(person: &Person<'_>) {
    let has_react = "const link = document.querySelector('a'); \
                     return link !== null && Object.keys(link).some(key => key.startsWith('__reactProps'))";
    person.waits_for(has_react).await;
}

/// Sign-up and sign-in on the way to a guarded page, a server action, and the API.
async fn walk_main_path(ada: &Person<'_>, email: &str) {
    ada.goes_to("/").await;
    ada.sees("#greeting", "You are not signed in.").await;
    wait_for_react(ada).await;
    ada.clicks("nav a[href='/private']").await;
    ada.arrives_at("/auth/login?next=/private").await;
    ada.signs_up_and_in(email, "/private").await;
    ada.sees("#email", email).await;

    wait_for_react(ada).await;
    ada.browser.fill("input[name=note]", "Grüße").await;
    ada.clicks("#save").await;
    ada.sees("#result", &format!("{email} wrote: Grüße")).await;
    ada.clicks("#ask").await;
    ada.sees("#answer", &format!("The API knows {email}.")).await;
}

/// Client-side navigation between a public page and a guarded page.
async fn navigate_signed_in(ada: &Person<'_>, email: &str) {
    ada.marks_document().await;

    ada.clicks("nav a[href='/']").await;
    ada.arrives_at("/").await;
    ada.sees("#greeting", &format!("Welcome back, {email}.")).await;
    ada.clicks("nav a[href='/private']").await;
    ada.arrives_at("/private").await;
    ada.sees("#email", email).await;

    ada.is_on_marked_document().await;
}

/// Signs out in a second tab, which the first tab notices.
async fn sign_out_in_another_tab(ada: &Person<'_>, email: &str) {
    let first = ada.opens_tab().await;
    ada.goes_to("/private").await;
    ada.sees("#email", email).await;
    wait_for_react(ada).await;
    ada.clicks("#sign-out").await;
    ada.arrives_at("/").await;
    ada.sees("#greeting", "You are not signed in.").await;

    ada.switches_to(first).await;

    ada.arrives_at("/auth/login?next=/private").await;
}

/// Changes the source of the public page while it is shown.
async fn edit_shown_page(ada: &Person<'_>, example: &Example) {
    ada.goes_to("/").await;
    ada.sees("h1", "Public page").await;
    wait_for_react(ada).await;
    ada.marks_document().await;

    edit(&example.folder.join("app/page.tsx"), "<h1>Public page</h1>", "<h1>Edited page</h1>");

    ada.sees("h1", "Edited page").await;
    ada.is_on_marked_document().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_dev_works_in_chromium() {
    let example = Example::start(Mode::Development).await;
    let ada = Person::new(Browser::start(Scripts::On).await, &example.front_door.origin);
    let email = "ada@example.com";

    walk_main_path(&ada, email).await;
    navigate_signed_in(&ada, email).await;
    edit_shown_page(&ada, &example).await;
    ada.goes_to("/private").await;
    sign_out_in_another_tab(&ada, email).await;

    ada.browser.close().await;
    let log = example.application.log();
    assert!(!log.contains("Cross origin request") && !log.contains("Blocked"), "{log}");
    assert!(!example.front_door.log().contains("ERROR"), "{}", example.front_door.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn next_start_works_in_chromium_and_firefox() {
    let example = Example::start(Mode::Production).await;
    let ada = Person::new(Browser::start(Scripts::On).await, &example.front_door.origin);
    let email = "ada@example.com";

    walk_main_path(&ada, email).await;
    navigate_signed_in(&ada, email).await;
    sign_out_in_another_tab(&ada, email).await;
    ada.browser.close().await;

    if Engine::Firefox.is_installed() {
        let grace = Person::new(Browser::start_firefox().await, &example.front_door.origin);
        walk_main_path(&grace, "grace@example.com").await;
        sign_out_in_another_tab(&grace, "grace@example.com").await;
        grace.browser.close().await;
    }
}
