//! How far an import is: counts, and a line on standard error.

use std::{
    fmt::Arguments,
    io::{IsTerminal, Write, stderr},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// What has been done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) read: u64,
    pub(super) imported: u64,
    pub(super) known: u64,
    pub(super) refused: u64,
    pub(super) without_password: u64,
}

/// Counts, is looked at, and is told to stop.
pub(super) struct Progress {
    began: Instant,
    /// The file's size, if it is a file.
    size: Option<u64>,
    on_terminal: bool,
    bytes: AtomicU64,
    stopped: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tally: Tally,
    /// Whether the terminal's last line is ours.
    drawn: bool,
}

const BAR: usize = 24;

impl Progress {
    pub(super) fn new(size: Option<u64>) -> Self {
        Self {
            began: Instant::now(),
            size: size.filter(|size| *size > 0),
            on_terminal: stderr().is_terminal(),
            bytes: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// How often it is to be shown.
    pub(super) fn interval(&self) -> Duration {
        if self.on_terminal { Duration::from_millis(200) } else { Duration::from_secs(5) }
    }

    pub(super) fn read_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).tally);
    }

    pub(super) fn tally(&self) -> Tally {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).tally
    }

    /// Asks the reader to end with the row at hand.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// A line that stays.
    pub(super) fn note(&self, text: Arguments<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut state.drawn) { "\r\x1b[K" } else { "" };
        // Nobody may be reading.
        let _ = writeln!(stderr(), "{clear}{text}");
    }

    /// Shows how far it is: on a terminal in the place of the last time.
    pub(super) fn draw(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = line(&state.tally, self.began.elapsed(), self.share());
        if self.on_terminal {
            let _ = write!(stderr(), "\r\x1b[K{text}");
            state.drawn = true;
        } else {
            let _ = writeln!(stderr(), "{text}");
        }
    }

    /// Takes the line off the terminal.
    pub(super) fn finish(&self) {
        if std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).drawn) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }

    /// How much of the file is read, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "it is shown in per cent")]
    fn share(&self) -> Option<f64> {
        self.size.map(|size| (self.bytes.load(Relaxed) as f64 / size as f64).min(1.0))
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shown to people, and never negative"
)]
fn line(tally: &Tally, elapsed: Duration, share: Option<f64>) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let rate = (tally.read as f64 / seconds) as u64;
    let text = format!("{} rows, {} a second", grouped(tally.read), grouped(rate));
    let Some(share) = share.filter(|share| *share > 0.0) else { return text };
    let done = (share * BAR as f64) as usize;
    let bar = format!("[{}{}]", "#".repeat(done), "-".repeat(BAR.saturating_sub(done)));
    let left = Duration::from_secs((seconds * (1.0 - share) / share) as u64);
    let percent = (share * 100.0) as u64;
    format!("{bar} {percent} %, {text}, {} left", humantime::format_duration(left))
}

/// A number with commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    if number < 1000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1000), number % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_fast_and_how_long_still() {
        let tally = Tally { read: 400_000, ..Tally::default() };
        assert_eq!(line(&tally, Duration::from_secs(10), None), "400,000 rows, 40,000 a second");
        assert_eq!(
            line(&tally, Duration::from_secs(10), Some(0.25)),
            "[######------------------] 25 %, 400,000 rows, 40,000 a second, 30s left"
        );
        assert_eq!(grouped(1_002_003), "1,002,003");
    }
}
