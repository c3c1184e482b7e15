//! A page of an application behind web-frontend, compared with the same page behind HAProxy.

use crate::{
    context::{Context, DEFAULT_CONNECTIONS, Placement, Workload},
    error::Result,
    h2load::{ConstantRate, LatencyProbe},
    measured_row::{MeasuredRow, Target},
    proxies::ProxiedApplication,
    request_template::RequestTemplate,
    rounds::{Measurement, interleave},
    stats::median,
};

/// Duration of the capacity measurement, in seconds.
const CAPACITY_SECONDS: u32 = 2;

/// Largest accepted addition to the latency of HAProxy, in microseconds.
const MAX_ADDED_MICROS: f64 = 500.0;

/// A page of 1 KiB: throughput.
pub(crate) fn measure_throughput(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let proxied = ProxiedApplication::start(context, Placement::SeparateCores)?;
    let affinity = context.server_affinity(Placement::SeparateCores);
    let haproxy = proxied.start_haproxy(affinity, context.folder())?;
    let job = proxied.page_job(&proxied.capture_page(context)?);
    let floor = Workload { server: &haproxy, job: &job };
    let row = Workload { server: &proxied.web_frontend, job: &job };
    context.warm_up(&floor, Placement::SeparateCores)?;
    context.warm_up(&row, Placement::SeparateCores)?;
    let rounds = context.compare_throughput(&floor, &row, Placement::SeparateCores)?;
    proxied.verify_revoked(context)?;
    Ok(MeasuredRow::with_floor(row_name, "req/s", &rounds, Target::AtLeast(0.5)))
}

/// The same page at half of web-frontend's capacity: how much higher the latency is than behind HAProxy.
pub(crate) fn measure_added_p99(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let proxied = ProxiedApplication::start(context, Placement::SeparateCores)?;
    let affinity = context.server_affinity(Placement::SeparateCores);
    let haproxy = proxied.start_haproxy(affinity, context.folder())?;
    let page = proxied.capture_page(context)?;
    let job = proxied.page_job(&page);
    let row = Workload { server: &proxied.web_frontend, job: &job };
    let load = context.load(Placement::SeparateCores, CAPACITY_SECONDS);
    context.warm_up(&row, Placement::SeparateCores)?;
    let capacity = context.measure_throughput(&row, load)?.figure;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive rate")]
    let per_second = (capacity / 2.0) as u32;
    let connections = DEFAULT_CONNECTIONS / 4;
    let probe = LatencyProbe {
        request: &RequestTemplate::proxied_page(),
        user: &proxied.users.example,
        expected: &page,
        rate: ConstantRate {
            connections,
            per_second,
            seconds: context.plan.round_seconds,
            affinity: load.affinity,
        },
        log_folder: context.folder(),
    };
    let measure = |server| probe.p99_micros(server).map(Measurement::without_cpu_share);
    measure(&haproxy)?;
    measure(&proxied.web_frontend)?;
    let rounds = interleave(context.plan.rounds, || measure(&haproxy), || measure(&proxied.web_frontend))?;
    proxied.verify_revoked(context)?;
    let added: Vec<_> = rounds.iter().map(|round| round.row.figure - round.floor.figure).collect();
    let floor = median(&rounds.iter().map(|round| round.floor.figure).collect::<Vec<_>>());
    let row = median(&rounds.iter().map(|round| round.row.figure).collect::<Vec<_>>());
    let measured = MeasuredRow::without_floor(row_name, "µs", &added, Some(Target::AtMost(MAX_ADDED_MICROS)));
    Ok(measured.with_note(format!(
        "p99 {row:.0} µs, HAProxy {floor:.0} µs, at {per_second} req/s on {connections} connections"
    )))
}
