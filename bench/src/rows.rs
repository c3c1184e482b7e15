//! The rows of the table.

mod cold;
mod cost_source;
mod costs;
mod feeds;
mod footprint;
mod guard;
mod hot;
mod import;
mod import_fixture;
mod interference;
mod logins;
mod proxied_memory;
mod proxied_page;
mod proxied_transfers;
mod redis_hit;
mod size;
mod zipf;

use crate::{context::Context, error::Result, measured_row::MeasuredRow};

/// A row and the function that measures it.
pub(crate) struct RowDefinition {
    pub(crate) name: &'static str,
    pub(crate) measure: fn(&mut Context, &str) -> Result<MeasuredRow>,
}

/// All rows, in the order of the table.
pub(crate) const ROWS: [RowDefinition; 30] = [
    RowDefinition { name: "verify-hot", measure: hot::measure_verify },
    RowDefinition { name: "verify-hot-p99", measure: hot::measure_verify_p99 },
    RowDefinition { name: "auth-request-hot", measure: hot::measure_auth_request },
    RowDefinition { name: "verify-zipf", measure: zipf::measure_verify },
    RowDefinition { name: "verify-redis-hit", measure: redis_hit::measure_verify },
    RowDefinition { name: "verify-cold", measure: cold::measure_verify },
    RowDefinition { name: "verify-cold-token-known", measure: cold::measure_verify_with_checked_tokens },
    RowDefinition { name: "private-page-guard", measure: guard::measure_private_page },
    RowDefinition { name: "proxied-page", measure: proxied_page::measure_throughput },
    RowDefinition { name: "proxied-page-added-p99", measure: proxied_page::measure_added_p99 },
    RowDefinition { name: "proxied-download", measure: proxied_transfers::measure_download },
    RowDefinition { name: "proxied-upload", measure: proxied_transfers::measure_upload },
    RowDefinition { name: "proxied-memory-1-gib", measure: proxied_memory::measure_transfers },
    RowDefinition { name: "proxied-memory-5000-websockets", measure: proxied_memory::measure_sockets },
    RowDefinition { name: "logins", measure: logins::measure_logins },
    RowDefinition { name: "verify-p99-under-logins", measure: interference::measure_verify_p99 },
    RowDefinition { name: "memory-idle", measure: footprint::measure_idle_memory },
    RowDefinition { name: "memory-100000-users", measure: footprint::measure_memory_with_all_users },
    RowDefinition { name: "memory-1000-feeds", measure: feeds::measure_memory },
    RowDefinition { name: "time-to-ready", measure: footprint::measure_time_to_ready },
    RowDefinition { name: "cold-1000000-users-to-1000", measure: size::measure_lookups },
    RowDefinition { name: "import", measure: import::measure_speed },
    RowDefinition { name: "import-memory", measure: import::measure_memory },
    RowDefinition { name: "cost-verify", measure: costs::measure_verify },
    RowDefinition { name: "cost-verify-redis-hit", measure: costs::measure_verify_redis_hit },
    RowDefinition { name: "cost-verify-from-database", measure: costs::measure_verify_from_database },
    RowDefinition { name: "cost-page", measure: costs::measure_page },
    RowDefinition { name: "cost-page-embedded", measure: costs::measure_page_embedded },
    RowDefinition { name: "cost-1000-feeds", measure: feeds::measure_cpu },
    RowDefinition { name: "cost-login", measure: costs::measure_login },
];
