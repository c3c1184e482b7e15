//! Who comes how often: few come all the time, many hardly ever.

/// A generator of numbers that look random and are the same in every run (`SplitMix64`).
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float keeps")]
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `draws` of the ranks 1 to `ranks`, rank k with a weight of 1/k.
pub(crate) fn draw(ranks: u32, draws: u32, seed: u64) -> Vec<usize> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=ranks)
        .map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        })
        .collect();
    let mut generator = Generator(seed);
    (0..draws)
        .map(|_| {
            let wanted = generator.fraction() * sum;
            sums.partition_point(|reached| *reached <= wanted) + 1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_comes_twice_as_often_as_the_second_and_nobody_else_comes() {
        let drawn = draw(1000, 100_000, 1);
        assert_eq!(drawn, draw(1000, 100_000, 1));
        assert!(drawn.iter().all(|rank| (1..=1000).contains(rank)));
        let count = |wanted| drawn.iter().filter(|rank| **rank == wanted).count();
        let (first, second) = (count(1), count(2));
        assert!(first * 10 > second * 18 && first * 10 < second * 22, "{first} {second}");
    }
}
