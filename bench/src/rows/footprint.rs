//! Memory and start-up time of verify-service.

use std::time::Instant;

use crate::{
    affinity::Affinity,
    context::{Context, Workload},
    error::Result,
    expected_response::ExpectedResponse,
    job::Job,
    measured_row::{MeasuredRow, Target},
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
};

/// Maximum number of starts in the row for idle memory, which hardly varies.
const MAX_STARTS_FOR_MEMORY: u32 = 3;

/// Memory after start-up.
pub(crate) fn measure_idle_memory(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let starts = context.plan.starts.min(MAX_STARTS_FOR_MEMORY);
    let values = (0..starts)
        .map(|_| deployment.start_settled_verify_service(Affinity::AnyCore, &[])?.resident_mib())
        .collect::<Result<Vec<_>>>()?;
    Ok(MeasuredRow::without_floor(row_name, "MiB", &values, Some(Target::AtMost(15.0))))
}

/// Memory after all users of the shared deployment have sent two requests each.
pub(crate) fn measure_memory_with_all_users(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let request = RequestTemplate::verify();
    let server = deployment.start_settled_verify_service(Affinity::AnyCore, &[])?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &server, &request)?;
    let numbers = deployment.population().sample(deployment.population().count);
    let users = deployment.write_users("all-users", &numbers)?;
    let captured = context.http.capture(&server, &request, &users.example)?;
    let job = Job::new(&users, &request, ExpectedResponse::like(&captured, &users.example));
    context.warm_up_all_users(&Workload { server: &server, job: &job }, 2)?;
    let value = server.resident_mib()?;
    revocation.verify_refused(&context.http, &server)?;
    let measured = MeasuredRow::without_floor(row_name, "MiB", &[value], Some(Target::AtMost(96.0)));
    Ok(measured.with_note("with the default cache sizes"))
}

/// Time from the start of the program to the first 200 from `/health/ready`.
pub(crate) fn measure_time_to_ready(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let values = (0..context.plan.starts)
        .map(|_| {
            let started = Instant::now();
            let server = deployment.start_verify_service(Affinity::AnyCore, &[])?;
            let millis = started.elapsed().as_secs_f64() * 1000.0;
            drop(server);
            Ok(millis)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(MeasuredRow::without_floor(row_name, "ms", &values, Some(Target::AtMost(100.0))))
}
