use std::{fmt, time::Duration};

use tests::PseudoRandom;

/// The probability with which two samples of the same distribution are called different.
const SIGNIFICANCE: f64 = 0.01;

/// How far apart the medians may be, as a fraction of the spread. The medians of two samples of a thousand differ by
/// 0.04 if the values are normally distributed, and by more if there is a gap around the median.
const MAX_MEDIAN_DISTANCE: f64 = 0.25;

/// The sorted response times of one kind of request.
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// A percentile in milliseconds.
    fn at(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1000.0
    }

    /// The interquartile range in milliseconds.
    fn spread(&self) -> f64 {
        self.at(75) - self.at(25)
    }

    /// The fraction of values up to this one.
    fn fraction_up_to(&self, time: Duration) -> f64 {
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

/// A comparison of two samples.
///
/// Response times have no known distribution: queues give them two peaks, and a busy machine a long tail. The
/// two-sample Kolmogorov-Smirnov test needs no known distribution and detects any difference: a shift, a wider spread,
/// a tail. It only requires that each kind of request can meet every state of the machine, which the random order
/// ensures. The medians express a difference in milliseconds.
pub(crate) struct Comparison {
    /// The largest distance between the two cumulative distributions.
    gap: f64,
    /// The probability of such a gap, or a larger one, between samples of the same distribution.
    probability: f64,
    /// The distance between the medians as a fraction of the spread.
    median_distance: f64,
}

impl Comparison {
    pub(crate) fn new(one: &Sample, other: &Sample) -> Self {
        let times = one.0.iter().chain(&other.0);
        let gaps = times.map(|time| (one.fraction_up_to(*time) - other.fraction_up_to(*time)).abs());
        let gap = gaps.fold(0.0, f64::max);
        let n = number(one.0.len());
        let m = number(other.0.len());
        let root = (n * m / (n + m)).sqrt();
        Self {
            gap,
            probability: kolmogorov((root + 0.12 + 0.11 / root) * gap),
            median_distance: (one.at(50) - other.at(50)).abs() / one.spread().max(other.spread()),
        }
    }

    /// Returns true if an attacker can distinguish the two.
    pub(crate) fn is_distinguishable(&self) -> bool {
        self.probability < SIGNIFICANCE || self.median_distance > MAX_MEDIAN_DISTANCE
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gap, probability, median_distance } = self;
        write!(
            f,
            "largest gap {gap:.3} (probability {probability:.3}), medians {median_distance:.3} of the spread apart"
        )
    }
}

/// The Kolmogorov distribution, for an argument with Stephens' correction for finite samples.
fn kolmogorov(x: f64) -> f64 {
    // Here the series converges slowly, and its value is 1 to nine decimal places.
    if x < 0.3 {
        return 1.0;
    }
    let terms = (1..=100).map(|k| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(k).powi(2) * x * x).exp()
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

/// A thousand response times with two peaks and a tail, as on a busy server, each longer by `shift`
/// microseconds.
fn busy_server(random: &PseudoRandom, shift: u64) -> Sample {
    let time = |_| {
        let peak = if random.below(3) == 0 { 110_000 } else { 62_000 };
        let noise = random.below(4000) + random.below(4000);
        let tail = random.below(20) / 19 * random.below(50_000);
        Duration::from_micros(u64::try_from(peak + noise + tail).unwrap() + shift)
    };
    Sample::new((0..1000).map(time).collect())
}

#[test]
fn a_shift_of_a_millisecond_is_distinguishable() {
    let random = PseudoRandom::new(1);
    let count_distinguishable = |shift: u64| {
        (0..200)
            .map(|_| Comparison::new(&busy_server(&random, 0), &busy_server(&random, shift)))
            .filter(Comparison::is_distinguishable)
            .count()
    };

    assert!(count_distinguishable(0) <= 8, "about 2 in 200 by chance");
    assert_eq!(count_distinguishable(1000), 200, "one millisecond in sixty");
}

#[test]
fn probabilities_match_the_tables() {
    for (x, expected) in [(1.22, 0.10), (1.36, 0.05), (1.63, 0.01), (1.95, 0.001)] {
        let probability = kolmogorov(x);
        assert!((probability - expected).abs() < expected / 20.0, "{x}: {probability}");
    }
}
