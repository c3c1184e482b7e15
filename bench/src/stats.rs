//! Statistics. The quantiles of an empty slice are NaN.

use serde::{Deserialize, Serialize};

/// The smallest and the largest of several values. In JSON, this is an array.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64)", into = "(f64, f64)")]
pub(crate) struct Spread {
    pub(crate) smallest: f64,
    pub(crate) largest: f64,
}

impl From<(f64, f64)> for Spread {
    fn from((smallest, largest): (f64, f64)) -> Self {
        Self { smallest, largest }
    }
}

impl From<Spread> for (f64, f64) {
    fn from(spread: Spread) -> Self {
        (spread.smallest, spread.largest)
    }
}

impl Spread {
    /// Returns true if the two spreads have no value in common.
    pub(crate) fn is_disjoint_from(self, other: Self) -> bool {
        self.largest < other.smallest || other.largest < self.smallest
    }
}

/// Returns the quantile at `share` (0 to 1) by the nearest-rank method.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among a few million values"
    )]
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// Returns the median. For an even number of values, this is the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(below), Some(above)) if sorted.len().is_multiple_of(2) => f64::midpoint(*below, *above),
        (_, middle) => middle.copied().unwrap_or(f64::NAN),
    }
}

/// Returns the smallest and the largest value.
pub(crate) fn spread(values: &[f64]) -> Spread {
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Spread { smallest, largest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_close(value: f64, expected: f64) -> bool {
        (value - expected).abs() < f64::EPSILON
    }

    #[test]
    fn median_is_in_the_middle() {
        assert!(is_close(median(&[3.0, 1.0, 2.0]), 2.0));
        assert!(is_close(median(&[4.0, 1.0, 2.0, 3.0]), 2.5));
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn quantile_has_the_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();

        assert!(is_close(quantile(&hundred, 0.99), 99.0));
        assert!(is_close(quantile(&hundred, 0.5), 50.0));
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn spreads_are_disjoint_if_no_value_is_in_both() {
        let low = spread(&[2.0, 1.0]);

        assert!(low.is_disjoint_from(spread(&[3.0, 4.0])));
        assert!(spread(&[3.0, 4.0]).is_disjoint_from(low));
        assert!(!low.is_disjoint_from(spread(&[2.0, 4.0])));
    }
}
