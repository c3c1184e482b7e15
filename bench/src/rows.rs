//! The rows of the table.

mod cold;
mod costs;
mod footprint;
mod guard;
mod hot;
mod import;
mod interference;
mod logins;
mod redis_hit;
mod size;
mod zipf;

use crate::{context::Context, failure::Result, report::Measured};

/// A row.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Context, &str) -> Result<Measured>,
}

/// All of them, in the order of the table.
pub(crate) const ROWS: [Row; 22] = [
    Row { name: "verify-hot", run: hot::verify },
    Row { name: "verify-hot-p99", run: hot::verify_p99 },
    Row { name: "auth-request-hot", run: hot::auth_request },
    Row { name: "verify-zipf", run: zipf::verify },
    Row { name: "verify-redis-hit", run: redis_hit::verify },
    Row { name: "verify-cold", run: cold::verify },
    Row { name: "verify-cold-token-known", run: cold::verify_with_known_tokens },
    Row { name: "private-page-guard", run: guard::private_page },
    Row { name: "logins", run: logins::logins },
    Row { name: "verify-p99-under-logins", run: interference::verify_p99 },
    Row { name: "memory-idle", run: footprint::memory_idle },
    Row { name: "memory-100000-users", run: footprint::memory_hot },
    Row { name: "time-to-ready", run: footprint::time_to_ready },
    Row { name: "cold-1000000-users-to-1000", run: size::million_to_thousand },
    Row { name: "import", run: import::speed },
    Row { name: "import-memory", run: import::memory },
    Row { name: "cost-verify", run: costs::verify },
    Row { name: "cost-verify-redis-hit", run: costs::verify_redis_hit },
    Row { name: "cost-verify-from-database", run: costs::verify_from_database },
    Row { name: "cost-page", run: costs::page },
    Row { name: "cost-page-embedded", run: costs::page_embedded },
    Row { name: "cost-login", run: costs::login },
];
