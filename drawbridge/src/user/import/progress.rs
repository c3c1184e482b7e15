use std::{
    fmt::Arguments,
    io::{IsTerminal, Write, stderr},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

const PROGRESS_BAR_WIDTH: usize = 24;
const PROGRESS_REDRAW_INTERVAL: Duration = Duration::from_millis(200);
const PROGRESS_LOG_INTERVAL: Duration = Duration::from_secs(5);

/// The row counts so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ImportTally {
    pub(super) read: u64,
    pub(super) imported: u64,
    /// Rows whose address already has an account.
    pub(super) existing: u64,
    pub(super) invalid: u64,
    /// Valid rows without a password hash.
    pub(super) without_password: u64,
}

/// The progress of an import, shared by its threads and shown on standard error.
pub(super) struct ImportProgress {
    started: Instant,
    /// The size of the input, if it is a regular file.
    size_bytes: Option<u64>,
    is_terminal: bool,
    read_bytes: AtomicU64,
    is_stopped: AtomicBool,
    state: Mutex<ProgressState>,
}

#[derive(Default)]
struct ProgressState {
    tally: ImportTally,
    /// Whether the last line of the terminal shows the progress.
    is_drawn: bool,
}

impl ImportProgress {
    pub(super) fn new(size_bytes: Option<u64>) -> Self {
        Self {
            started: Instant::now(),
            size_bytes: size_bytes.filter(|bytes| *bytes > 0),
            is_terminal: stderr().is_terminal(),
            read_bytes: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// How often to call [`ImportProgress::draw`].
    pub(super) fn interval(&self) -> Duration {
        if self.is_terminal { PROGRESS_REDRAW_INTERVAL } else { PROGRESS_LOG_INTERVAL }
    }

    pub(super) fn add_read_bytes(&self, bytes: u64) {
        self.read_bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn count_valid(&self, has_password: bool) {
        let tally = &mut self.state().tally;
        tally.read += 1;
        tally.without_password += u64::from(!has_password);
    }

    pub(super) fn count_invalid(&self) {
        let tally = &mut self.state().tally;
        tally.read += 1;
        tally.invalid += 1;
    }

    pub(super) fn count_imported(&self, accounts: usize) {
        self.state().tally.imported += saturating_u64(accounts);
    }

    pub(super) fn count_existing(&self, accounts: usize) {
        self.state().tally.existing += saturating_u64(accounts);
    }

    pub(super) fn tally(&self) -> ImportTally {
        self.state().tally
    }

    /// Asks the reader to stop after the current row.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed)
    }

    /// Prints a line that stays above the progress.
    pub(super) fn print_note(&self, text: Arguments<'_>) {
        let mut state = self.state();
        let clear = if std::mem::take(&mut state.is_drawn) { "\r\x1b[K" } else { "" };
        // Standard error may be closed.
        let _ = writeln!(stderr(), "{clear}{text}");
    }

    /// Prints a line with the progress. On a terminal, this line replaces the previous progress line.
    pub(super) fn draw(&self) {
        let mut state = self.state();
        let text = progress_line(&state.tally, self.started.elapsed(), self.read_share());
        if self.is_terminal {
            let _ = write!(stderr(), "\r\x1b[K{text}");
            state.is_drawn = true;
        } else {
            let _ = writeln!(stderr(), "{text}");
        }
    }

    /// Removes the progress line from the terminal.
    pub(super) fn clear(&self) {
        if std::mem::take(&mut self.state().is_drawn) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }

    fn state(&self) -> MutexGuard<'_, ProgressState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The share of the file that has been read, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "it is shown as a percentage")]
    fn read_share(&self) -> Option<f64> {
        self.size_bytes.map(|size| (self.read_bytes.load(Relaxed) as f64 / size as f64).min(1.0))
    }
}

fn saturating_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the numbers are for people, and never negative"
)]
fn progress_line(tally: &ImportTally, elapsed: Duration, share: Option<f64>) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let rows = with_thousands_separators(tally.read);
    let rate = with_thousands_separators((tally.read as f64 / seconds) as u64);
    let text = format!("{rows} rows, {rate} per second");
    let Some(share) = share.filter(|share| *share > 0.0) else { return text };
    let filled = (share * PROGRESS_BAR_WIDTH as f64) as usize;
    let bar = format!("[{}{}]", "#".repeat(filled), "-".repeat(PROGRESS_BAR_WIDTH.saturating_sub(filled)));
    let remaining = Duration::from_secs((seconds * (1.0 - share) / share) as u64);
    let percent = (share * 100.0) as u64;
    format!("{bar} {percent}%, {text}, {} left", humantime::format_duration(remaining))
}

/// Formats a number with commas, such as `1,204`.
pub(super) fn with_thousands_separators(number: u64) -> String {
    if number < 1000 {
        return number.to_string();
    }
    format!("{},{:03}", with_thousands_separators(number / 1000), number % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_shows_speed_and_remaining_time() {
        let tally = ImportTally { read: 400_000, ..ImportTally::default() };
        let elapsed = Duration::from_secs(10);

        let without_size = progress_line(&tally, elapsed, None);
        let with_size = progress_line(&tally, elapsed, Some(0.25));

        assert_eq!(without_size, "400,000 rows, 40,000 per second");
        assert_eq!(with_size, "[######------------------] 25%, 400,000 rows, 40,000 per second, 30s left");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(with_thousands_separators(7), "7");
        assert_eq!(with_thousands_separators(1_002_003), "1,002,003");
    }
}
