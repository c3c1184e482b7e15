//! `<service> healthcheck [ready|serving]`: whether the service on this machine is ready, or wants requests, for
//! containers that have neither a shell nor a client of their own.

use std::{
    env,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use drawbridge_core::settings::{Environment, Listen, Reader};

/// How long connecting may take, and the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is asked, if the program was called as `<service> healthcheck`: the path, `/health/ready` unless another
/// word follows.
///
/// # Errors
/// When it was called with anything else, which no service takes.
pub fn asked() -> Result<Option<&'static str>, String> {
    let arguments: Vec<_> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        ["healthcheck"] | ["healthcheck", "ready"] => Ok(Some("/health/ready")),
        // For an orchestrator that replaces what fails it: an outage of the database is no reason to.
        ["healthcheck", "serving"] => Ok(Some("/health/serving")),
        _ => Err(
            "takes no argument but healthcheck [ready|serving]; it is configured by environment variables"
                .into(),
        ),
    }
}

/// Asks the service that listens where `BIND` and `PORT` say, on this machine.
///
/// # Errors
/// A line that says why it is not ready.
pub fn run(path: &str, environment: Environment, default_port: u16) -> Result<(), String> {
    let mut reader = Reader::new(environment);
    let listen = Listen::read(&mut reader, default_port);
    reader.finish(Some(())).map_err(|errors| errors.to_string())?;
    let address = match listen.address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    let address = SocketAddr::new(address, listen.port);
    let failed = |what: String| format!("is not ready at {address}: {what}");
    let answer = ask(address, path).map_err(|error| failed(error.to_string()))?;
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    Err(failed(answer.lines().last().unwrap_or("no answer").to_owned()))
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    // Ours is a few hundred bytes; whoever else listens there may send more than anybody wants.
    stream.take(16 * 1024).read_to_string(&mut answer)?;
    Ok(answer)
}
