//! A page of a small application behind the guard.

use std::fs;

use crate::{
    context::{Context, Placement, Workload},
    deployment::SeededDeployment,
    error::Result,
    expected_response::ExpectedResponse,
    floor,
    job::Job,
    measured_row::{MeasuredRow, Target},
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    seeded_database::DEPLOYMENT_ORIGIN,
    server::ServerProcess,
};

/// `GET /private` with the guard, compared with the same page without it.
pub(crate) fn measure_private_page(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let request = RequestTemplate::private_page();
    // The guard asks this verify-service for records that are not in Redis.
    let verifier =
        deployment.start_settled_verify_service(context.load(Placement::SeparateCores, 1).affinity, &[])?;
    let users = deployment.write_single_user("page-user")?;
    let verified = context.http.capture(&verifier, &RequestTemplate::verify(), &users.example)?;

    let row = start_guarded_page(context, &deployment, &verifier)?;
    let floor = start_open_page(context, &verified.body)?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &row, &request)?;

    let captured = context.http.capture(&floor, &request, &users.example)?;
    let job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
    let floor = Workload { server: &floor, job: &job };
    let row = Workload { server: &row, job: &job };
    context.warm_up(&floor, Placement::SeparateCores)?;
    context.warm_up(&row, Placement::SeparateCores)?;
    let rounds = context.compare_throughput(&floor, &row, Placement::SeparateCores)?;
    revocation.verify_refused(&context.http, row.server)?;
    Ok(MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.9)))
}

fn start_guarded_page(
    context: &Context,
    deployment: &SeededDeployment,
    verifier: &ServerProcess,
) -> Result<ServerProcess> {
    let arguments = [
        "guarded-page",
        "--frontend-origin",
        DEPLOYMENT_ORIGIN,
        "--verify-service",
        &verifier.origin(),
        "--redis-url",
        deployment.redis_url(),
    ];
    let affinity = context.server_affinity(Placement::SeparateCores);
    floor::start_program(&arguments.map(str::to_owned), affinity, context.folder())
}

/// Starts the page without the guard. It always shows the user of this response from verify-service.
fn start_open_page(context: &Context, verify_response: &str) -> Result<ServerProcess> {
    let file = context.folder().join("person.json");
    fs::write(&file, verify_response)?;
    let arguments = ["open-page".to_owned(), "--person".to_owned(), file.display().to_string()];
    let affinity = context.server_affinity(Placement::SeparateCores);
    floor::start_program(&arguments, affinity, context.folder())
}
