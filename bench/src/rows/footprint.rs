//! What verify-service takes: memory and time.

use std::time::Instant;

use crate::{
    call::Call,
    context::{Context, Side},
    control::Control,
    failure::Result,
    job::{Expected, Job},
    report::{Measured, Target},
};

/// Memory after the start.
pub(crate) fn memory_idle(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let starts = 0..context.plan.starts.min(3);
    let values = starts.map(|_| deployment.verify_service(None, &[])?.resident_mib());
    let values = values.collect::<Result<Vec<_>>>()?;
    Ok(Measured::alone(name, "MiB", &values, Some(Target::AtMost(15.0))))
}

/// Memory after 100,000 different users have come twice.
pub(crate) fn memory_hot(context: &mut Context, name: &str) -> Result<Measured> {
    let (deployment, call) = (context.deployment()?, Call::verify());
    let verify = deployment.verify_service(None, &[])?;
    let control = Control::revoke(&context.http, &deployment, &verify, &call)?;
    let everybody = deployment.people.sample(deployment.people.count);
    let callers = deployment.callers("everybody", &everybody)?;
    let (hex, token) = &callers.example;
    let captured = context.http.send(&verify.origin(), &call, hex, token)?.successful()?;
    let job = Job::new(&callers, &call, Expected::like(&captured, hex));
    context.let_everybody_come(&Side { server: &verify, job: &job }, callers.count, 2)?;
    let value = verify.resident_mib()?;
    control.check(&context.http, &verify)?;
    let measured = Measured::alone(name, "MiB", &[value], Some(Target::AtMost(96.0)));
    Ok(measured.with_note("with the default sizes of the caches"))
}

/// From the start of the program to the first 200 of `/health/ready`.
pub(crate) fn time_to_ready(context: &mut Context, name: &str) -> Result<Measured> {
    let deployment = context.deployment()?;
    let values = (0..context.plan.starts).map(|_| {
        let started = Instant::now();
        let server = deployment.start_verify_service(None, &[])?;
        let time = started.elapsed().as_secs_f64() * 1000.0;
        drop(server);
        Ok(time)
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    Ok(Measured::alone(name, "ms", &values, Some(Target::AtMost(100.0))))
}
