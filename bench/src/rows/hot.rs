//! Rows with a record in the near cache and a token whose signature has been checked before.

use crate::{
    captured_response::CapturedResponse,
    context::{Context, DEFAULT_CONNECTIONS, Placement, Workload},
    error::Result,
    expected_response::ExpectedResponse,
    floor::FloorKind,
    h2load::{ConstantRate, LatencyProbe},
    job::Job,
    measured_row::{MeasuredRow, Target},
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    rounds::{Measurement, interleave},
    server::ServerProcess,
    simulated_users::SimulatedUsers,
};

/// Duration of the capacity measurement, in seconds.
const CAPACITY_SECONDS: u32 = 2;

/// verify-service and a floor that replays its response, both receiving requests from a single user.
struct HotPair {
    request: RequestTemplate,
    users: SimulatedUsers,
    captured: CapturedResponse,
    row: ServerProcess,
    floor: ServerProcess,
    revocation: RevocationCheck,
}

impl HotPair {
    fn start(context: &mut Context, request: RequestTemplate) -> Result<Self> {
        let deployment = context.deployment()?;
        let affinity = context.server_affinity(Placement::SeparateCores);
        let row = deployment.start_settled_verify_service(affinity, &[])?;
        let users = deployment.write_single_user("hot-user")?;
        let captured = context.http.capture(&row, &request, &users.example)?;
        let revocation = RevocationCheck::start(&context.http, &deployment, &row, &request)?;
        let floor = FloorKind::Nothing.start(&captured, affinity, context.folder())?;
        Ok(Self { request, users, captured, row, floor, revocation })
    }

    fn job(&self) -> Job {
        // The response to `/auth-request` consists of these headers.
        let expected = ExpectedResponse::like(&self.captured, &self.users.example)
            .with_headers_starting_with("x-auth-", &self.captured);
        Job::new(&self.users, &self.request, expected)
    }
}

/// `POST /api/verify`: throughput.
pub(crate) fn measure_verify(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    measure_throughput(context, row_name, RequestTemplate::verify())
}

/// `GET /auth-request`: throughput.
pub(crate) fn measure_auth_request(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    measure_throughput(context, row_name, RequestTemplate::auth_request())
}

fn measure_throughput(
    context: &mut Context,
    row_name: &str,
    request: RequestTemplate,
) -> Result<MeasuredRow> {
    let pair = HotPair::start(context, request)?;
    let job = pair.job();
    let floor = Workload { server: &pair.floor, job: &job };
    let row = Workload { server: &pair.row, job: &job };
    context.warm_up(&floor, Placement::SeparateCores)?;
    context.warm_up(&row, Placement::SeparateCores)?;
    let mut redis = context.deployment()?.redis_probe()?;
    let reads_before = redis.calls("get")?;
    let rounds = context.compare_throughput(&floor, &row, Placement::SeparateCores)?;
    // Only the watermark should be read, five times per second.
    let reads = redis.calls("get")? - reads_before;
    pair.revocation.verify_refused(&context.http, &pair.row)?;
    let measured = MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.9));
    Ok(measured.with_note(format!("{reads} reads from Redis, including those of the watermark")))
}

/// `POST /api/verify`: latency at half of the capacity.
pub(crate) fn measure_verify_p99(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let pair = HotPair::start(context, RequestTemplate::verify())?;
    let load = context.load(Placement::SeparateCores, CAPACITY_SECONDS);
    let capacity =
        context.measure_throughput(&Workload { server: &pair.row, job: &pair.job() }, load)?.figure;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive rate")]
    let per_second = (capacity / 2.0) as u32;
    let connections = DEFAULT_CONNECTIONS / 4;
    let probe = LatencyProbe {
        request: &pair.request,
        user: &pair.users.example,
        expected: &pair.captured,
        rate: ConstantRate {
            connections,
            per_second,
            seconds: context.plan.round_seconds,
            affinity: load.affinity,
        },
        log_folder: context.folder(),
    };
    let measure = |server| probe.p99_micros(server).map(Measurement::without_cpu_share);
    measure(&pair.floor)?;
    measure(&pair.row)?;
    let rounds = interleave(context.plan.rounds, || measure(&pair.floor), || measure(&pair.row))?;
    pair.revocation.verify_refused(&context.http, &pair.row)?;
    let measured = MeasuredRow::with_floor(row_name, "µs", &rounds, Target::AtMost(1.25));
    Ok(measured.with_note(format!("at {per_second} req/s on {connections} connections")))
}
