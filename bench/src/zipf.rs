//! Zipf distribution: a few users send most of the requests.

/// Pseudo-random number generator that returns the same numbers in every run.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 (inclusive) to 1 (exclusive).
    #[expect(clippy::cast_precision_loss, reason = "a float holds 53 bits exactly")]
    fn next_fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Draws `draws` ranks from 1 to `ranks`. Rank k has a weight of 1/k.
pub(crate) fn draw_ranks(ranks: u32, draws: u32, seed: u64) -> Vec<usize> {
    let mut total_weight = 0.0;
    let cumulative_weights: Vec<f64> = (1..=ranks)
        .map(|rank| {
            total_weight += 1.0 / f64::from(rank);
            total_weight
        })
        .collect();
    let mut generator = SplitMix64(seed);
    (0..draws)
        .map(|_| {
            let drawn = generator.next_fraction() * total_weight;
            cumulative_weights.partition_point(|weight| *weight <= drawn) + 1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_one_is_drawn_twice_as_often_as_rank_two() {
        let drawn = draw_ranks(1000, 100_000, 1);

        let count = |wanted| drawn.iter().filter(|rank| **rank == wanted).count();
        let first = count(1);
        let second = count(2);
        assert!(first * 10 > second * 18 && first * 10 < second * 22, "{first} {second}");
        assert!(drawn.iter().all(|rank| (1..=1000).contains(rank)));
    }

    #[test]
    fn same_seed_draws_the_same_ranks() {
        assert_eq!(draw_ranks(1000, 100, 1), draw_ranks(1000, 100, 1));
    }
}
