//! Rounds: floor and row in turn, so that whatever else the machine does meets both.

use crate::failure::Result;

/// What one round found of one side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// The figure, such as answers a second.
    pub(crate) figure: f64,
    /// How much of a core the server had, where it was bound to one.
    pub(crate) cpu: Option<f64>,
}

impl Sample {
    /// A figure without processor time.
    pub(crate) fn of(figure: f64) -> Self {
        Self { figure, cpu: None }
    }
}

/// A round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) floor: Sample,
    pub(crate) row: Sample,
}

/// Measures both sides in every round; every other round begins with the row.
pub(crate) fn interleave(
    rounds: u32,
    mut floor: impl FnMut() -> Result<Sample>,
    mut row: impl FnMut() -> Result<Sample>,
) -> Result<Vec<Pair>> {
    (0..rounds)
        .map(|round| {
            if round % 2 == 0 {
                let floor = floor()?;
                Ok(Pair { floor, row: row()? })
            } else {
                let row = row()?;
                Ok(Pair { floor: floor()?, row })
            }
        })
        .collect()
}
