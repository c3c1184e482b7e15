//! Rows with unknown users: each record is read from the database and written to Redis.

use std::rc::Rc;

use crate::{
    affinity::Affinity,
    context::{Context, Placement, Workload},
    deployment::{LARGE_TOKEN_CACHE, SeededDeployment},
    error::{MeasurementError, Result},
    expected_response::ExpectedResponse,
    floor::FloorKind,
    job::Job,
    measured_row::{MeasuredRow, Target},
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    rounds::{Measurement, interleave},
    server::ServerProcess,
};

/// Whether verify-service has checked the signatures of the tokens before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signatures {
    Unchecked,
    Checked,
}

/// Number of users whose requests open the connections before each round.
const WARM_UP_USERS: u32 = 500;

/// Smallest share of responses whose record must have been written to Redis.
const MIN_WRITTEN_SHARE: f64 = 0.98;

/// `POST /api/verify` for users without a cached record, with tokens that are checked for the first time.
pub(crate) fn measure_verify(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    measure(context, row_name, Signatures::Unchecked)
}

/// The same requests with tokens whose signatures have been checked before.
pub(crate) fn measure_verify_with_checked_tokens(
    context: &mut Context,
    row_name: &str,
) -> Result<MeasuredRow> {
    measure(context, row_name, Signatures::Checked)
}

fn measure(context: &mut Context, row_name: &str, signatures: Signatures) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let context = &*context;
    let request = RequestTemplate::verify().with_user_header(deployment.population())?;
    let numbers = deployment.population().sample(context.plan.one_time_users + WARM_UP_USERS);
    let (warm_up_numbers, numbers) = numbers.split_at(WARM_UP_USERS as usize);
    let warm_up_users = deployment.write_users("warm-up-users", warm_up_numbers)?;
    let users = deployment.write_users("one-time-users", numbers)?;

    let server = deployment.start_settled_verify_service(Affinity::AnyCore, &[LARGE_TOKEN_CACHE])?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &server, &request)?;
    let captured = context.http.capture(&server, &request, &users.example)?;
    let expected = ExpectedResponse::like(&captured, &users.example);
    let job = Job::new(&users, &request, expected.clone());
    let floor = FloorKind::UserQuery { database_url: deployment.database.url.clone() };
    let floor = floor.start(&captured, Affinity::AnyCore, context.folder())?;
    let floor_job = job.for_floor();
    let floor = Workload { server: &floor, job: &floor_job };
    context.warm_up(&floor, Placement::Unpinned)?;
    if signatures == Signatures::Checked {
        context.warm_up_all_users(&Workload { server: &server, job: &job }, 1)?;
    }

    let warm_up_job = Job::new(&warm_up_users, &request, expected);
    let mut row = ColdRow {
        context,
        deployment,
        signatures,
        server,
        warm_up_job,
        job: job.once(),
        responses: 0,
        written: 0,
    };
    let load = context.load(Placement::Unpinned, context.plan.round_seconds);
    let rounds =
        interleave(context.plan.rounds, || context.measure_throughput(&floor, load), || row.measure_round())?;
    revocation.verify_refused(&context.http, &row.server)?;
    let measured = MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.7));
    Ok(measured.with_note(row.note()?))
}

/// The measured side. It counts the records written to Redis, to prove that they came from the database.
struct ColdRow<'a> {
    context: &'a Context,
    deployment: Rc<SeededDeployment>,
    signatures: Signatures,
    server: ServerProcess,
    warm_up_job: Job,
    job: Job,
    responses: u64,
    written: u64,
}

impl ColdRow<'_> {
    fn measure_round(&mut self) -> Result<Measurement> {
        let mut redis = self.deployment.redis_probe()?;
        redis.flush()?;
        if self.signatures == Signatures::Unchecked {
            self.server =
                self.deployment.start_settled_verify_service(Affinity::AnyCore, &[LARGE_TOKEN_CACHE])?;
        }
        let warm_up = Workload { server: &self.server, job: &self.warm_up_job };
        self.context.warm_up(&warm_up, Placement::Unpinned)?;
        let sets_before = redis.calls("set")?;
        let load = self.context.load(Placement::Unpinned, self.context.plan.round_seconds);
        let summary = self.context.wrk.run(&self.server, &self.job, load)?;
        self.written += redis.calls("set")? - sets_before;
        self.responses += summary.answered;
        Ok(Measurement::without_cpu_share(summary.per_second()))
    }

    #[expect(clippy::cast_precision_loss, reason = "a few million responses")]
    fn note(&self) -> Result<String> {
        let share = self.written as f64 / self.responses as f64;
        if share < MIN_WRITTEN_SHARE {
            return Err(MeasurementError::not_measured(format_args!(
                "only {share:.2} records per response came from the database"
            )));
        }
        let signatures = match self.signatures {
            Signatures::Unchecked => "signatures checked for the first time",
            Signatures::Checked => "signatures checked before",
        };
        Ok(format!("{signatures}; {share:.2} records per response were written to Redis"))
    }
}
