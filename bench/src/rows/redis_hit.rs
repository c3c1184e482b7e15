//! The record is in Redis and not in the process.

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    control::Control,
    failure::{Failure, Result},
    floor::Floor,
    job::{Expected, Job},
    report::{Measured, Target},
    rounds::interleave,
};

/// How many people ask in turn.
const PEOPLE: u32 = 10_000;

/// `POST /api/verify` without records in the process, against a handler that makes one `GET`.
pub(crate) fn verify(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    deployment.place_redis(&context.machine, context.machine.generator_core())?;
    let measured = measure(context, name);
    deployment.place_redis(&context.machine, None)?;
    measured
}

fn measure(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let call = Call::verify().naming_the_user(&deployment.people)?;
    let core = context.server_core(Placement::Apart);
    let row = deployment.verify_service(core, &[("RECORD_CACHE_MIB", "0")])?;
    let control = Control::revoke(&context.http, &deployment, &row, &call)?;
    let callers = deployment.callers("redis", &deployment.people.sample(PEOPLE))?;
    let (hex, token) = &callers.example;
    let captured = context.http.send(&row.origin(), &call, hex, token)?.successful()?;
    let mut redis = deployment.redis_calls()?;
    let (url, prefix) = (deployment.redis_url().to_owned(), redis.record_prefix()?);
    let floor = Floor::RedisGet { url, prefix }.start(&captured, core, context.folder())?;

    let expected = Expected::like(&captured, hex);
    let row_job = Job::new(&callers, &call, expected.clone());
    let floor_job = row_job.expecting(expected.constant());
    let (floor, row) = (Side { server: &floor, job: &floor_job }, Side { server: &row, job: &row_job });
    context.let_everybody_come(&row, callers.count, 1)?;
    let before = redis.count("get")?;
    let answered = context.wrk.run(row.server, row.job, context.load(Placement::Apart, 1))?.answered;
    if redis.count("get")? - before < answered {
        return Err(Failure::not_measured(
            "RECORD_CACHE_MIB=0 has no effect: Redis was not asked for every answer",
        ));
    }
    context.throughput(&floor, context.load(Placement::Apart, 1))?;
    let load = context.load(Placement::Apart, context.plan.seconds);
    let pairs = interleave(
        context.plan.rounds,
        || context.throughput(&floor, load),
        || context.throughput(&row, load),
    )?;
    control.check(&context.http, row.server)?;
    let measured = Measured::against_floor(name, "req/s", &pairs, Some(Target::AtLeast(0.8)));
    Ok(measured.with_note("RECORD_CACHE_MIB=0; Redis shares the generator's core"))
}
