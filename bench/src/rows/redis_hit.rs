//! Records in Redis that are not in the near cache.

use crate::{
    affinity::Affinity,
    context::{Context, Placement, Workload},
    error::{MeasurementError, Result},
    expected_response::ExpectedResponse,
    floor::FloorKind,
    job::Job,
    measured_row::{MeasuredRow, Target},
    redis_probe::RedisProbe,
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
};

/// Number of users who take turns.
const USERS: u32 = 10_000;

/// `POST /api/verify` without a near cache, compared with a handler that sends one `GET`.
pub(crate) fn measure_verify(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    deployment.pin_redis(&context.machine, context.machine.generator_affinity())?;
    let measured = measure(context, row_name);
    deployment.pin_redis(&context.machine, Affinity::AnyCore)?;
    measured
}

fn measure(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let request = RequestTemplate::verify().with_user_header(deployment.population())?;
    let affinity = context.server_affinity(Placement::SeparateCores);
    let row = deployment.start_settled_verify_service(affinity, &[("RECORD_CACHE_MIB", "0")])?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &row, &request)?;
    let users = deployment.write_users("redis-users", &deployment.population().sample(USERS))?;
    let captured = context.http.capture(&row, &request, &users.example)?;
    let mut redis = deployment.redis_probe()?;
    let floor = FloorKind::RedisGet {
        redis_url: deployment.redis_url().to_owned(),
        key_prefix: redis.record_key_prefix()?,
    };
    let floor = floor.start(&captured, affinity, context.folder())?;

    let row_job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
    let floor_job = row_job.for_floor();
    let floor = Workload { server: &floor, job: &floor_job };
    let row = Workload { server: &row, job: &row_job };
    context.warm_up_all_users(&row, 1)?;
    check_redis_is_read(context, &mut redis, &row)?;
    context.warm_up(&floor, Placement::SeparateCores)?;
    let rounds = context.compare_throughput(&floor, &row, Placement::SeparateCores)?;
    revocation.verify_refused(&context.http, row.server)?;
    let measured = MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.8));
    Ok(measured.with_note("RECORD_CACHE_MIB=0; Redis shares the core of the load generator"))
}

/// Returns an error unless Redis is read for each response.
fn check_redis_is_read(context: &Context, redis: &mut RedisProbe, row: &Workload) -> Result<()> {
    let reads_before = redis.calls("get")?;
    let load = context.load(Placement::SeparateCores, 1);
    let responses = context.wrk.run(row.server, row.job, load)?.answered;
    if redis.calls("get")? - reads_before < responses {
        return Err(MeasurementError::not_measured(
            "RECORD_CACHE_MIB=0 has no effect: Redis was not read for each response",
        ));
    }
    Ok(())
}
