//! Nobody has asked for the user before: the record comes from the database, and goes to Redis.

use crate::{
    call::Call,
    context::{Context, Placement, Side},
    control::Control,
    deployment::Deployment,
    failure::{Failure, Result},
    floor::Floor,
    job::{Callers, Expected, Job},
    report::{Measured, Target},
    rounds::{Sample, interleave},
    server::Server,
};

/// Whether the tokens' signatures have been checked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tokens {
    New,
    Known,
}

/// People who come before a round, so that the connections stand.
const FIRST: u32 = 500;

/// Room for the tokens of all who come.
const TOKEN_CACHE: (&str, &str) = ("TOKEN_CACHE_MIB", "512");

/// `POST /api/verify` for people who were never seen before.
pub(crate) fn verify(context: &mut Context, name: &str) -> Result<Measured> {
    measure(context, name, Tokens::New)
}

/// The same, with tokens whose signatures were checked before.
pub(crate) fn verify_with_known_tokens(context: &mut Context, name: &str) -> Result<Measured> {
    measure(context, name, Tokens::Known)
}

fn measure(context: &mut Context, name: &str, tokens: Tokens) -> Result<Measured> {
    let deployment = context.deployment()?;
    let call = Call::verify().naming_the_user(&deployment.people)?;
    let everybody = deployment.people.sample(context.plan.strangers + FIRST);
    let (first, strangers) = everybody.split_at(FIRST as usize);
    let (first, strangers) =
        (deployment.callers("first", first)?, deployment.callers("strangers", strangers)?);
    let mut row = deployment.verify_service(None, &[TOKEN_CACHE])?;
    let control = Control::revoke(&context.http, &deployment, &row, &call)?;
    let (hex, token) = &strangers.example;
    let captured = context.http.send(&row.origin(), &call, hex, token)?.successful()?;
    let floor = Floor::UserQuery { database_url: deployment.database_url.clone() };
    let floor = floor.start(&captured, None, context.folder())?;

    let expected = Expected::like(&captured, hex);
    let job = |callers: &Callers| Job::new(callers, &call, expected.clone());
    let floor_job = job(&strangers).expecting(expected.constant());
    let floor_side = Side { server: &floor, job: &floor_job };
    context.throughput(&floor_side, context.load(Placement::Anywhere, 1))?;
    if tokens == Tokens::Known {
        context.let_everybody_come(&Side { server: &row, job: &job(&strangers) }, strangers.count, 1)?;
    }
    let load = context.load(Placement::Anywhere, context.plan.seconds);
    let mut look_ups = LookUps::default();
    let pairs = interleave(
        context.plan.rounds,
        || context.throughput(&floor_side, load),
        || {
            deployment.redis_calls()?.empty()?;
            if tokens == Tokens::New {
                row = deployment.verify_service(None, &[TOKEN_CACHE])?;
            }
            let first = Side { server: &row, job: &job(&first) };
            context.throughput(&first, context.load(Placement::Anywhere, 1))?;
            look_ups.round(context, &deployment, &row, &job(&strangers).once())
        },
    )?;
    control.check(&context.http, &row)?;
    let measured = Measured::against_floor(name, "req/s", &pairs, Some(Target::AtLeast(0.7)));
    let tokens = match tokens {
        Tokens::New => "every token's signature is checked for the first time",
        Tokens::Known => "every token's signature was checked before",
    };
    Ok(measured.with_note(format!("{tokens}; {}", look_ups.check()?)))
}

/// Proof that the answers came from the database: each record was put into Redis afterwards.
#[derive(Default)]
struct LookUps {
    answered: u64,
    fills: u64,
}

impl LookUps {
    fn round(
        &mut self,
        context: &Context,
        deployment: &Deployment,
        row: &Server,
        job: &Job,
    ) -> Result<Sample> {
        let mut redis = deployment.redis_calls()?;
        let before = redis.count("set")?;
        let load = context.load(Placement::Anywhere, context.plan.seconds);
        let outcome = context.wrk.run(row, job, load)?;
        self.fills += redis.count("set")? - before;
        self.answered += outcome.answered;
        Ok(Sample::of(outcome.per_second()))
    }

    #[expect(clippy::cast_precision_loss, reason = "a few million answers")]
    fn check(&self) -> Result<String> {
        let share = self.fills as f64 / self.answered as f64;
        if share < 0.98 {
            return Err(Failure::NotMeasured(format!(
                "only {share:.2} of the records came from the database"
            )));
        }
        Ok(format!("{share:.2} records were put into Redis for each answer"))
    }
}
