//! Many sessions, a few of which come most of the time.

use std::fs;

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    control::Control,
    failure::Result,
    floor::Floor,
    job::{Expected, Job},
    report::{Measured, Target},
    rounds::interleave,
    zipf,
};

/// How many different sessions there are.
const SESSIONS: u32 = 100_000;

/// How many requests are drawn beforehand; a round of any length begins with the first.
const DRAWS: u32 = 500_000;

/// `POST /api/verify` for 100,000 sessions, the k-th as often as 1/k.
pub(crate) fn verify(context: &mut Context, name: &str) -> Result<Measured> {
    let (deployment, call) = (context.deployment()?, Call::verify());
    let core = context.server_core(Placement::Apart);
    let row = deployment.verify_service(core, &[])?;
    let control = Control::revoke(&context.http, &deployment, &row, &call)?;
    let callers = deployment.callers("everybody", &deployment.people.sample(SESSIONS))?;
    let (hex, token) = &callers.example;
    let captured = context.http.send(&row.origin(), &call, hex, token)?.successful()?;
    let floor = Floor::Nothing.start(&captured, core, context.folder())?;

    let order = context.folder().join("zipf");
    let lines: Vec<_> = zipf::draw(SESSIONS, DRAWS, 1).iter().map(ToString::to_string).collect();
    fs::write(&order, lines.join("\n"))?;
    let expected = Expected::like(&captured, hex);
    let row_job = Job::new(&callers, &call, expected.clone());
    context.let_everybody_come(&Side { server: &row, job: &row_job }, callers.count, 1)?;
    let row_job = row_job.in_order(&order);
    let floor_job = row_job.expecting(expected.constant());
    let (floor, row) = (Side { server: &floor, job: &floor_job }, Side { server: &row, job: &row_job });
    context.throughput(&floor, context.load(Placement::Apart, 1))?;
    context.throughput(&row, context.load(Placement::Apart, 1))?;
    let load = context.load(Placement::Apart, context.plan.seconds);
    let pairs = interleave(
        context.plan.rounds,
        || context.throughput(&floor, load),
        || context.throughput(&row, load),
    )?;
    control.check(&context.http, row.server)?;
    Ok(Measured::against_floor(name, "req/s", &pairs, Some(Target::AtLeast(0.8))))
}
