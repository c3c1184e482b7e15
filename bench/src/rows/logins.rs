//! Logins, which should be as fast as bcrypt.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    context::{Context, Placement},
    deployment::SeededDeployment,
    error::{MeasurementError, Result},
    expected_response::ExpectedResponse,
    job::Job,
    measured_row::{MeasuredRow, Target},
    process_stats::own_cpu_seconds,
    request_template::RequestTemplate,
    rounds::{Measurement, interleave},
    seed::{SEEDED_HASH_COST, SEEDED_PASSWORD, USERS_WITH_PASSWORD},
    simulated_users::{SimulatedUser, SimulatedUsers},
    wrk::Load,
};

/// Number of logins in flight.
const LOGIN_CONNECTIONS: u32 = 8;

/// `POST /api/login`, compared with a loop that only runs bcrypt on every core.
pub(crate) fn measure_logins(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let job = login_job(context, &deployment)?;
    let server = deployment.auth_service()?;
    let seconds = context.plan.slow_round_seconds;
    let load = Load { connections: LOGIN_CONNECTIONS, ..context.load(Placement::Unpinned, seconds) };
    let hash = bcrypt::hash(SEEDED_PASSWORD, SEEDED_HASH_COST)?;
    let rounds = interleave(
        context.plan.slow_rounds,
        || measure_bcrypt(&hash, context.machine.cores.len(), Duration::from_secs(seconds.into())),
        || {
            let cpu_before = server.cpu_seconds()?;
            let summary = context.wrk.run(server, &job, load)?;
            let cpu_used = server.cpu_seconds()? - cpu_before;
            Ok(Measurement { figure: summary.per_second(), cpu_share: Some(cpu_used / summary.seconds()) })
        },
    )?;
    let measured = MeasuredRow::with_floor(row_name, "/s", &rounds, Target::AtLeast(0.95));
    Ok(measured.with_note(format!("at cost {SEEDED_HASH_COST} with {LOGIN_CONNECTIONS} logins in flight")))
}

/// Creates a job in which users log in with the correct password. First checks that a wrong one is refused.
pub(crate) fn login_job(context: &Context, deployment: &SeededDeployment) -> Result<Job> {
    let request = RequestTemplate::login(SEEDED_PASSWORD);
    let users: Vec<_> =
        (0..USERS_WITH_PASSWORD).map(|number| SimulatedUser { number, token: "-".to_owned() }).collect();
    let users = SimulatedUsers::write(deployment.folder(), "login-users", &users)?;
    let auth_service = deployment.auth_service()?;
    let captured = context.http.capture(auth_service, &request, &users.example)?;
    let mut wrong_request = RequestTemplate::login("a wrong password");
    wrong_request.headers.push(("accept", "application/json".to_owned()));
    let refusal = context.http.send(auth_service, &wrong_request, &users.example)?;
    if refusal.status != 401 {
        return Err(MeasurementError::wrong_answer(format_args!(
            "a login with a wrong password returned {}",
            refusal.status
        )));
    }
    let expected = ExpectedResponse::like(&captured, &users.example)
        .with_any_time_in("expires_at")
        .with_header("set-cookie");
    Ok(Job::new(&users, &request, expected))
}

/// Measures hashes per second, with one thread per core.
fn measure_bcrypt(hash: &str, cores: usize, duration: Duration) -> Result<Measurement> {
    let started = Instant::now();
    let cpu_before = own_cpu_seconds()?;
    let rates = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| hashes_per_second(hash, duration))).collect();
        threads.into_iter().map(|thread| thread.join().ok().flatten()).collect::<Option<Vec<f64>>>()
    });
    let rates = rates.ok_or_else(|| MeasurementError::not_measured("bcrypt failed"))?;
    let cpu_used = own_cpu_seconds()? - cpu_before;
    let cpu_share = Some(cpu_used / started.elapsed().as_secs_f64());
    Ok(Measurement { figure: rates.iter().sum(), cpu_share })
}

fn hashes_per_second(hash: &str, duration: Duration) -> Option<f64> {
    let started = Instant::now();
    let mut hashes = 0.0;
    while started.elapsed() < duration {
        if !bcrypt::verify(SEEDED_PASSWORD, hash).ok()? {
            return None;
        }
        hashes += 1.0;
    }
    Some(hashes / started.elapsed().as_secs_f64())
}
