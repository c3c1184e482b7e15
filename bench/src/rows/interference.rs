//! Latency of verification while logins use all CPU time.

use std::{thread, time::Duration};

use super::logins;
use crate::{
    affinity::Affinity,
    context::{Context, Placement},
    error::Result,
    h2load::{ConstantRate, LatencyProbe},
    measured_row::{MeasuredRow, Target},
    request_template::RequestTemplate,
    revocation_check::RevocationCheck,
    rounds::{Measurement, interleave},
    wrk::Load,
};

/// Number of logins in flight: more than there are cores, fewer than the queue holds.
const LOGIN_CONNECTIONS: u32 = 16;

/// Rate of verifications: a few percent of the capacity.
const VERIFICATIONS_PER_SECOND: u32 = 500;

/// Number of connections for verifications.
const VERIFY_CONNECTIONS: u32 = 5;

/// How long logins run before and after the measurement, in seconds.
const LOGIN_MARGIN_SECONDS: u32 = 1;

/// How much longer a round is than in other rows, in seconds, because the rate is low.
const ADDITIONAL_ROUND_SECONDS: u32 = 2;

/// `POST /api/verify`: 99th percentile while logins saturate auth-service, compared with an idle machine.
pub(crate) fn measure_verify_p99(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let deployment = context.deployment()?;
    let request = RequestTemplate::verify();
    let login_job = logins::login_job(context, &deployment)?;
    let verifier = deployment.start_settled_verify_service(Affinity::AnyCore, &[])?;
    let revocation = RevocationCheck::start(&context.http, &deployment, &verifier, &request)?;
    let users = deployment.write_single_user("steady-user")?;
    let captured = context.http.capture(&verifier, &request, &users.example)?;

    let seconds = context.plan.round_seconds + ADDITIONAL_ROUND_SECONDS;
    let probe = LatencyProbe {
        request: &request,
        user: &users.example,
        expected: &captured,
        rate: ConstantRate {
            connections: VERIFY_CONNECTIONS,
            per_second: VERIFICATIONS_PER_SECOND,
            seconds,
            affinity: Affinity::AnyCore,
        },
        log_folder: context.folder(),
    };
    let measure = || probe.p99_micros(&verifier).map(Measurement::without_cpu_share);
    measure()?;

    // h2load takes a second longer, to warm up.
    let login_seconds = seconds + 1 + 2 * LOGIN_MARGIN_SECONDS;
    let login_load = context.load(Placement::Unpinned, login_seconds);
    let login_load = Load { connections: LOGIN_CONNECTIONS, ..login_load };
    let auth_service = deployment.auth_service()?;
    let rounds = interleave(context.plan.slow_rounds, measure, || {
        let logins = context.wrk.start(auth_service, &login_job, login_load)?;
        thread::sleep(Duration::from_secs(LOGIN_MARGIN_SECONDS.into()));
        let measurement = measure();
        logins.finish()?;
        measurement
    })?;
    revocation.verify_refused(&context.http, &verifier)?;
    let measured = MeasuredRow::with_floor(row_name, "µs", &rounds, Target::AtMost(3.0));
    Ok(measured.with_note(format!(
        "at {VERIFICATIONS_PER_SECOND} req/s; {LOGIN_CONNECTIONS} logins in flight; floor: idle machine"
    )))
}
