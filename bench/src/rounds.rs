//! Rounds: the floor and the row take turns, so that disturbances on the machine affect both alike.

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// What one round measured on one side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measurement {
    /// The measured figure, such as responses per second.
    pub(crate) figure: f64,
    /// Share of a core that the measured program used, if known.
    pub(crate) cpu_share: Option<f64>,
}

impl Measurement {
    /// Creates a measurement without CPU time.
    pub(crate) fn without_cpu_share(figure: f64) -> Self {
        Self { figure, cpu_share: None }
    }
}

/// A round of a row that has a floor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) floor: Measurement,
    pub(crate) row: Measurement,
}

/// Shares of a core that the floor and the row used. In JSON, this is an array.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64)", into = "(f64, f64)")]
pub(crate) struct CpuShares {
    pub(crate) floor: f64,
    pub(crate) row: f64,
}

impl From<(f64, f64)> for CpuShares {
    fn from((floor, row): (f64, f64)) -> Self {
        Self { floor, row }
    }
}

impl From<CpuShares> for (f64, f64) {
    fn from(shares: CpuShares) -> Self {
        (shares.floor, shares.row)
    }
}

impl Round {
    /// Ratio of the row's figure to the floor's.
    pub(crate) fn ratio(&self) -> f64 {
        self.row.figure / self.floor.figure
    }

    /// The same ratio per second of CPU time.
    pub(crate) fn ratio_per_cpu(&self) -> Option<f64> {
        let CpuShares { floor, row } = self.cpu_shares()?;
        Some(self.row.figure / row / (self.floor.figure / floor))
    }

    /// CPU shares of both sides, if both are known.
    pub(crate) fn cpu_shares(&self) -> Option<CpuShares> {
        Some(CpuShares { floor: self.floor.cpu_share?, row: self.row.cpu_share? })
    }
}

/// Measures the floor and the row in each round. Every other round starts with the row.
pub(crate) fn interleave(
    rounds: u32,
    mut measure_floor: impl FnMut() -> Result<Measurement>,
    mut measure_row: impl FnMut() -> Result<Measurement>,
) -> Result<Vec<Round>> {
    (0..rounds)
        .map(|round| {
            if round % 2 == 0 {
                let floor = measure_floor()?;
                let row = measure_row()?;
                Ok(Round { floor, row })
            } else {
                let row = measure_row()?;
                let floor = measure_floor()?;
                Ok(Round { floor, row })
            }
        })
        .collect()
}
