//! Whether logins, which take all there is of the processor, slow verification down.

use std::{thread, time::Duration};

use super::logins;
use crate::{
    call::Call,
    context::{Context, Placement},
    control::Control,
    failure::Result,
    h2load::{self, Rate},
    report::{Measured, Target},
    rounds::{Sample, interleave},
    wrk::Load,
};

/// Logins under way at once: more than there are cores, fewer than the queue takes.
const LOGINS: u32 = 16;

/// How often verify-service is asked meanwhile: a few percent of what it can carry.
const PER_SECOND: u32 = 500;
const CONNECTIONS: u32 = 5;

/// `POST /api/verify`: the 99th percentile while auth-service is saturated, against an idle machine.
pub(crate) fn verify_p99(context: &mut Context, name: &str) -> Result<Measured> {
    let (deployment, call) = (context.deployment()?, Call::verify());
    let logins = logins::job(context, &deployment)?;
    let verify = deployment.verify_service(None, &[])?;
    let control = Control::revoke(&context.http, &deployment, &verify, &call)?;
    let callers = deployment.callers("steady", &[deployment.people.count / 2])?;
    let (hex, token) = &callers.example;
    let captured = context.http.send(&verify.origin(), &call, hex, token)?.successful()?;

    let seconds = context.plan.seconds + 2;
    let rate = Rate { connections: CONNECTIONS, per_second: PER_SECOND, seconds, core: None };
    let p99 = || h2load::p99(context.folder(), &verify, (&call, hex, token), &captured, rate).map(Sample::of);
    p99()?;
    // A second before, a second of h2load's own to warm up, a second after.
    let load = Load { connections: LOGINS, ..context.load(Placement::Anywhere, seconds + 3) };
    let auth = deployment.auth_service()?;
    let pairs = interleave(context.plan.slow_rounds, p99, || {
        let running = context.wrk.start(auth, &logins, load)?;
        thread::sleep(Duration::from_secs(1));
        let sample = p99();
        running.finish()?;
        sample
    })?;
    control.check(&context.http, &verify)?;
    let measured = Measured::against_floor(name, "µs", &pairs, Some(Target::AtMost(3.0)));
    Ok(measured
        .with_note(format!("at {PER_SECOND} req/s, {LOGINS} logins at once; the floor is the idle machine")))
}
