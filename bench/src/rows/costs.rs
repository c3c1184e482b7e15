//! Cost of 1,000 requests, in CPU time of all programs involved. `docs/scaling.md` uses these figures.

use super::{cost_source::CostSource, logins};
use crate::{
    affinity::Affinity,
    context::{Context, Placement, Workload},
    deployment::{PageGuard, SeededDeployment},
    error::Result,
    expected_response::ExpectedResponse,
    job::Job,
    measured_row::MeasuredRow,
    request_template::RequestTemplate,
    seed::SEEDED_HASH_COST,
    server::ServerProcess,
    wrk::Load,
};

/// Number of users in the row with records in Redis.
const REDIS_HIT_USERS: u32 = 10_000;

/// Number of logins in flight.
const LOGIN_CONNECTIONS: u32 = 4;

/// `POST /api/verify`, record in the near cache.
pub(crate) fn measure_verify(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let server = deployment.start_settled_verify_service(Affinity::AnyCore, &[])?;
    let users = deployment.write_single_user("cost-user")?;
    let request = RequestTemplate::verify();
    let captured = context.http.capture(&server, &request, &users.example)?;
    let job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
    let load = context.load(Placement::Unpinned, context.plan.round_seconds);
    let sources = [verify_service(&server), CostSource::Redis(&deployment), CostSource::PostgreSql];
    measure(context, row_name, &Workload { server: &server, job: &job }, load, &sources)
}

/// `POST /api/verify`, record in Redis.
pub(crate) fn measure_verify_redis_hit(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let server = deployment.start_settled_verify_service(Affinity::AnyCore, &[("RECORD_CACHE_MIB", "0")])?;
    let job = verify_job(context, &deployment, &server, REDIS_HIT_USERS)?;
    let workload = Workload { server: &server, job: &job };
    context.warm_up_all_users(&workload, 1)?;
    let load = context.load(Placement::Unpinned, context.plan.round_seconds);
    let sources = [verify_service(&server), CostSource::Redis(&deployment), CostSource::PostgreSql];
    measure(context, row_name, &workload, load, &sources)
}

/// `POST /api/verify`, record in the database. Without Redis and caches, each check queries the database.
pub(crate) fn measure_verify_from_database(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let settings = [("REDIS_URL", "memory:"), ("STALE_MAX", "0s"), ("RECORD_CACHE_MIB", "0")];
    let server = deployment.start_verify_service(Affinity::AnyCore, &settings)?;
    let job = verify_job(context, &deployment, &server, context.plan.one_time_users)?;
    let load = context.load(Placement::Unpinned, context.plan.round_seconds);
    let sources = [verify_service(&server), CostSource::PostgreSql];
    measure(context, row_name, &Workload { server: &server, job: &job }, load, &sources)
}

/// A guarded page of a web-frontend that calls verify-service.
pub(crate) fn measure_page(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    measure_guarded_page(context, row_name, PageGuard::Remote)
}

/// A guarded page of a web-frontend that verifies tokens itself.
pub(crate) fn measure_page_embedded(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    measure_guarded_page(context, row_name, PageGuard::Embedded)
}

/// `POST /api/login`.
pub(crate) fn measure_login(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let job = logins::login_job(context, &deployment)?;
    let server = deployment.auth_service()?;
    let load = context.load(Placement::Unpinned, context.plan.slow_round_seconds);
    let load = Load { connections: LOGIN_CONNECTIONS, ..load };
    let service = CostSource::Service { name: "auth-service", server };
    let sources = [service, CostSource::Redis(&deployment), CostSource::PostgreSql];
    let measured = measure(context, row_name, &Workload { server, job: &job }, load, &sources)?;
    Ok(measured.with_note(format!("at cost {SEEDED_HASH_COST}; each further step doubles it")))
}

fn measure_guarded_page(context: &mut Context, row_name: &str, guard: PageGuard) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let verifier = deployment.start_settled_verify_service(Affinity::AnyCore, &[])?;
    let server = deployment.start_web_frontend(&verifier, guard)?;
    let users = deployment.write_single_user("cost-user")?;
    let mut request = RequestTemplate::private_page();
    let first = context.http.capture(&server, &request, &users.example)?;
    // Send the page session's cookie, as returning visitors do. Without it, each request starts another.
    if let Some(cookie) = first.header("set-cookie").and_then(|cookie| cookie.split(';').next()) {
        request.headers.push(("cookie", cookie.to_owned()));
    }
    let captured = context.http.capture(&server, &request, &users.example)?;
    let job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
    let load = context.load(Placement::Unpinned, context.plan.round_seconds);
    let sources = [
        CostSource::Service { name: "web-frontend", server: &server },
        verify_service(&verifier),
        CostSource::Redis(&deployment),
        CostSource::PostgreSql,
    ];
    measure(context, row_name, &Workload { server: &server, job: &job }, load, &sources)
}

fn verify_service(server: &ServerProcess) -> CostSource<'_> {
    CostSource::Service { name: "verify-service", server }
}

/// Creates a job in which `count` users take turns.
fn verify_job(
    context: &Context,
    deployment: &SeededDeployment,
    server: &ServerProcess,
    count: u32,
) -> Result<Job> {
    let request = RequestTemplate::verify().with_user_header(deployment.population())?;
    let users = deployment.write_users("cost-users", &deployment.population().sample(count))?;
    let captured = context.http.capture(server, &request, &users.example)?;
    Ok(Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example)))
}

/// Measures the CPU milliseconds per 1,000 responses. The first source is the value of the row, the others
/// are in its note.
fn measure(
    context: &Context,
    row_name: &str,
    workload: &Workload,
    load: Load,
    sources: &[CostSource],
) -> Result<MeasuredRow> {
    let cpu_seconds = || sources.iter().map(CostSource::cpu_seconds).collect::<Result<Vec<f64>>>();
    let mut values = Vec::new();
    let mut total_millis = vec![0.0; sources.len()];
    let mut total_thousands = 0.0;
    for _ in 0..context.plan.slow_rounds {
        let before = cpu_seconds()?;
        let summary = context.wrk.run(workload.server, workload.job, load)?;
        let after = cpu_seconds()?;
        let used_millis: Vec<_> =
            after.iter().zip(&before).map(|(after, before)| (after - before) * 1000.0).collect();
        let thousands = summary.per_second() * summary.seconds() / 1000.0;
        values.extend(used_millis.first().map(|used| used / thousands));
        total_millis.iter_mut().zip(&used_millis).for_each(|(total, used)| *total += used);
        total_thousands += thousands;
    }
    let measured = MeasuredRow::without_floor(row_name, "ms/1000", &values, None);
    let others: Vec<_> = sources
        .iter()
        .zip(&total_millis)
        .skip(1)
        .map(|(source, millis)| format!("{} {:.2} ms", source.name(), millis / total_thousands))
        .collect();
    Ok(if others.is_empty() { measured } else { measured.with_note(format!("plus {}", others.join(", "))) })
}
