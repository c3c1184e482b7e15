//! What a run found, as it is kept in a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    failure::{Failure, Result},
    machine::Machine,
    rounds::Pair,
    stats::{extremes, median},
};

/// A run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// When it began, in seconds since 1970.
    pub(crate) started: i64,
    /// Whether it was a short one, whose figures are rough.
    pub(crate) quick: bool,
    /// Whether the programs were built for speed.
    pub(crate) optimised: bool,
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Measured>,
    pub(crate) failed: Vec<Failed>,
}

/// A row that has a figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) row: String,
    pub(crate) unit: String,
    /// The median of the floor's rounds.
    pub(crate) floor: Option<f64>,
    /// The median of the row's own rounds.
    pub(crate) value: f64,
    /// The median of the rounds' ratios.
    pub(crate) ratio: Option<f64>,
    /// The same per second of the server's processor time: what the ratio would be with a generator
    /// that is never the limit.
    pub(crate) ratio_per_cpu: Option<f64>,
    /// The smallest and the largest of the rounds' ratios, or of their values where there is no floor.
    pub(crate) spread: (f64, f64),
    /// How much of a core floor and row had, at the median.
    pub(crate) cpu: Option<(f64, f64)>,
    pub(crate) target: Option<Target>,
    pub(crate) met: Option<bool>,
    /// What else is to be known.
    pub(crate) notes: Vec<String>,
    /// Every round: floor and row, or the row alone.
    pub(crate) rounds: Vec<Vec<f64>>,
}

/// A row without a figure.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) row: String,
    pub(crate) why: String,
    /// Whether a program answered something wrong.
    pub(crate) wrong_answer: bool,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Target {
    fn is_met_by(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(limit) => figure >= limit,
            Self::AtMost(limit) => figure <= limit,
        }
    }
}

impl Measured {
    /// A row against its floor, round by round. A row that must reach a share of its floor is judged by
    /// the lower of its two ratios.
    pub(crate) fn against_floor(row: &str, unit: &str, pairs: &[Pair], target: Option<Target>) -> Self {
        let column = |of: fn(&Pair) -> f64| pairs.iter().map(of).collect::<Vec<_>>();
        let ratios = column(|pair| pair.row.figure / pair.floor.figure);
        let ratio = median(&ratios);
        let both: Vec<_> = pairs.iter().filter_map(|pair| Some((pair.floor.cpu?, pair.row.cpu?))).collect();
        let cpu = (!both.is_empty()).then(|| {
            let (floor, row): (Vec<_>, Vec<_>) = both.into_iter().unzip();
            (median(&floor), median(&row))
        });
        let per_cpu: Vec<_> = pairs
            .iter()
            .filter_map(|pair| Some(pair.row.figure / pair.row.cpu? / (pair.floor.figure / pair.floor.cpu?)))
            .collect();
        let ratio_per_cpu = (!per_cpu.is_empty()).then(|| median(&per_cpu));
        let judged = match target {
            Some(Target::AtLeast(_)) => ratio_per_cpu.map_or(ratio, |other| other.min(ratio)),
            _ => ratio,
        };
        Self {
            row: row.to_owned(),
            unit: unit.to_owned(),
            floor: Some(median(&column(|pair| pair.floor.figure))),
            value: median(&column(|pair| pair.row.figure)),
            ratio: Some(ratio),
            ratio_per_cpu,
            spread: extremes(&ratios),
            cpu,
            target,
            met: target.map(|target| target.is_met_by(judged)),
            notes: Vec::new(),
            rounds: pairs.iter().map(|pair| vec![pair.floor.figure, pair.row.figure]).collect(),
        }
    }

    /// A row that is held against nothing but its target.
    pub(crate) fn alone(row: &str, unit: &str, values: &[f64], target: Option<Target>) -> Self {
        let value = median(values);
        Self {
            row: row.to_owned(),
            unit: unit.to_owned(),
            floor: None,
            value,
            ratio: None,
            ratio_per_cpu: None,
            spread: extremes(values),
            cpu: None,
            target,
            met: target.map(|target| target.is_met_by(value)),
            notes: Vec::new(),
            rounds: values.iter().map(|value| vec![*value]).collect(),
        }
    }

    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What two runs are compared by: the ratio, or the value of a row that has no floor.
    pub(crate) fn figure(&self) -> f64 {
        self.ratio.unwrap_or(self.value)
    }
}

impl Report {
    /// Reads a file.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let named =
            |error: &dyn std::fmt::Display| Failure::NotMeasured(format!("{}: {error}", file.display()));
        let text = fs::read(file).map_err(|error| named(&error))?;
        serde_json::from_slice(&text).map_err(|error| named(&error))
    }

    /// Writes `file`, or one named after the time in `folder`, and `latest.json` beside it.
    pub(crate) fn write(&self, folder: &Path, file: Option<&Path>) -> Result<PathBuf> {
        let text = serde_json::to_string_pretty(self)?;
        let written = file.map_or_else(|| folder.join(format!("{}.json", self.started)), Path::to_owned);
        if file.is_none() {
            fs::create_dir_all(folder)?;
            fs::write(folder.join("latest.json"), &text)?;
        }
        fs::write(&written, text)?;
        Ok(written)
    }

    /// Whether a program answered something wrong.
    pub(crate) fn has_wrong_answers(&self) -> bool {
        self.failed.iter().any(|failed| failed.wrong_answer)
    }

    /// Whether a target was missed.
    pub(crate) fn has_missed(&self) -> bool {
        self.rows.iter().any(|row| row.met == Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::Sample;

    fn pair(floor: (f64, f64), row: (f64, f64)) -> Pair {
        let sample = |(figure, cpu)| Sample { figure, cpu: Some(cpu) };
        Pair { floor: sample(floor), row: sample(row) }
    }

    #[test]
    fn a_floor_that_the_generator_held_back_does_not_help_the_row() {
        let pairs = [pair((100.0, 0.5), (95.0, 1.0))];
        let measured = Measured::against_floor("row", "", &pairs, Some(Target::AtLeast(0.9)));
        assert_eq!((measured.ratio, measured.ratio_per_cpu), (Some(0.95), Some(0.475)));
        assert_eq!(measured.met, Some(false));
    }

    #[test]
    fn a_report_survives_its_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let rows = vec![Measured::alone("row", "ms", &[3.0, 1.0, 2.0], Some(Target::AtMost(2.0)))];
        let machine = Machine::here();
        let report = Report { started: 7, quick: true, optimised: false, machine, rows, failed: Vec::new() };
        let file = report.write(folder.path(), None).unwrap();
        let read = Report::read(&file).unwrap();
        assert_eq!(read.rows.first().map(|row| (row.value, row.met)), Some((2.0, Some(true))));
        assert!(folder.path().join("latest.json").exists());
    }
}
