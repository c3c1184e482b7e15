//! Many sessions, a few of which send most of the requests.

use std::fs;

use crate::{
    context::{Context, Placement, Workload},
    error::Result,
    expected_response::ExpectedResponse,
    floor::FloorKind,
    job::Job,
    measured_row::{MeasuredRow, Target},
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    zipf::draw_ranks,
};

/// Number of sessions.
const SESSIONS: u32 = 100_000;

/// Number of requests drawn in advance. Each round starts with the first one.
const DRAWN_REQUESTS: u32 = 500_000;

/// Seed of the draw.
const DRAW_SEED: u64 = 1;

/// `POST /api/verify` for 100,000 sessions, the k-th with a frequency of 1/k.
pub(crate) fn measure_verify(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let request = RequestTemplate::verify();
    let affinity = context.server_affinity(Placement::SeparateCores);
    let row = deployment.start_settled_verify_service(affinity, &[])?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &row, &request)?;
    let users = deployment.write_users("zipf-users", &deployment.population().sample(SESSIONS))?;
    let captured = context.http.capture(&row, &request, &users.example)?;
    let floor = FloorKind::Nothing.start(&captured, affinity, context.folder())?;

    let order = context.folder().join("zipf-order");
    let ranks = draw_ranks(SESSIONS, DRAWN_REQUESTS, DRAW_SEED);
    fs::write(&order, ranks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
    context.warm_up_all_users(&Workload { server: &row, job: &job }, 1)?;
    let row_job = job.in_order(&order);
    let floor_job = row_job.for_floor();
    let floor = Workload { server: &floor, job: &floor_job };
    let row = Workload { server: &row, job: &row_job };
    context.warm_up(&floor, Placement::SeparateCores)?;
    context.warm_up(&row, Placement::SeparateCores)?;
    let rounds = context.compare_throughput(&floor, &row, Placement::SeparateCores)?;
    revocation.verify_refused(&context.http, row.server)?;
    Ok(MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.8)))
}
