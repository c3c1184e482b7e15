use drawbridge_core::settings::{Reader, Setting};

const BCRYPT_COST: Setting = Setting::new(
    "BCRYPT_COST",
    "The bcrypt cost of new password hashes; a hash with a lower cost is replaced at the next sign-in.",
);
const BCRYPT_COST_MAX: Setting = Setting::new(
    "BCRYPT_COST_MAX",
    "The highest bcrypt cost that is verified; a stored hash with a higher cost never matches. If `BCRYPT_COST` is above 14, the \
     default is `BCRYPT_COST`.",
);
const BCRYPT_QUEUE: Setting = Setting::new(
    "BCRYPT_QUEUE",
    "How many passwords can wait for a free core; beyond that, requests get 503 `busy` with `Retry-After`.",
);

/// How passwords are hashed.
#[derive(Debug, Clone, Copy)]
pub struct PasswordConfig {
    /// `BCRYPT_COST`: the cost of new hashes.
    pub cost: u32,
    /// `BCRYPT_COST_MAX`: the highest cost of a stored hash that is still verified.
    pub max_cost: u32,
    /// `BCRYPT_QUEUE`: how many passwords may wait for a free core.
    pub queue: usize,
}

impl PasswordConfig {
    /// Reads `BCRYPT_COST`, `BCRYPT_COST_MAX` and `BCRYPT_QUEUE`.
    pub fn read(reader: &mut Reader) -> Self {
        let cost = reader.within(BCRYPT_COST, 12, 10..=20);
        let max_cost = reader.within(BCRYPT_COST_MAX, cost.max(14), 10..=20);
        if max_cost < cost {
            reader.invalid(BCRYPT_COST_MAX.name, "must not be lower than BCRYPT_COST");
        }
        let queue = reader.within(BCRYPT_QUEUE, 32, 1..=10_000);
        Self { cost, max_cost, queue }
    }
}
