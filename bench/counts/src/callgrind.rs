//! A program that runs under callgrind.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::{profile::Profile, program::Program};

/// The thread that runs the services' background tasks: timers, the watermark, the accept loop. Its work depends on
/// time, not on requests, so it is not counted. Requests are handled by other threads.
const MAIN_THREAD: u32 = 1;

/// A function of SQLite that every query calls.
const DATABASE_FUNCTION: &str = "sqlite3_step";

/// How long the service is observed without requests: several rounds of its background tasks.
const IDLE_TIME: Duration = Duration::from_secs(3);

/// Makes AWS-LC ignore the CPU's random number generator (bit 62 of its capabilities), which not every CPU has.
/// Valgrind hides most other differences between CPUs.
const AWS_LC_CAPABILITIES: (&str, &str) = ("OPENSSL_ia32cap", "~0x4000000000000000");

/// A program under callgrind.
pub(crate) struct Callgrind {
    program: Program,
    folder: PathBuf,
    dumps: u32,
    /// The threads that are not counted.
    background: BTreeSet<u32>,
}

impl Callgrind {
    /// Starts a program, without counting yet. It runs on one core, so that every machine starts the same threads.
    pub(crate) fn start(command: &[String], folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let output = folder.join("out");
        let valgrind = [
            "taskset",
            "--cpu-list",
            &first_allowed_cpu()?,
            "valgrind",
            "--tool=callgrind",
            "--instr-atstart=no",
            "--separate-threads=yes",
            "--dump-line=no",
            &format!("--callgrind-out-file={}", output.display()),
        ];
        let mut line: Vec<String> = valgrind.iter().map(ToString::to_string).collect();
        line.extend(command.iter().cloned());
        let (name, value) = AWS_LC_CAPABILITIES;
        let program = Program::start(&line, &[(name, value.to_owned())], folder.join("log"))?;
        Ok(Self { program, folder: folder.to_owned(), dumps: 0, background: BTreeSet::from([MAIN_THREAD]) })
    }

    /// The output so far.
    pub(crate) fn log(&self) -> String {
        self.program.log()
    }

    /// Starts counting.
    pub(crate) fn start_counting(&self) -> anyhow::Result<()> {
        self.monitor("instrumentation on")
    }

    /// Discards what was counted so far.
    pub(crate) fn discard_profile(&self) -> anyhow::Result<()> {
        self.monitor("zero")
    }

    /// Finds the threads that query the database while no request is served, for example to deliver notifications.
    /// They belong to the main thread's runtime and do not serve requests.
    pub(crate) fn find_background_threads(&mut self) -> anyhow::Result<()> {
        self.discard_profile()?;
        sleep(IDLE_TIME);
        for (thread, profile) in self.take_profiles()? {
            if profile.functions.contains_key(DATABASE_FUNCTION) {
                self.background.insert(thread);
            }
        }
        Ok(())
    }

    /// What was executed for requests since counting started or since the last profile was taken.
    pub(crate) fn take_profile(&mut self) -> anyhow::Result<Profile> {
        let mut sum = Profile::default();
        for (thread, profile) in self.take_profiles()? {
            if !self.background.contains(&thread) {
                sum.add(profile);
            }
        }
        Ok(sum)
    }

    /// What each thread executed.
    fn take_profiles(&mut self) -> anyhow::Result<Vec<(u32, Profile)>> {
        self.monitor("dump")?;
        self.dumps += 1;
        let prefix = format!("out.{}-", self.dumps);
        let mut profiles = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(thread) = name.strip_prefix(&prefix) else { continue };
            let profile = Profile::parse(&fs::read_to_string(&path)?).with_context(|| name.to_owned())?;
            profiles.push((thread.parse()?, profile));
            fs::remove_file(&path)?;
        }
        ensure!(!profiles.is_empty(), "callgrind wrote no profile: {}", self.log());
        Ok(profiles)
    }

    /// Sends a command to Valgrind inside the process.
    fn monitor(&self, command: &str) -> anyhow::Result<()> {
        let pid = format!("--pid={}", self.program.pid());
        let output = Command::new("vgdb").arg(pid).args(command.split(' ')).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "vgdb {command} failed: {error}\n{}", self.log());
        Ok(())
    }
}

/// The first CPU that this process may run on.
fn first_allowed_cpu() -> anyhow::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let first = list.and_then(|list| list.trim().split([',', '-']).next());
    first.map(str::to_owned).context("/proc/self/status does not list the allowed CPUs")
}
