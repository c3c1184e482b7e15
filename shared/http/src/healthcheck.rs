//! `<service> healthcheck [ready|serving]`: checks the service on this machine, for container images without a shell
//! or an HTTP client.

use std::{
    env,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use drawbridge_core::{
    pages_path::PagesPath,
    settings::{Environment, Listen, Reader},
};

/// The limit for connecting, and for the response.
const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The path to check if the program was started as `<service> healthcheck`, otherwise `None`.
///
/// # Errors
/// The program was started with any other argument.
pub fn requested_path() -> Result<Option<&'static str>, String> {
    let arguments: Vec<_> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        ["healthcheck"] | ["healthcheck", "ready"] => Ok(Some("/health/ready")),
        // For orchestrators that replace a failing container: an outage of the database is no reason for that.
        ["healthcheck", "serving"] => Ok(Some("/health/serving")),
        _ => Err(
            "takes no arguments except healthcheck [ready|serving]; use environment variables to configure it"
                .into(),
        ),
    }
}

/// Checks the service that listens at `BIND` and `PORT` on this machine.
///
/// # Errors
/// A line that says why it is not ready.
pub fn run(path: &str, environment: Environment, default_port: u16) -> Result<(), String> {
    let mut reader = Reader::new(environment);
    let listen = Listen::read(&mut reader, default_port);
    let path = PagesPath::read(&mut reader).at(path);
    reader.finish(Some(())).map_err(|errors| errors.to_string())?;
    let address = match listen.address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    let address = SocketAddr::new(address, listen.port);
    let failed = |what: String| format!("is not ready at {address}: {what}");
    let answer = ask(address, &path).map_err(|error| failed(error.to_string()))?;
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    Err(failed(answer.lines().last().unwrap_or("no answer").to_owned()))
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, HEALTHCHECK_TIMEOUT)?;
    stream.set_read_timeout(Some(HEALTHCHECK_TIMEOUT))?;
    stream.set_write_timeout(Some(HEALTHCHECK_TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    // Our response has a few hundred bytes; another program at this address may send any amount.
    stream.take(16 * 1024).read_to_string(&mut answer)?;
    Ok(answer)
}
