//! The effect of the number of users in the database.

use crate::{
    affinity::Affinity,
    context::{Context, Placement, Workload},
    deployment::{LARGE_TOKEN_CACHE, SeededDeployment},
    error::Result,
    expected_response::ExpectedResponse,
    job::Job,
    measured_row::{MeasuredRow, Target},
    output,
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    server::ServerProcess,
};

/// Number of users in the database of the floor.
const FEW_USERS: u32 = 1000;

/// Number of users in the database of the row.
const MANY_USERS: u32 = 1_000_000;

/// A deployment without Redis, in which verify-service queries the database for each check.
struct UncachedDeployment {
    /// Keeps the files of the deployment.
    _deployment: SeededDeployment,
    server: ServerProcess,
    job: Job,
    revocation: RevocationCheck,
}

impl UncachedDeployment {
    /// Creates a database with `users` users, of whom `active_users` send requests.
    fn start(context: &Context, users: u32, active_users: u32) -> Result<Self> {
        output::progress(format_args!("creating a database with {users} users"));
        let deployment = SeededDeployment::without_redis(context.http.clone(), users)?;
        let request = RequestTemplate::verify();
        let server = deployment.start_settled_verify_service(Affinity::AnyCore, &[LARGE_TOKEN_CACHE])?;
        let revocation = RevocationCheck::start(&context.http, &deployment, &server, &request)?;
        let users = deployment.write_users("active-users", &deployment.population().sample(active_users))?;
        let captured = context.http.capture(&server, &request, &users.example)?;
        let job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
        Ok(Self { _deployment: deployment, server, job, revocation })
    }

    fn workload(&self) -> Workload<'_> {
        Workload { server: &self.server, job: &self.job }
    }
}

/// Lookups with 1,000,000 users in the database, compared with 1,000.
pub(crate) fn measure_lookups(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let few = UncachedDeployment::start(context, FEW_USERS, FEW_USERS)?;
    let many = UncachedDeployment::start(context, MANY_USERS, context.plan.active_users_of_a_million)?;
    context.warm_up_all_users(&few.workload(), 1)?;
    context.warm_up_all_users(&many.workload(), 1)?;
    let rounds = context.compare_throughput(&few.workload(), &many.workload(), Placement::Unpinned)?;
    few.revocation.verify_refused(&context.http, &few.server)?;
    many.revocation.verify_refused(&context.http, &many.server)?;
    let measured = MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.9));
    let active_users = many.job.users.count;
    Ok(measured.with_note(format!(
        "REDIS_URL=memory:; {active_users} users take turns; the floor has {FEW_USERS} users"
    )))
}
