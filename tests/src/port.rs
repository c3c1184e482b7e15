use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

static NEXT: AtomicU16 = AtomicU16::new(0);

/// The first port, below the range from which the system assigns ports, so that no other program takes one.
const FIRST: u16 = 18_000;
const COUNT: u16 = 6_000;

/// A block of ports to hand out. The block above it has the internal ports of the same programs.
const BLOCK: u16 = 1_000;

/// A free port. The port 1000 above it is free as well.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// The first of `n` consecutive free ports. The ports 1000 above them are free as well.
pub fn free_ports(n: u16) -> u16 {
    let start = first_place();
    for _ in 0..COUNT {
        let place = (start + NEXT.fetch_add(n, Ordering::Relaxed)) % COUNT;
        let (block, within) = (place / BLOCK, place % BLOCK);
        // Ports from two blocks are not consecutive, and others may have been handed out already.
        if within + n > BLOCK {
            continue;
        }
        let first = FIRST + block * 2 * BLOCK + within;
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (first..first + n).all(|port| is_free(port) && is_free(port + BLOCK)) {
            return first;
        }
    }
    panic!("no {n} consecutive free ports above {FIRST}");
}

/// Where this process starts to look. Processes with consecutive IDs start far from each other (Fibonacci hashing), so
/// that test programs that run at the same time do not choose the same port.
fn first_place() -> u16 {
    let hash = std::process::id().wrapping_mul(0x9e37_79b9);
    u16::try_from((u64::from(hash) * u64::from(COUNT)) >> 32).unwrap()
}
