//! What the rows share: the plan, the load generator and a seeded deployment.

use std::{path::Path, rc::Rc};

use tempfile::TempDir;

use crate::{
    affinity::Affinity,
    deployment::SeededDeployment,
    error::Result,
    http_client::HttpClient,
    job::Job,
    machine::Machine,
    output,
    plan::Plan,
    rounds::{Measurement, Round, interleave},
    server::ServerProcess,
    wrk::{Load, Wrk},
};

/// Number of users in the deployment that most rows share.
pub(crate) const SHARED_DEPLOYMENT_USERS: u32 = 100_000;

/// Number of connections of the load generator, unless a row sets another number.
pub(crate) const DEFAULT_CONNECTIONS: u32 = 32;

/// Duration of a warm-up.
const WARM_UP_SECONDS: u32 = 1;

/// Shortest run in which users are warmed up.
const MIN_USER_WARM_UP_SECONDS: u32 = 2;

/// State that the rows share.
pub(crate) struct Context {
    pub(crate) plan: Plan,
    pub(crate) machine: Machine,
    pub(crate) http: Rc<HttpClient>,
    pub(crate) wrk: Wrk,
    folder: TempDir,
    deployment: Option<Rc<SeededDeployment>>,
}

/// A server and the requests that it receives.
pub(crate) struct Workload<'a> {
    pub(crate) server: &'a ServerProcess,
    pub(crate) job: &'a Job,
}

/// How the programs share the cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// The server has one core and the load generator another, so that the server is the bottleneck.
    SeparateCores,
    /// No program is pinned, because the work of all programs counts.
    Unpinned,
}

impl Context {
    pub(crate) fn new(plan: Plan, machine: Machine) -> Result<Self> {
        let folder = TempDir::new()?;
        let http = Rc::new(HttpClient::new()?);
        let wrk = Wrk::new(folder.path())?;
        Ok(Self { plan, machine, http, wrk, folder, deployment: None })
    }

    /// Folder for the rows' files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the shared deployment. The first call creates it.
    pub(crate) fn deployment(&mut self) -> Result<Rc<SeededDeployment>> {
        if let Some(deployment) = &self.deployment {
            return Ok(deployment.clone());
        }
        output::progress(format_args!("creating a deployment with {SHARED_DEPLOYMENT_USERS} users"));
        let deployment = SeededDeployment::with_redis(self.http.clone(), SHARED_DEPLOYMENT_USERS)?;
        let deployment = Rc::new(deployment);
        self.deployment = Some(deployment.clone());
        Ok(deployment)
    }

    /// Returns the core for the measured server.
    pub(crate) fn server_affinity(&self, placement: Placement) -> Affinity {
        match placement {
            Placement::SeparateCores => self.machine.server_affinity(),
            Placement::Unpinned => Affinity::AnyCore,
        }
    }

    /// Returns a load with the default number of connections.
    pub(crate) fn load(&self, placement: Placement, seconds: u32) -> Load {
        let affinity = match placement {
            Placement::SeparateCores => self.machine.generator_affinity(),
            Placement::Unpinned => Affinity::AnyCore,
        };
        Load { connections: DEFAULT_CONNECTIONS, seconds, affinity }
    }

    /// Measures responses per second and, if the programs are pinned, the server's share of its core.
    pub(crate) fn measure_throughput(&self, workload: &Workload, load: Load) -> Result<Measurement> {
        let cpu_before = workload.server.cpu_seconds()?;
        let summary = self.wrk.run(workload.server, workload.job, load)?;
        let cpu_used = workload.server.cpu_seconds()? - cpu_before;
        let is_pinned = load.affinity != Affinity::AnyCore;
        Ok(Measurement {
            figure: summary.per_second(),
            cpu_share: is_pinned.then(|| cpu_used / summary.seconds()),
        })
    }

    /// Measures the throughput of the floor and of the row in all rounds of the plan.
    pub(crate) fn compare_throughput(
        &self,
        floor: &Workload,
        row: &Workload,
        placement: Placement,
    ) -> Result<Vec<Round>> {
        let load = self.load(placement, self.plan.round_seconds);
        interleave(
            self.plan.rounds,
            || self.measure_throughput(floor, load),
            || self.measure_throughput(row, load),
        )
    }

    /// Sends requests for a short time and checks the responses, but measures nothing.
    pub(crate) fn warm_up(&self, workload: &Workload, placement: Placement) -> Result<()> {
        self.wrk.run(workload.server, workload.job, self.load(placement, WARM_UP_SECONDS))?;
        Ok(())
    }

    /// Lets each user of the job send at least `requests_per_user` requests.
    pub(crate) fn warm_up_all_users(&self, workload: &Workload, requests_per_user: u64) -> Result<()> {
        let users = u64::try_from(workload.job.users.count).unwrap_or(u64::MAX);
        let wanted = users.saturating_mul(requests_per_user);
        let load = self.load(Placement::Unpinned, self.plan.round_seconds.max(MIN_USER_WARM_UP_SECONDS));
        let mut job = workload.job.clone();
        job.once = false;
        while job.skip < wanted {
            job.skip += self.wrk.run(workload.server, &job, load)?.answered;
        }
        Ok(())
    }
}
