//! Reports: the results of a run, as stored in a JSON file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    error::{MeasurementError, Result},
    machine::Machine,
    measured_row::{MeasuredRow, TargetStatus},
};

/// The results of a run. The names of its fields are those in the JSON file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunReport {
    /// Start of the run, in seconds since 1970.
    pub(crate) started: i64,
    /// True for a quick run, whose figures are rough.
    pub(crate) quick: bool,
    /// True if the programs were built with the release profile.
    pub(crate) optimised: bool,
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<MeasuredRow>,
    pub(crate) failed: Vec<FailedRow>,
}

/// A row without a result.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FailedRow {
    /// Name of the row.
    pub(crate) row: String,
    pub(crate) why: String,
    /// True if a program returned a wrong response.
    pub(crate) wrong_answer: bool,
}

impl RunReport {
    /// Reads a report from a file.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let with_file_name = |error: &dyn std::fmt::Display| {
            MeasurementError::not_measured(format_args!("{}: {error}", file.display()))
        };
        let json = fs::read(file).map_err(|error| with_file_name(&error))?;
        serde_json::from_slice(&json).map_err(|error| with_file_name(&error))
    }

    /// Writes the report and returns its file. Without `file`, this writes `<time>.json` and `latest.json` in
    /// `folder`.
    pub(crate) fn write(&self, folder: &Path, file: Option<&Path>) -> Result<PathBuf> {
        let json = serde_json::to_string_pretty(self)?;
        if let Some(file) = file {
            fs::write(file, json)?;
            return Ok(file.to_owned());
        }
        fs::create_dir_all(folder)?;
        fs::write(folder.join("latest.json"), &json)?;
        let file = folder.join(format!("{}.json", self.started));
        fs::write(&file, json)?;
        Ok(file)
    }

    /// Returns true if a program returned a wrong response.
    pub(crate) fn has_wrong_answers(&self) -> bool {
        self.failed.iter().any(|failed| failed.wrong_answer)
    }

    /// Returns true if a row missed its target.
    pub(crate) fn has_missed_targets(&self) -> bool {
        self.rows.iter().any(|row| row.met == TargetStatus::Missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measured_row::Target;

    #[test]
    fn report_is_read_back_from_its_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let row = MeasuredRow::without_floor("row", "ms", &[3.0, 1.0, 2.0], Some(Target::AtMost(2.0)));
        let report = RunReport {
            started: 7,
            quick: true,
            optimised: false,
            machine: Machine::detect(),
            rows: vec![row],
            failed: Vec::new(),
        };

        let file = report.write(folder.path(), None).unwrap();
        let read = RunReport::read(&file).unwrap();

        assert_eq!(file, folder.path().join("7.json"));
        assert!(folder.path().join("latest.json").exists());
        assert!((read.rows[0].value - 2.0).abs() < f64::EPSILON);
        assert_eq!(read.rows[0].met, TargetStatus::Met);
    }
}
