//! What the rows share: how long to measure, the load generator, and a deployment with people in it.

use std::{path::Path, rc::Rc};

use tempfile::TempDir;

use crate::{
    deployment::Deployment,
    failure::Result,
    http::Http,
    job::Job,
    machine::{Core, Machine},
    output,
    rounds::Sample,
    server::Server,
    wrk::{Load, Wrk},
};

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Rounds of a row against its floor.
    pub(crate) rounds: u32,
    /// Seconds of each side in a round.
    pub(crate) seconds: u32,
    /// The same where a second holds few answers: logins.
    pub(crate) slow_rounds: u32,
    pub(crate) slow_seconds: u32,
    /// How many people ask in rows where each may come but once.
    pub(crate) strangers: u32,
    /// How many of a million people ask.
    pub(crate) of_a_million: u32,
    /// How many accounts are imported.
    pub(crate) imported: u32,
    /// How often verify-service is started.
    pub(crate) starts: u32,
}

impl Plan {
    /// For figures that count.
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        seconds: 3,
        slow_rounds: 3,
        slow_seconds: 10,
        strangers: 100_000,
        of_a_million: 50_000,
        imported: 1_000_000,
        starts: 10,
    };

    /// To see that everything works.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        seconds: 1,
        slow_rounds: 2,
        slow_seconds: 4,
        strangers: 30_000,
        of_a_million: 20_000,
        imported: 200_000,
        starts: 3,
    };
}

/// How many people the deployment has that most rows share.
pub(crate) const PEOPLE: u32 = 100_000;

/// Requests under way at once, where nothing else is said.
pub(crate) const CONNECTIONS: u32 = 32;

/// What the rows share.
pub(crate) struct Context {
    pub(crate) plan: Plan,
    pub(crate) machine: Machine,
    pub(crate) http: Rc<Http>,
    pub(crate) wrk: Wrk,
    folder: TempDir,
    deployment: Option<Rc<Deployment>>,
}

/// One side of a comparison: who is asked, and what.
pub(crate) struct Side<'a> {
    pub(crate) server: &'a Server,
    pub(crate) job: &'a Job,
}

/// Whether programs are bound to cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// The server on one core, the generator on another: the server is what is measured.
    Apart,
    /// Wherever the system puts them: what is measured is the work of all of them.
    Anywhere,
}

impl Context {
    pub(crate) fn new(plan: Plan, machine: Machine) -> Result<Self> {
        let folder = TempDir::new()?;
        let (http, wrk) = (Rc::new(Http::new()?), Wrk::new(folder.path())?);
        Ok(Self { plan, machine, http, wrk, folder, deployment: None })
    }

    /// Where files go.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The deployment that rows share, made when it is first asked for.
    pub(crate) fn deployment(&mut self) -> Result<Rc<Deployment>> {
        if let Some(deployment) = &self.deployment {
            return Ok(deployment.clone());
        }
        output::progress(format_args!("making a deployment with {PEOPLE} people"));
        let deployment = Rc::new(Deployment::with_redis(self.http.clone(), PEOPLE)?);
        self.deployment = Some(deployment.clone());
        Ok(deployment)
    }

    pub(crate) fn server_core(&self, placement: Placement) -> Core {
        self.machine.server_core().filter(|_| placement == Placement::Apart)
    }

    pub(crate) fn load(&self, placement: Placement, seconds: u32) -> Load {
        let core = self.machine.generator_core().filter(|_| placement == Placement::Apart);
        Load { connections: CONNECTIONS, seconds, core }
    }

    /// Answers a second, and the server's share of its core.
    pub(crate) fn throughput(&self, side: &Side, load: Load) -> Result<Sample> {
        let before = side.server.cpu_seconds()?;
        let outcome = self.wrk.run(side.server, side.job, load)?;
        let spent = side.server.cpu_seconds()? - before;
        let cpu = load.core.map(|_| spent / outcome.seconds());
        Ok(Sample { figure: outcome.per_second(), cpu })
    }

    /// Lets everybody in `job` come at least `times` times.
    pub(crate) fn let_everybody_come(&self, side: &Side, callers: usize, times: u64) -> Result<()> {
        let wanted = u64::try_from(callers).unwrap_or(u64::MAX).saturating_mul(times);
        let mut job = side.job.clone();
        job.once = false;
        while job.start < wanted {
            let load = self.load(Placement::Anywhere, self.plan.seconds.max(2));
            job.start += self.wrk.run(side.server, &job, load)?.answered;
        }
        Ok(())
    }
}
