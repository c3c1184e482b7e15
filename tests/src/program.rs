use std::{
    env,
    net::TcpStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::process::Process;

/// The executable of a program of this workspace, which must have been built.
pub fn program(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let program = folder.join(name);
    assert!(program.exists(), "{} is missing: run `cargo test --workspace --no-run`", program.display());
    program
}

/// Waits until the process listens on the port.
pub(crate) fn wait_until_ready(port: u16, process: &Process) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let can_wait = process.is_running() && started.elapsed() < Duration::from_secs(30);
        assert!(can_wait, "nothing listens on port {port}; log of the process:\n{}", process.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}
