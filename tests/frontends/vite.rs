//! `examples/vite-spa`, in development and built.

use std::process::Command;

use tests::{Browser, Scripts, free_port};

use crate::{
    front_door::{FrontDoor, Ports},
    next::start_api,
    person::Person,
    project::{copy_example, edit, run},
    server::Server,
};

const EMAIL: &str = "ada@example.com";

/// What `drawbridge up` is started with: everyone may see the application itself, but not its data.
async fn start_front_door(ports: Ports, port: u16, api_port: u16) -> FrontDoor {
    let (application, backend) =
        (format!("http://localhost:{port}"), format!("/backend=http://localhost:{api_port}"));
    let guards = ["--guard", "/backend/hello=public", "--guard", "/backend/*"];
    let options = [&["--app", &application, "--backend", &backend][..], &guards].concat();
    FrontDoor::start(ports, &options).await
}

/// Sign-up and sign-in on the way to a page that needs data of the API.
async fn walk_main_path(ada: &Person<'_>) {
    ada.goes_to("/").await;
    ada.sees("#greeting", "You are not signed in.").await;
    ada.clicks("nav a[href='/private']").await;
    ada.arrives_at("/auth/login?next=%2Fprivate").await;
    ada.signs_up_and_in(EMAIL, "/private").await;
    ada.sees("#answer", &format!("The API knows {EMAIL}.")).await;
}

/// Signs out in a second tab, which the first tab notices.
async fn sign_out_in_another_tab(ada: &Person<'_>) {
    let first = ada.opens_tab().await;
    ada.goes_to("/private").await;
    ada.sees("#answer", &format!("The API knows {EMAIL}.")).await;
    ada.clicks("#sign-out").await;
    ada.arrives_at("/").await;
    ada.sees("#greeting", "You are not signed in.").await;

    ada.switches_to(first).await;

    ada.arrives_at("/auth/login?next=%2Fprivate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vite_works_in_chromium() {
    let folder = copy_example("vite-spa");
    let (ports, port) = (Ports::free(), free_port());
    let (_api, api_port) = start_api(ports);
    let (port_text, start) = (port.to_string(), |script, port: &str| {
        Server::start(&folder, &["npm", "run", script, "--", "--port", port], port.parse().unwrap(), &[])
    });
    let development = start("dev", &port_text);
    let front_door = start_front_door(ports, port, api_port).await;
    let ada = Person::new(Browser::start(Scripts::On).await, &front_door.origin);

    walk_main_path(&ada).await;

    // Hot reload, also after the development server was down.
    let page = folder.join("src/main.ts");
    ada.goes_to("/").await;
    ada.sees("h1", "Public page").await;
    edit(&page, "\"Public page\"", "\"Edited page\"");
    ada.sees("h1", "Edited page").await;
    drop(development);
    edit(&page, "\"Edited page\"", "\"Restarted page\"");
    let development = start("dev", &port_text);
    ada.sees("h1", "Restarted page").await;

    ada.goes_to("/private").await;
    sign_out_in_another_tab(&ada).await;
    drop(development);
    ada.goes_to("/").await;
    ada.sees("main", "503").await;

    run(Command::new("npm").args(["run", "build"]).current_dir(&folder));
    let _built = start("start", &port_text);
    ada.goes_to("/").await;
    ada.sees("#greeting", "You are not signed in.").await;
    ada.browser.close().await;
}
