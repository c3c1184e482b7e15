//! What a thousand requests cost, in processor time of every program that works for them: the figures that
//! `docs/scaling.md` reckons with.

use std::fs;

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    deployment::Deployment,
    failure::Result,
    job::{Callers, Expected, Job},
    report::Measured,
    rows::logins,
    seed::BCRYPT_COST,
    server::{Server, cpu_seconds, cpu_seconds_of_family},
    wrk::Load,
};

/// A program, and the processes that it consists of.
type Part<'a> = (&'static str, Box<dyn Fn() -> Result<f64> + 'a>);

fn service<'a>(name: &'static str, server: &'a Server) -> Part<'a> {
    (name, Box::new(|| server.cpu_seconds()))
}

fn redis(deployment: &Deployment) -> Part<'_> {
    ("Redis", Box::new(|| deployment.redis_process().map_or(Ok(0.0), cpu_seconds)))
}

/// All processes of that name: the benchmark's own server, on a machine that runs no other.
fn postgres() -> Part<'static> {
    let seconds = || {
        let mut sum = 0.0;
        for entry in fs::read_dir("/proc")?.flatten() {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            if name.trim() == "postgres" {
                sum += cpu_seconds_of_family(&entry.file_name().to_string_lossy()).unwrap_or_default();
            }
        }
        Ok(sum)
    };
    ("PostgreSQL", Box::new(seconds))
}

/// Drives `side`; the first of the parts is what the row is about, the others stand in its note.
fn measure(context: &Context, name: &str, side: &Side, load: Load, parts: &[Part]) -> Result<Measured> {
    let seconds = || parts.iter().map(|(_, seconds)| seconds()).collect::<Result<Vec<f64>>>();
    let (mut values, mut sums, mut answered) = (Vec::new(), vec![0.0; parts.len()], 0.0);
    for _ in 0..context.plan.slow_rounds {
        let before = seconds()?;
        let outcome = context.wrk.run(side.server, side.job, load)?;
        let spent: Vec<_> = seconds()?.iter().zip(&before).map(|(after, before)| after - before).collect();
        let thousands = outcome.per_second() * outcome.seconds() / 1000.0;
        values.extend(spent.first().map(|spent| spent * 1000.0 / thousands));
        sums.iter_mut().zip(&spent).for_each(|(sum, spent)| *sum += spent * 1000.0);
        answered += thousands;
    }
    let others = parts.iter().zip(&sums).skip(1);
    let others: Vec<_> = others.map(|((of, _), sum)| format!("{of} {:.2} ms", sum / answered)).collect();
    let measured = Measured::alone(name, "ms/1000", &values, None);
    Ok(if others.is_empty() { measured } else { measured.with_note(format!("and {}", others.join(", "))) })
}

/// One person asks again and again.
fn one_person(context: &Context, deployment: &Deployment, server: &Server, call: &Call) -> Result<Job> {
    let callers = deployment.callers("cost", &[deployment.people.count / 2])?;
    let (hex, token) = &callers.example;
    let captured = context.http.send(&server.origin(), call, hex, token)?.successful()?;
    Ok(Job::new(&callers, call, Expected::like(&captured, hex)))
}

/// `POST /api/verify`, the record in the process.
pub(crate) fn verify(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let server = deployment.verify_service(None, &[])?;
    let job = one_person(context, &deployment, &server, &Call::verify())?;
    let load = context.load(Placement::Anywhere, context.plan.seconds);
    let parts = [service("verify-service", &server), redis(&deployment), postgres()];
    measure(context, name, &Side { server: &server, job: &job }, load, &parts)
}

/// `POST /api/verify`, the record in Redis.
pub(crate) fn verify_redis_hit(context: &mut Context, name: &str) -> Result<Measured> {
    const PEOPLE: u32 = 10_000;
    let deployment = context.deployment()?;
    let server = deployment.verify_service(None, &[("RECORD_CACHE_MIB", "0")])?;
    let (callers, job) = strangers(context, &deployment, &server, PEOPLE)?;
    let side = Side { server: &server, job: &job };
    context.let_everybody_come(&side, callers.count, 1)?;
    let load = context.load(Placement::Anywhere, context.plan.seconds);
    let parts = [service("verify-service", &server), redis(&deployment), postgres()];
    measure(context, name, &side, load, &parts)
}

/// `POST /api/verify`, the record in the database alone: without Redis each check asks it.
pub(crate) fn verify_from_database(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let settings = [("REDIS_URL", "memory:"), ("STALE_MAX", "0s"), ("RECORD_CACHE_MIB", "0")];
    let server = deployment.start_verify_service(None, &settings)?;
    let (_, job) = strangers(context, &deployment, &server, context.plan.strangers)?;
    let load = context.load(Placement::Anywhere, context.plan.seconds);
    let parts = [service("verify-service", &server), postgres()];
    measure(context, name, &Side { server: &server, job: &job }, load, &parts)
}

fn strangers(
    context: &Context,
    deployment: &Deployment,
    server: &Server,
    count: u32,
) -> Result<(Callers, Job)> {
    let call = Call::verify().naming_the_user(&deployment.people)?;
    let callers = deployment.callers("cost-strangers", &deployment.people.sample(count))?;
    let (hex, token) = &callers.example;
    let captured = context.http.send(&server.origin(), &call, hex, token)?.successful()?;
    let job = Job::new(&callers, &call, Expected::like(&captured, hex));
    Ok((callers, job))
}

/// A guarded page, for which verify-service is asked.
pub(crate) fn page(context: &mut Context, name: &str) -> Result<Measured> {
    guarded_page(context, name, "remote")
}

/// A guarded page, verified in web-frontend.
pub(crate) fn page_embedded(context: &mut Context, name: &str) -> Result<Measured> {
    guarded_page(context, name, "embedded")
}

fn guarded_page(context: &mut Context, name: &str, mode: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let verify = deployment.verify_service(None, &[])?;
    let web = deployment.web_frontend(&verify, mode)?;
    let callers = deployment.callers("cost", &[deployment.people.count / 2])?;
    let (hex, token) = &callers.example;
    let mut page = Call::private();
    let first = context.http.send(&web.origin(), &page, hex, token)?.successful()?;
    // Whoever reads a page has been there before: without their page session each page would begin a new one.
    if let Some(cookie) = first.header("set-cookie").and_then(|cookie| cookie.split(';').next()) {
        page.headers.push(("cookie", cookie.to_owned()));
    }
    let captured = context.http.send(&web.origin(), &page, hex, token)?.successful()?;
    let job = Job::new(&callers, &page, Expected::like(&captured, hex));
    let load = context.load(Placement::Anywhere, context.plan.seconds);
    let parts =
        [service("web-frontend", &web), service("verify-service", &verify), redis(&deployment), postgres()];
    measure(context, name, &Side { server: &web, job: &job }, load, &parts)
}

/// `POST /api/login`.
pub(crate) fn login(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let job = logins::job(context, &deployment)?;
    let auth = deployment.auth_service()?;
    let load = Load { connections: 4, ..context.load(Placement::Anywhere, context.plan.slow_seconds) };
    let parts = [service("auth-service", auth), redis(&deployment), postgres()];
    let measured = measure(context, name, &Side { server: auth, job: &job }, load, &parts)?;
    Ok(measured.with_note(format!("at cost {BCRYPT_COST}; each step more doubles it")))
}
