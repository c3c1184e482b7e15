//! Hot rows: the record is in the process, and the token was checked before.

use crate::answer::Answer;
use crate::{
    call::Call,
    context::{CONNECTIONS, Context, Placement, Side},
    control::Control,
    failure::Result,
    floor::Floor,
    h2load::{self, Rate},
    job::{Callers, Expected, Job},
    report::{Measured, Target},
    rounds::{Sample, interleave},
    server::Server,
};

/// Product and floor, both answering one caller.
struct Hot {
    call: Call,
    callers: Callers,
    captured: Answer,
    row: Server,
    floor: Server,
    control: Control,
}

impl Hot {
    fn start(context: &mut Context, call: Call) -> Result<Self> {
        let deployment = context.deployment()?;
        let core = context.server_core(Placement::Apart);
        let row = deployment.verify_service(core, &[])?;
        let callers = deployment.callers("hot", &[deployment.people.count / 2])?;
        let (hex, token) = &callers.example;
        let captured = context.http.send(&row.origin(), &call, hex, token)?.successful()?;
        let control = Control::revoke(&context.http, &deployment, &row, &call)?;
        let floor = Floor::Nothing.start(&captured, core, context.folder())?;
        Ok(Self { call, callers, captured, row, floor, control })
    }

    fn job(&self) -> Job {
        let mut expected = Expected::like(&self.captured, &self.callers.example.0);
        // Here the headers are what the answer says.
        expected.headers = self.captured.headers_from("x-auth-");
        Job::new(&self.callers, &self.call, expected)
    }
}

/// `POST /api/verify`: throughput.
pub(crate) fn verify(context: &mut Context, name: &str) -> Result<Measured> {
    throughput(context, name, Call::verify())
}

/// `GET /auth-request`: throughput.
pub(crate) fn auth_request(context: &mut Context, name: &str) -> Result<Measured> {
    throughput(context, name, Call::auth_request())
}

fn throughput(context: &mut Context, name: &str, call: Call) -> Result<Measured> {
    let hot = Hot::start(context, call)?;
    let job = hot.job();
    let (floor, row) = (Side { server: &hot.floor, job: &job }, Side { server: &hot.row, job: &job });
    let load = context.load(Placement::Apart, context.plan.seconds);
    for side in [&floor, &row] {
        context.throughput(side, context.load(Placement::Apart, 1))?;
    }
    let mut redis = context.deployment()?.redis_calls()?;
    let before = redis.count("get")?;
    let pairs = interleave(
        context.plan.rounds,
        || context.throughput(&floor, load),
        || context.throughput(&row, load),
    )?;
    // The watermark is read five times a second, and nothing else.
    let reads = redis.count("get")? - before;
    hot.control.check(&context.http, &hot.row)?;
    let measured = Measured::against_floor(name, "req/s", &pairs, Some(Target::AtLeast(0.9)));
    Ok(measured.with_note(format!("Redis was read {reads} times, the watermark's readings included")))
}

/// `POST /api/verify`: latency at half of what it can carry.
pub(crate) fn verify_p99(context: &mut Context, name: &str) -> Result<Measured> {
    let hot = Hot::start(context, Call::verify())?;
    let job = hot.job();
    let probe = context.load(Placement::Apart, 2);
    let most = context.throughput(&Side { server: &hot.row, job: &job }, probe)?.figure;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate above zero")]
    let per_second = (most / 2.0) as u32;
    let connections = CONNECTIONS / 4;
    let rate = Rate { connections, per_second, seconds: context.plan.seconds, core: probe.core };
    let (hex, token) = &hot.callers.example;
    let p99 = |server: &Server| {
        let caller = (&hot.call, hex.as_str(), token.as_str());
        h2load::p99(context.folder(), server, caller, &hot.captured, rate).map(Sample::of)
    };
    p99(&hot.floor)?;
    p99(&hot.row)?;
    let pairs = interleave(context.plan.rounds, || p99(&hot.floor), || p99(&hot.row))?;
    hot.control.check(&context.http, &hot.row)?;
    let measured = Measured::against_floor(name, "µs", &pairs, Some(Target::AtMost(1.25)));
    Ok(measured.with_note(format!("at {per_second} req/s over {connections} connections")))
}
