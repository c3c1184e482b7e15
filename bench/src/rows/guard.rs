//! A page behind the guard, in an application of its own.

use std::fs;

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    control::Control,
    deployment::FRONTEND,
    failure::Result,
    job::{Expected, Job},
    report::{Measured, Target},
    rounds::interleave,
    server::Server,
};

/// `GET /private` with the guard against the same page without one.
pub(crate) fn private_page(context: &mut Context, name: &str) -> Result<Measured> {
    let (deployment, call) = (context.deployment()?, Call::private());
    let core = context.server_core(Placement::Apart);
    let generator = context.load(Placement::Apart, 1).core;
    // Asked for what the guard does not find in Redis.
    let verify = deployment.verify_service(generator, &[])?;
    let callers = deployment.callers("page", &[deployment.people.count / 2])?;
    let (hex, token) = &callers.example;
    let person = context.http.send(&verify.origin(), &Call::verify(), hex, token)?.successful()?;
    let file = context.folder().join("person.json");
    fs::write(&file, &person.body)?;

    let guard = |mode: &str| {
        let of = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
        let arguments = [
            vec![mode.to_owned()],
            of("--frontend-origin", FRONTEND).to_vec(),
            of("--verify-service", &verify.origin()).to_vec(),
            of("--redis-url", deployment.redis_url()).to_vec(),
        ];
        arguments.concat()
    };
    let row = Server::start("floor", &guard("guarded-page"), &[], (core, context.folder(), "/health/live"))?;
    let open = ["open-page".to_owned(), "--person".to_owned(), file.display().to_string()];
    let floor = Server::start("floor", &open, &[], (core, context.folder(), "/health/live"))?;
    let control = Control::revoke(&context.http, &deployment, &row, &call)?;

    let captured = context.http.send(&floor.origin(), &call, hex, token)?.successful()?;
    let job = Job::new(&callers, &call, Expected::like(&captured, hex));
    let (floor, row) = (Side { server: &floor, job: &job }, Side { server: &row, job: &job });
    for side in [&floor, &row] {
        context.throughput(side, context.load(Placement::Apart, 1))?;
    }
    let load = context.load(Placement::Apart, context.plan.seconds);
    let pairs = interleave(
        context.plan.rounds,
        || context.throughput(&floor, load),
        || context.throughput(&row, load),
    )?;
    control.check(&context.http, row.server)?;
    Ok(Measured::against_floor(name, "req/s", &pairs, Some(Target::AtLeast(0.9))))
}
