use std::time::Instant;

use tests::Deployment;

use crate::MEASURING;

#[test]
fn one_process_starts_in_under_a_second() {
    let _measuring = MEASURING.blocking_lock();

    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let started = Instant::now();
            let deployment = Deployment::builder().one_process().start();
            let time = started.elapsed();
            drop(deployment);
            time
        })
        .collect();

    times.sort_unstable();
    println!("from the start until all three ports answer, with an empty data folder: {times:?}");
    assert!(times[2].as_secs_f64() < 1.0, "{times:?}");
}
