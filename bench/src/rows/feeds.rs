//! What followers of the change feed cost verify-service.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::{
    affinity::Affinity,
    context::Context,
    deployment::SeededDeployment,
    error::{MeasurementError, Result},
    measured_row::MeasuredRow,
    open_files::allow_open_files,
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    server::ServerProcess,
};

/// Number of followers.
const FOLLOWERS: usize = 1000;

/// How long followers are measured without changes, and again with changes.
const PHASE: Duration = Duration::from_secs(10);

/// Number of sessions that are revoked in the second phase.
const REVOCATIONS: u32 = 20;

/// The least number of watermarks that a follower must receive in a phase: two per second, with a margin.
const WATERMARKS_MIN: usize = 15;

/// How often all followers are read.
const READ_INTERVAL: Duration = Duration::from_millis(50);

/// A follower, and the events that it has received.
struct Follower {
    stream: TcpStream,
    watermarks: usize,
    changes: usize,
}

/// CPU time and memory that the followers cost.
struct Costs {
    /// For each phase, in seconds per second.
    cpu: [f64; 2],
    memory_mib: f64,
}

/// CPU time with watermarks only. The note shows it with changes.
pub(crate) fn measure_cpu(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let Costs { cpu: [idle, busy], .. } = measure(context)?;
    let measured = MeasuredRow::without_floor(row_name, "ms/s", &[idle * 1000.0], None);
    let per_second = f64::from(REVOCATIONS) / PHASE.as_secs_f64();
    Ok(measured.with_note(format!("{:.1} ms/s with {per_second:.0} changes per second", busy * 1000.0)))
}

/// Additional memory.
pub(crate) fn measure_memory(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let Costs { memory_mib, .. } = measure(context)?;
    Ok(MeasuredRow::without_floor(row_name, "MiB", &[memory_mib], None))
}

fn measure(context: &mut Context) -> Result<Costs> {
    allow_open_files(3 * FOLLOWERS)?;
    let deployment = context.deployment()?;
    let key = deployment.add_frontend()?;
    let server = deployment.start_settled_verify_service(Affinity::AnyCore, &[])?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &server, &RequestTemplate::verify())?;
    let memory_before = server.resident_mib()?;
    let mut followers = (0..FOLLOWERS).map(|_| follow(&server, &key)).collect::<Result<Vec<_>>>()?;
    // Until each has its first events.
    read_for(&mut followers, Duration::from_secs(2))?;

    let idle = cpu_share(&server, || read_for(&mut followers, PHASE))?;
    let memory_mib = server.resident_mib()? - memory_before;
    check(&followers, WATERMARKS_MIN, 0)?;
    let busy = thread::scope(|scope| {
        let revoke = scope.spawn(|| read_for(&mut followers, PHASE));
        let busy = cpu_share(&server, || revoke_sessions(&deployment));
        revoke.join().map_err(|_| MeasurementError::not_measured("a follower panicked"))??;
        busy
    })?;
    check(&followers, 2 * WATERMARKS_MIN, REVOCATIONS as usize)?;
    revocation.verify_refused(&context.http, &server)?;
    Ok(Costs { cpu: [idle, busy], memory_mib })
}

/// CPU seconds per second that the server uses during `work`.
fn cpu_share(server: &ServerProcess, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let (started, before) = (Instant::now(), server.cpu_seconds()?);
    work()?;
    Ok((server.cpu_seconds()? - before) / started.elapsed().as_secs_f64())
}

/// Revokes sessions evenly over a phase.
fn revoke_sessions(deployment: &SeededDeployment) -> Result<()> {
    let started = Instant::now();
    for _ in 0..REVOCATIONS {
        deployment.database.revoke_session(&deployment.database.next_revocable_user()?)?;
        thread::sleep(PHASE / (REVOCATIONS + 1));
    }
    thread::sleep(PHASE.saturating_sub(started.elapsed()));
    Ok(())
}

fn follow(server: &ServerProcess, key: &str) -> Result<Follower> {
    let mut stream = server.connect()?;
    let host = server.host();
    let head = format!("GET /api/changes HTTP/1.1\r\nhost: {host}\r\nx-drawbridge-key: {key}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.set_nonblocking(true)?;
    Ok(Follower { stream, watermarks: 0, changes: 0 })
}

fn read_for(followers: &mut [Follower], time: Duration) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < time {
        followers.iter_mut().try_for_each(Follower::read)?;
        thread::sleep(READ_INTERVAL);
    }
    Ok(())
}

fn check(followers: &[Follower], watermarks_min: usize, changes_min: usize) -> Result<()> {
    for Follower { watermarks, changes, .. } in followers {
        if *watermarks < watermarks_min || *changes < changes_min {
            let received = format_args!("a follower has received {watermarks} watermarks, {changes} changes");
            return Err(MeasurementError::wrong_answer(received));
        }
    }
    Ok(())
}

impl Follower {
    /// Reads what has arrived. An event is one chunk, which the server sends in one piece.
    fn read(&mut self) -> Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(MeasurementError::wrong_answer("the feed has ended")),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let text = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default());
            if text.starts_with("HTTP/1.1 ") && !text.starts_with("HTTP/1.1 200 ") {
                return Err(MeasurementError::wrong_answer(text));
            }
            self.watermarks += text.matches("event: watermark").count();
            self.changes += text.matches("event: user").count();
        }
    }
}
