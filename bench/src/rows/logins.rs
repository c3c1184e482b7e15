//! Logins, which are as fast as bcrypt and no faster.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    deployment::Deployment,
    failure::{Failure, Result},
    job::{Callers, Expected, Job},
    report::{Measured, Target},
    rounds::{Sample, interleave},
    seed::{BCRYPT_COST, PASSWORD, WITH_PASSWORD},
    server::cpu_seconds,
    wrk::Load,
};

/// Logins under way at once.
const CONNECTIONS: u32 = 8;

/// `POST /api/login` against a loop of nothing but bcrypt on every core.
pub(crate) fn logins(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let job = job(context, &deployment)?;
    let side = Side { server: deployment.auth_service()?, job: &job };
    let seconds = context.plan.slow_seconds;
    let load = Load { connections: CONNECTIONS, ..context.load(Placement::Anywhere, seconds) };
    let hash = bcrypt::hash(PASSWORD, BCRYPT_COST)?;
    let pairs = interleave(
        context.plan.slow_rounds,
        || bare_bcrypt(&hash, context.machine.cores.len(), Duration::from_secs(seconds.into())),
        || {
            let before = side.server.cpu_seconds()?;
            let outcome = context.wrk.run(side.server, side.job, load)?;
            let spent = side.server.cpu_seconds()? - before;
            Ok(Sample { figure: outcome.per_second(), cpu: Some(spent / outcome.seconds()) })
        },
    )?;
    let measured = Measured::against_floor(name, "/s", &pairs, Some(Target::AtLeast(0.95)));
    Ok(measured.with_note(format!("at cost {BCRYPT_COST}, {CONNECTIONS} at once")))
}

/// People who log in again and again, each of them with a good password.
pub(crate) fn job(context: &Context, deployment: &Deployment) -> Result<Job> {
    let call = Call::login(PASSWORD);
    let people: Vec<_> = (0..WITH_PASSWORD).map(|number| (number, "-".to_owned())).collect();
    let callers = Callers::write(deployment.folder(), "logins", &people)?;
    let (hex, _) = &callers.example;
    let auth = deployment.auth_service()?.origin();
    let captured = context.http.send(&auth, &call, hex, "")?.successful()?;
    let mut wrong = Call::login("a wrong password");
    wrong.headers.push(("accept", "application/json".to_owned()));
    let refused = context.http.send(&auth, &wrong, hex, "")?;
    if refused.status != 401 {
        return Err(Failure::WrongAnswer(format!("a wrong password is answered with {}", refused.status)));
    }
    let mut expected = Expected::like(&captured, hex).at_any_time("expires_at");
    expected.headers = vec![("set-cookie".to_owned(), None)];
    Ok(Job::new(&callers, &call, expected))
}

/// Hashes a second, with a thread on every core.
fn bare_bcrypt(hash: &str, cores: usize, time: Duration) -> Result<Sample> {
    let (started, before) = (Instant::now(), cpu_seconds("self")?);
    let rates = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| hashes_a_second(hash, time))).collect();
        threads.into_iter().map(|thread| thread.join().ok().flatten()).collect::<Option<Vec<f64>>>()
    });
    let rates = rates.ok_or_else(|| Failure::not_measured("bcrypt fails"))?;
    let spent = cpu_seconds("self")? - before;
    Ok(Sample { figure: rates.iter().sum(), cpu: Some(spent / started.elapsed().as_secs_f64()) })
}

fn hashes_a_second(hash: &str, time: Duration) -> Option<f64> {
    let (started, mut done) = (Instant::now(), 0.0);
    while started.elapsed() < time {
        if !bcrypt::verify(PASSWORD, hash).ok()? {
            return None;
        }
        done += 1.0;
    }
    Some(done / started.elapsed().as_secs_f64())
}
