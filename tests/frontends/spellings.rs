//! No spelling of a guarded path makes an application show a guarded page. The requests go through plain sockets,
//! because HTTP clients normalize paths.

mod generator;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    thread,
    time::Duration,
};

use tests::{Visitor, free_port, signed_in};

use self::generator::Spellings;
use crate::{
    front_door::{FrontDoor, Ports},
    next::{API_FOLDER, FOLDER},
    project::{copy_example, copy_files, repository, run},
    server::Server,
};

/// What every guarded page of the applications contains, and no other page.
const GUARDED_TEXT: &str = "text-for-signed-in-users";

/// How many spellings each application receives.
const REQUESTS: usize = 10_000;

/// How many requests are sent at the same time.
const THREADS: usize = 4;

const SEED: u64 = 15;

async fn sign_in(front_door: &FrontDoor) -> Visitor {
    signed_in(&format!("{}/auth", front_door.origin), "ada@example.com").await
}

fn fixture(name: &str) -> PathBuf {
    repository().join("tests/frontends/spellings").join(name)
}

/// Sends a request and returns what arrives until the server closes the connection.
fn exchange(port: u16, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut response = Vec::new();
    // A server that refuses a request may close the connection before it has read everything.
    let _ = stream.write_all(request).and_then(|()| stream.read_to_end(&mut response).map(drop));
    response
}

fn shows_guarded_text(response: &[u8]) -> bool {
    response.windows(GUARDED_TEXT.len()).any(|window| window == GUARDED_TEXT.as_bytes())
}

/// The requests whose response contains the text of a guarded page.
fn find_guarded(port: u16, requests: &[Vec<u8>]) -> Vec<String> {
    let find = |requests: &[Vec<u8>]| {
        let shown = requests.iter().filter(|request| shows_guarded_text(&exchange(port, request)));
        shown.map(|request| String::from_utf8_lossy(request).into_owned()).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let chunks = requests.chunks(requests.len().div_ceil(THREADS));
        let threads: Vec<_> = chunks.map(|chunk| scope.spawn(move || find(chunk))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// An application behind Drawbridge, and how to reach it without Drawbridge.
struct Target<'a> {
    front_door: &'a FrontDoor,
    /// The port of the application.
    port: u16,
    /// The path of Drawbridge at which it is.
    prefix: &'a str,
    /// Its guarded paths.
    paths: &'a [String],
}

impl Target<'_> {
    async fn expect_no_leak(&self, case: &str, ada: &mut Visitor) {
        let port = self.front_door.origin.rsplit_once(':').unwrap().1.parse().unwrap();
        for path in self.paths {
            let url = format!("{}{}{path}", self.front_door.origin, self.prefix);
            let response = ada.get(&url).await;
            assert!(response.text.contains(GUARDED_TEXT), "{case}: {path} is guarded: {}", response.text);
        }
        let make = |prefix, cookie: &str| {
            let spellings = Spellings::new(SEED, self.paths, prefix);
            (0..REQUESTS).map(|_| spellings.next_request(cookie)).collect::<Vec<_>>()
        };
        let cookie = format!("Cookie: token={}", ada.cookie("token").unwrap());

        let direct = find_guarded(self.port, &make("", ""));
        let signed_in = find_guarded(port, &make(self.prefix, &cookie));
        let leaks = find_guarded(port, &make(self.prefix, ""));

        let (direct, signed_in) = (direct.len(), signed_in.len());
        assert!(direct > REQUESTS / 10, "{case}: {direct} spellings show a guarded page");
        assert!(
            signed_in > REQUESTS / 50,
            "{case}: {signed_in} spellings show a guarded page to a signed-in user"
        );
        let first: Vec<_> = leaks.iter().take(20).collect();
        assert!(leaks.is_empty(), "{case}: {} spellings show a guarded page: {first:#?}", leaks.len());
    }
}

/// Builds the example with further guarded pages, and returns it with the paths under which Next.js shows them.
fn build_next() -> (PathBuf, Vec<String>) {
    let folder = copy_example("next-express");
    copy_files(&fixture("next"), &folder);
    run(Command::new("npm").args(["run", "build"]).current_dir(&folder));
    let build = fs::read_to_string(folder.join(".next/BUILD_ID")).unwrap();
    let paths = [
        "/private",
        "/private/notes",
        "/private/a/b",
        "/private/prerendered",
        "/private/prerendered.rsc",
        "/private/data",
        "/private/classic",
        "/private/file.txt",
        &format!("/_next/data/{}/private/classic.json", build.trim()),
    ];
    (folder, paths.map(str::to_owned).to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_leaks_a_page_of_next() {
    let _only_user = FOLDER.lock().await;
    let (folder, paths) = build_next();
    let port = free_port();
    let _next = Server::start(&folder, &["npm", "start"], port, &[("PORT", port.to_string())]);
    let application = format!("http://localhost:{port}");
    let options = ["--app", &application, "--guard", "/private/help=public", "--guard", "/private/*"];
    let front_door = FrontDoor::start(Ports::free(), &options).await;

    let target = Target { front_door: &front_door, port, prefix: "", paths: &paths };
    target.expect_no_leak("Next.js", &mut sign_in(&front_door).await).await;
}

/// Starts the Express application beside the packages of the API.
fn start_express() -> (Server, u16) {
    let folder = API_FOLDER.join("spellings");
    copy_files(&fixture("express"), &folder);
    let port = free_port();
    (Server::start(&folder, &["node", "server.js"], port, &[("PORT", port.to_string())]), port)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_leaks_a_page_of_express() {
    let (_express, port) = start_express();
    let application = format!("http://localhost:{port}");
    let backend = format!("/backend=http://localhost:{port}");
    let guards = ["/private/help=public", "/private/*", "/backend/private/help=public", "/backend/private/*"];
    let options =
        [&["--app", &application, "--backend", &backend][..], &guards.map(|rule| ["--guard", rule]).concat()];
    let front_door = FrontDoor::start(Ports::free(), &options.concat()).await;
    let paths =
        ["/private", "/private/", "/private/notes", "/private/a/b", "/private/file.txt"].map(str::to_owned);

    let mut ada = sign_in(&front_door).await;

    for (case, prefix) in [("Express as the application", ""), ("Express below a path", "/backend")] {
        let target = Target { front_door: &front_door, port, prefix, paths: &paths };
        target.expect_no_leak(case, &mut ada).await;
    }
}
