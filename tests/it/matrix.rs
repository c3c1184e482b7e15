//! Four topologies, three cookie modes and four browser engines, with real host names and TLS: what users experience.
//! A run with `UPDATE_DOCS=1` generates `docs/browser-matrix.md`; other runs check it.

mod cell;
mod document;

use std::{collections::BTreeMap, process::Command};

use tests::{Edge, Engine, MASTER_SECRET, WEB_FRONTEND_KEY, program};

use self::{
    cell::{Cell, Hosting},
    document::assert_documented,
};

/// Where the frontend and the backend are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topology {
    SameOrigin,
    Siblings,
    Unrelated,
    PublicSuffix,
}

/// `COOKIE_MODE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Proxy,
    Shared,
    Host,
}

/// A row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    topology: Topology,
    mode: Mode,
}

/// The origins of a deployment.
struct Hosts {
    frontend: String,
    backend: String,
}

impl Topology {
    const ALL: [Self; 4] = [Self::SameOrigin, Self::Siblings, Self::Unrelated, Self::PublicSuffix];

    fn name(self) -> &'static str {
        match self {
            Self::SameOrigin => "one origin",
            Self::Siblings => "sibling subdomains",
            Self::Unrelated => "two unrelated sites",
            Self::PublicSuffix => "two hosts under a public suffix",
        }
    }
}

impl Mode {
    const ALL: [Self; 3] = [Self::Proxy, Self::Shared, Self::Host];

    fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Shared => "shared",
            Self::Host => "host",
        }
    }
}

/// How the services treat a row.
enum Expectation {
    /// The whole product runs, and its guard sees the session.
    Guarded,
    /// Only the backend runs. A third-party page calls it, without a guard.
    BackendOnly,
    /// No service starts; the error contains these words.
    Refused(&'static str),
}

impl Row {
    fn all() -> impl Iterator<Item = Self> {
        Topology::ALL.into_iter().flat_map(|topology| Mode::ALL.map(|mode| Self { topology, mode }))
    }

    fn name(self) -> String {
        format!("{}, {}", self.topology.name(), self.mode.name())
    }

    fn expectation(self) -> Expectation {
        match (self.topology, self.mode) {
            (_, Mode::Proxy) | (Topology::SameOrigin, _) | (Topology::Siblings, Mode::Shared) => {
                Expectation::Guarded
            }
            (Topology::Unrelated, Mode::Shared) => Expectation::Refused("needs a parent domain"),
            (Topology::PublicSuffix, Mode::Shared) => Expectation::Refused("is a public suffix"),
            (_, Mode::Host) => Expectation::BackendOnly,
        }
    }

    /// Host names that no other row uses, so that cookies of different rows never meet.
    fn hosts(self) -> Hosts {
        let mode = self.mode.name();
        let (frontend, backend) = match self.topology {
            Topology::SameOrigin => (format!("one-{mode}.com"), format!("one-{mode}.com")),
            Topology::Siblings => (format!("app.siblings-{mode}.com"), format!("api.siblings-{mode}.com")),
            Topology::Unrelated => (format!("frontend-{mode}.com"), format!("backend-{mode}.org")),
            Topology::PublicSuffix => {
                (format!("frontend-{mode}.vercel.app"), format!("backend-{mode}.vercel.app"))
            }
        };
        Hosts { frontend, backend }
    }

    /// The settings of every service.
    fn settings(self) -> [(&'static str, String); 3] {
        let Hosts { frontend, backend } = self.hosts();
        [
            ("FRONTEND_ORIGIN", format!("https://{frontend}")),
            ("BACKEND_ORIGIN", format!("https://{backend}")),
            ("COOKIE_MODE", self.mode.name().to_owned()),
        ]
    }
}

/// Fails unless the service refuses to start, with an error that contains these words and a fix.
fn assert_refused(service: &str, row: Row, words: &str) {
    let output = Command::new(program(service))
        .envs([
            ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
            ("REDIS_URL", "memory:"),
            ("MASTER_SECRET", MASTER_SECRET),
            ("WEB_FRONTEND_KEY", WEB_FRONTEND_KEY),
            ("AUTH_SERVICE_URL", "http://127.0.0.1:1"),
            ("VERIFY_SERVICE_URL", "http://127.0.0.1:1"),
            ("UPSTREAMS", "/backend=http://127.0.0.1:1, /spa=http://127.0.0.1:1"),
        ])
        .envs(row.settings())
        .output()
        .unwrap();

    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{service} starts with {}", row.name());
    assert!(text.contains(words), "{service} with {}: {text}", row.name());
    assert!(text.contains("COOKIE_MODE=proxy"), "{service} with {} names no fix: {text}", row.name());
}

/// The outcome in each installed engine, for each row.
type Outcomes = BTreeMap<Row, BTreeMap<&'static str, String>>;

/// Starts the deployment of each row, and checks that the other rows are refused.
async fn start_cells(edge: &Edge, outcomes: &mut Outcomes) -> Vec<Cell> {
    let mut cells = Vec::new();
    for row in Row::all() {
        match row.expectation() {
            Expectation::Guarded => cells.push(Cell::start(edge, row, Hosting::Guarded).await),
            Expectation::BackendOnly => {
                assert_refused("web-frontend", row, "No guard on the frontend ever sees it");
                cells.push(Cell::start(edge, row, Hosting::ThirdParty).await);
            }
            Expectation::Refused(words) => {
                for service in ["auth-service", "verify-service", "web-frontend"] {
                    assert_refused(service, row, words);
                }
                let all = Engine::ALL.map(|engine| (engine.name(), "refused at start".to_owned()));
                outcomes.insert(row, all.into());
            }
        }
    }
    cells
}

/// The outcome of each cell in one engine.
async fn run(engine: Engine, edge: &Edge, cells: &[Cell]) -> Vec<String> {
    let browser = engine.start(edge).await;
    let mut outcomes = Vec::new();
    for cell in cells {
        outcomes.push(cell.outcome(engine, &browser).await);
    }
    browser.close().await;
    outcomes
}

#[tokio::test]
async fn every_topology_and_mode_in_every_engine() {
    let edge = Edge::start();
    let mut outcomes = Outcomes::new();
    let cells = start_cells(&edge, &mut outcomes).await;
    let engines: Vec<_> = Engine::ALL.into_iter().filter(|engine| engine.is_installed()).collect();

    // Two engines run at the same time: one waits for its pages while the other renders.
    for pair in engines.chunks(2) {
        let runs = pair.iter().map(|engine| run(*engine, &edge, &cells));
        for (engine, results) in pair.iter().zip(futures_util::future::join_all(runs).await) {
            for (cell, outcome) in cells.iter().zip(results) {
                outcomes.entry(cell.row).or_default().insert(engine.name(), outcome);
            }
        }
    }

    assert_documented(&engines, &outcomes);
}
