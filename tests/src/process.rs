use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// Runs a program and ends it when the input of this script ends: when the test process drops it, fails or is killed.
/// The first line of output is the ID of the program. The folder is removed at the end, unless the input says `keep`.
/// A stopped program is continued, with its children, so that it can end.
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

/// A program that runs until this value is dropped.
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
    /// Environment variables, in addition to those of this process.
    pub settings: &'a [(&'a str, String)],
    /// The signal that ends it cleanly.
    pub signal: &'a str,
    /// The file to which its output is appended.
    pub log: PathBuf,
    /// A folder to remove at the end, after killing every program that has it in its arguments.
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

    /// The process ID.
    pub fn id(&self) -> &str {
        &self.pid
    }

    /// Sends a signal such as `KILL` or `STOP`.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args(["-s", signal, &self.pid]).status().unwrap();
        assert!(status.success(), "process {} has ended", self.pid);
    }

    /// Returns true if the program still runs. A program that has ended remains a zombie until this value is dropped.
    pub fn is_running(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    }

    /// Ends the program without removing its folder, which the next process uses.
    pub(crate) fn end_and_keep_folder(mut self) {
        // If the watcher has ended, nothing is removed.
        let _ = self.end.as_mut().map(|end| end.write_all(b"keep\n"));
    }

    /// What the program has written so far.
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
