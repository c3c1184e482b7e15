use std::{fmt, time::Duration};

/// The chance with which two samples of the same are taken for different.
const LEVEL: f64 = 0.01;

/// How far apart the medians may be, in parts of the spread. Those of two samples of a thousand stray by 0.04 if
/// the values are bell-shaped, and by more if there is a gap around the median.
const MEDIANS: f64 = 0.25;

/// How long the answers of one sort took, sorted.
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    fn at(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1000.0
    }

    /// Between which lies the middle half.
    fn spread(&self) -> f64 {
        self.at(75) - self.at(25)
    }

    /// The share of values up to this one.
    fn share_up_to(&self, time: Duration) -> f64 {
        number(self.0.partition_point(|other| *other <= time)) / number(self.0.len())
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "median {:.2} ms, p90 {:.2} ms, spread {:.2} ms", self.at(50), self.at(90), self.spread())
    }
}

/// Two samples beside one another.
///
/// What an answer takes has no shape to rely on: queues make two humps of it, and a busy machine a long tail.
/// So the two-sample test of Kolmogorov and Smirnov, which asks for none, and sees a difference anywhere: a
/// shift, a wider spread, a tail. All it needs is that either sort could have met each moment of the machine,
/// which the order, drawn at random, sees to. The medians say the same to people, in milliseconds.
pub(crate) struct Comparison {
    /// The widest gap between the shares of values up to any time.
    gap: f64,
    /// The chance of such a gap, or a wider one, between samples of the same.
    chance: f64,
    /// Between the medians, in parts of the spread.
    medians: f64,
}

impl Comparison {
    pub(crate) fn of(one: &Sample, other: &Sample) -> Self {
        let times = one.0.iter().chain(&other.0);
        let gaps = times.map(|time| (one.share_up_to(*time) - other.share_up_to(*time)).abs());
        let gap = gaps.fold(0.0, f64::max);
        let (n, m) = (number(one.0.len()), number(other.0.len()));
        let root = (n * m / (n + m)).sqrt();
        let chance = chance((root + 0.12 + 0.11 / root) * gap);
        let medians = (one.at(50) - other.at(50)).abs() / one.spread().max(other.spread());
        Self { gap, chance, medians }
    }

    /// Whether somebody could tell the two apart.
    pub(crate) fn is_told_apart(&self) -> bool {
        self.chance < LEVEL || self.medians > MEDIANS
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gap, chance, medians } = self;
        write!(f, "widest gap {gap:.3} (by chance: {chance:.3}), medians {medians:.3} of the spread apart")
    }
}

/// Kolmogorov's distribution, with Stephens' correction of its argument for samples that are not endless.
fn chance(x: f64) -> f64 {
    // Here the series ends slowly, and is 1 in the first nine places.
    if x < 0.3 {
        return 1.0;
    }
    let terms = (1..=100).map(|k| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(k).powi(2) * x * x).exp()
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

/// Numbers that look drawn, and follow from the first.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// One below `bound` (`SplitMix64`; that it is not quite even among such small numbers does no harm).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or_default()
    }

    /// Puts things in an order that nobody chose.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// A thousand times with two humps and a tail, as a busy server has them, each later by `shift` microseconds.
fn times(draw: &mut Draw, shift: u64) -> Sample {
    let time = |_| {
        let hump = if draw.below(3) == 0 { 110_000 } else { 62_000 };
        let (noise, tail) = (draw.below(4000) + draw.below(4000), draw.below(20) / 19 * draw.below(50_000));
        Duration::from_micros(u64::try_from(hump + noise + tail).unwrap() + shift)
    };
    Sample::new((0..1000).map(time).collect())
}

#[test]
fn the_same_is_not_told_apart_and_a_little_more_is() {
    let draw = &mut Draw(1);
    let told_apart = |draw: &mut Draw, shift: u64| {
        let trials = (0..200)
            .map(|_| Comparison::of(&times(draw, 0), &times(draw, shift)).is_told_apart())
            .filter(|t| *t);
        trials.count()
    };
    assert!(told_apart(draw, 0) <= 8, "about 2 in 200 by chance");
    assert_eq!(told_apart(draw, 1000), 200, "a millisecond in sixty");
}

#[test]
fn chances_are_those_of_the_tables() {
    for (x, expected) in [(1.22, 0.10), (1.36, 0.05), (1.63, 0.01), (1.95, 0.001)] {
        assert!((chance(x) - expected).abs() < expected / 20.0, "{x}: {}", chance(x));
    }
}
