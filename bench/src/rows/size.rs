//! Whether it matters how many users there are.

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    control::Control,
    deployment::Deployment,
    failure::Result,
    job::{Callers, Expected, Job},
    output,
    report::{Measured, Target},
    rounds::interleave,
    server::Server,
};

const FEW: u32 = 1000;
const MANY: u32 = 1_000_000;

/// Room for the tokens of all who come.
const TOKEN_CACHE: (&str, &str) = ("TOKEN_CACHE_MIB", "512");

/// A deployment whose verify-service has no cache of records, so that each check is a look-up, however
/// often the same people come.
struct Sized {
    _deployment: Deployment,
    verify: Server,
    callers: Callers,
    job: Job,
    control: Control,
}

impl Sized {
    fn start(context: &Context, users: u32, asking: u32) -> Result<Self> {
        output::progress(format_args!("making a database with {users} people"));
        let (deployment, call) = (Deployment::without_redis(context.http.clone(), users)?, Call::verify());
        let verify = deployment.verify_service(None, &[TOKEN_CACHE])?;
        let control = Control::revoke(&context.http, &deployment, &verify, &call)?;
        let callers = deployment.callers("asking", &deployment.people.sample(asking))?;
        let (hex, token) = &callers.example;
        let captured = context.http.send(&verify.origin(), &call, hex, token)?.successful()?;
        let job = Job::new(&callers, &call, Expected::like(&captured, hex));
        Ok(Self { _deployment: deployment, verify, callers, job, control })
    }

    fn side(&self) -> Side<'_> {
        Side { server: &self.verify, job: &self.job }
    }
}

/// The look-up with 1,000,000 users in the database, against the same with 1,000.
pub(crate) fn million_to_thousand(context: &mut Context, name: &str) -> Result<Measured> {
    let few = Sized::start(context, FEW, FEW)?;
    let many = Sized::start(context, MANY, context.plan.of_a_million)?;
    for sized in [&few, &many] {
        context.let_everybody_come(&sized.side(), sized.callers.count, 1)?;
    }
    let load = context.load(Placement::Anywhere, context.plan.seconds);
    let pairs = interleave(
        context.plan.rounds,
        || context.throughput(&few.side(), load),
        || context.throughput(&many.side(), load),
    )?;
    for sized in [&few, &many] {
        sized.control.check(&context.http, &sized.verify)?;
    }
    let measured = Measured::against_floor(name, "req/s", &pairs, Some(Target::AtLeast(0.9)));
    let asking = many.callers.count;
    Ok(measured
        .with_note(format!("REDIS_URL=memory:; {asking} people ask in turn; the floor has 1,000 users")))
}
