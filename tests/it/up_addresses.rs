//! Where `drawbridge up` can be reached.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{Deployment, Process, Start, Visitor, free_ports, program};

fn port(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

fn is_open(address: impl Into<IpAddr>, port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::new(address.into(), port), Duration::from_secs(1)).is_ok()
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn localhost_answers_at_both_addresses() {
    let deployment = Deployment::builder().one_process().start();
    let port = port(&deployment.frontend);
    let hosts = if has_ipv6() { &["127.0.0.1", "[::1]"][..] } else { &["127.0.0.1"] };

    for host in hosts {
        let answer = Visitor::new().get(&format!("http://{host}:{port}/login")).await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[test]
fn another_program_at_localhost_is_reported() {
    if !has_ipv6() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let port = free_ports(3);
    let _other = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).unwrap();

    let data = folder.path().join("data").display().to_string();
    let drawbridge = program("drawbridge").display().to_string();
    let arguments = [&drawbridge, "up", "--port", &port.to_string(), "--data", &data];

    let process = Process::start(Start {
        command: arguments.map(str::to_owned).to_vec(),
        settings: &[],
        signal: "TERM",
        log: folder.path().join("log"),
        remove: None,
    });

    let started = Instant::now();
    while process.is_running() {
        assert!(started.elapsed() < Duration::from_secs(20), "it starts: {}", process.log());
        thread::sleep(Duration::from_millis(10));
    }
    let error = process.log();
    assert!(error.contains(&format!("[::1]:{port}")), "{error}");
    assert!(error.contains("another program uses this port"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_web_frontend_follows_bind() {
    // Linux answers at every address of 127.0.0.0/8, but not for a program that listens at 127.0.0.1 only.
    let elsewhere = Ipv4Addr::new(127, 0, 0, 2);
    let deployment = Deployment::builder().one_process().setting("BIND", "0.0.0.0").start();
    let web = port(&deployment.frontend);
    let others = [
        ("auth-service and the mailbox", port(&deployment.auth)),
        ("verify-service", port(&deployment.verify)),
        ("internal port of web-frontend", web + 1000),
        ("internal port of auth-service", port(&deployment.auth) + 1000),
        ("internal port of verify-service", port(&deployment.verify) + 1000),
    ];

    let answer = Visitor::new().get(&format!("http://{elsewhere}:{web}/health/live")).await;

    answer.assert_status(200);
    for (name, port) in others {
        assert!(is_open(Ipv4Addr::LOCALHOST, port), "{name} is up");
        assert!(!is_open(elsewhere, port), "{name} is reachable from elsewhere");
    }
}
