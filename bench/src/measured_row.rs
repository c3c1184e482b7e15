//! The result of a row.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    rounds::{CpuShares, Round},
    stats::{Spread, median, spread},
};

/// The result of a row. The names of its fields are those in the JSON file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MeasuredRow {
    /// Name of the row.
    pub(crate) row: String,
    /// Unit of `floor` and `value`.
    pub(crate) unit: String,
    /// Median of the floor.
    pub(crate) floor: Option<f64>,
    /// Median of the row itself.
    pub(crate) value: f64,
    /// Median of the ratios of all rounds.
    pub(crate) ratio: Option<f64>,
    /// The same ratio per second of the server's CPU time: an estimate of the ratio with a load generator
    /// that is never the bottleneck.
    pub(crate) ratio_per_cpu: Option<f64>,
    /// Spread of the ratios, or of the values of a row without a floor.
    pub(crate) spread: Spread,
    /// Medians of the CPU shares.
    pub(crate) cpu: Option<CpuShares>,
    pub(crate) target: Option<Target>,
    pub(crate) met: TargetStatus,
    /// Conditions and further results.
    pub(crate) notes: Vec<String>,
    /// For each round, the figures of the floor and the row, or of the row alone.
    pub(crate) rounds: Vec<Vec<f64>>,
}

/// The figure that a row should reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// Whether a row reaches its target. In JSON, this is a Boolean or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetStatus {
    /// The row has no target.
    NoTarget,
    Met,
    Missed,
}

impl Serialize for TargetStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::NoTarget => serializer.serialize_none(),
            Self::Met => serializer.serialize_bool(true),
            Self::Missed => serializer.serialize_bool(false),
        }
    }
}

impl<'de> Deserialize<'de> for TargetStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(deserializer)? {
            None => Self::NoTarget,
            Some(true) => Self::Met,
            Some(false) => Self::Missed,
        })
    }
}

impl TargetStatus {
    fn check(target: Option<Target>, figure: f64) -> Self {
        let is_met = match target {
            None => return Self::NoTarget,
            Some(Target::AtLeast(limit)) => figure >= limit,
            Some(Target::AtMost(limit)) => figure <= limit,
        };
        if is_met { Self::Met } else { Self::Missed }
    }
}

impl MeasuredRow {
    /// Creates the result of a row with a floor. If the target is a lower limit, it applies to the lower of
    /// the two ratios.
    pub(crate) fn with_floor(row: &str, unit: &str, rounds: &[Round], target: Target) -> Self {
        let ratios: Vec<_> = rounds.iter().map(Round::ratio).collect();
        let ratio = median(&ratios);
        let ratios_per_cpu: Vec<_> = rounds.iter().filter_map(Round::ratio_per_cpu).collect();
        let ratio_per_cpu = (!ratios_per_cpu.is_empty()).then(|| median(&ratios_per_cpu));
        let judged_ratio = match target {
            Target::AtLeast(_) => ratio_per_cpu.map_or(ratio, |per_cpu| per_cpu.min(ratio)),
            Target::AtMost(_) => ratio,
        };
        let target = Some(target);
        Self {
            row: row.to_owned(),
            unit: unit.to_owned(),
            floor: Some(median_by(rounds, |round| round.floor.figure)),
            value: median_by(rounds, |round| round.row.figure),
            ratio: Some(ratio),
            ratio_per_cpu,
            spread: spread(&ratios),
            cpu: median_cpu_shares(rounds),
            target,
            met: TargetStatus::check(target, judged_ratio),
            notes: Vec::new(),
            rounds: rounds.iter().map(|round| vec![round.floor.figure, round.row.figure]).collect(),
        }
    }

    /// Creates the result of a row without a floor. The target, if any, applies to the value.
    pub(crate) fn without_floor(row: &str, unit: &str, values: &[f64], target: Option<Target>) -> Self {
        let value = median(values);
        Self {
            row: row.to_owned(),
            unit: unit.to_owned(),
            floor: None,
            value,
            ratio: None,
            ratio_per_cpu: None,
            spread: spread(values),
            cpu: None,
            target,
            met: TargetStatus::check(target, value),
            notes: Vec::new(),
            rounds: values.iter().map(|value| vec![*value]).collect(),
        }
    }

    /// Adds a note.
    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Returns the figure for comparisons of two runs: the ratio, or the value of a row without a floor.
    pub(crate) fn comparable_figure(&self) -> f64 {
        self.ratio.unwrap_or(self.value)
    }
}

fn median_by(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    median(&rounds.iter().map(figure).collect::<Vec<_>>())
}

fn median_cpu_shares(rounds: &[Round]) -> Option<CpuShares> {
    let shares: Vec<_> = rounds.iter().filter_map(Round::cpu_shares).collect();
    if shares.is_empty() {
        return None;
    }
    let floor: Vec<_> = shares.iter().map(|shares| shares.floor).collect();
    let row: Vec<_> = shares.iter().map(|shares| shares.row).collect();
    Some(CpuShares { floor: median(&floor), row: median(&row) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::Measurement;

    #[test]
    fn lower_ratio_decides_if_the_generator_slows_the_floor() {
        let rounds = [Round {
            floor: Measurement { figure: 100.0, cpu_share: Some(0.5) },
            row: Measurement { figure: 95.0, cpu_share: Some(1.0) },
        }];

        let measured = MeasuredRow::with_floor("row", "", &rounds, Target::AtLeast(0.9));

        assert_eq!(measured.ratio, Some(0.95));
        assert_eq!(measured.ratio_per_cpu, Some(0.475));
        assert_eq!(measured.cpu, Some(CpuShares { floor: 0.5, row: 1.0 }));
        assert_eq!(measured.met, TargetStatus::Missed);
    }

    #[test]
    fn json_holds_arrays_and_a_boolean() {
        let rounds = [Round {
            floor: Measurement { figure: 4.0, cpu_share: Some(0.5) },
            row: Measurement { figure: 3.0, cpu_share: Some(1.0) },
        }];

        let json = serde_json::to_value(MeasuredRow::with_floor("row", "", &rounds, Target::AtMost(1.0)));

        let json = json.unwrap();
        assert_eq!(json["spread"], serde_json::json!([0.75, 0.75]));
        assert_eq!(json["cpu"], serde_json::json!([0.5, 1.0]));
        assert_eq!(json["target"], serde_json::json!({ "at_most": 1.0 }));
        assert_eq!(json["met"], serde_json::json!(true));
    }
}
