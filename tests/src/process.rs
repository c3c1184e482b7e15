use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// Runs a program, and ends it when its own input ends: that is, when this process drops it, fails
/// or is killed. Tells the program's id first, and cleans up behind it unless it is told `keep` then.
/// A program that was stopped ends as soon as it goes on, and so do its children.
const WATCH: &str = r#"
signal=$1 log=$2 remove=$3; shift 3
"$@" >>"$log" 2>&1 </dev/null &
child=$!
echo "$child"
read -r last
begun=$(pgrep -P "$child")
kill -s "$signal" "$child" 2>/dev/null
kill -s CONT "$child" $(pgrep -P "$child") 2>/dev/null
wait "$child"
if [ -n "$remove" ] && [ "$last" != keep ]; then
  for left in $begun; do kill -s KILL "$left" 2>/dev/null; done
  for left in $(pgrep -f "$remove"); do
    [ "$left" = $$ ] || kill -s KILL "$left" 2>/dev/null
  done
  rm -rf "$remove"
fi
"#;

/// A program that runs until it is dropped.
#[derive(Debug)]
pub struct Process {
    watcher: Child,
    end: Option<ChildStdin>,
    pid: String,
    log: PathBuf,
}

/// How to start a program.
pub struct Start<'a> {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables of its environment, beside those that this process has.
    pub settings: &'a [(&'a str, String)],
    /// The signal that ends it cleanly.
    pub signal: &'a str,
    /// Where its output goes.
    pub log: PathBuf,
    /// A folder to remove afterwards, with every program that still has it in its arguments.
    pub remove: Option<&'a Path>,
}

impl Process {
    /// Starts a program.
    pub fn start(start: Start) -> Self {
        let remove = start.remove.map_or_else(String::new, |path| path.display().to_string());
        let log = start.log.display().to_string();
        let mut watcher = Command::new("sh")
            .args(["-c", WATCH, "sh", start.signal, &log, &remove])
            .args(&start.command)
            .envs(start.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let end = watcher.stdin.take();
        let mut pid = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        Self { watcher, end, pid: pid.trim().to_owned(), log: start.log }
    }

    /// The program's id, as the system counts.
    pub fn id(&self) -> &str {
        &self.pid
    }

    /// Sends a signal such as `KILL` or `STOP`.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args(["-s", signal, &self.pid]).status().unwrap();
        assert!(status.success(), "process {} is gone", self.pid);
    }

    /// Whether the program still runs. One that has ended stays as a zombie until this is dropped.
    pub fn is_running(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    }

    /// Ends the program, and leaves its folder to the next one.
    pub(crate) fn end_and_keep_folder(mut self) {
        // A watcher that is gone has nothing to remove.
        let _ = self.end.as_mut().map(|end| end.write_all(b"keep\n"));
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.watcher.wait();
    }
}
