//! How long and how often to measure.

/// How long and how often to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Number of rounds.
    pub(crate) rounds: u32,
    /// Duration of each side of a round, in seconds.
    pub(crate) round_seconds: u32,
    /// Number of rounds for rows with few responses per second, such as logins.
    pub(crate) slow_rounds: u32,
    /// Duration of each side of such a round, in seconds.
    pub(crate) slow_round_seconds: u32,
    /// Number of users in rows where each user may send only one request.
    pub(crate) one_time_users: u32,
    /// Number of users who send requests in the row with a million users.
    pub(crate) active_users_of_a_million: u32,
    /// Number of imported accounts.
    pub(crate) imported_accounts: u32,
    /// Number of times that verify-service is started.
    pub(crate) starts: u32,
}

impl Plan {
    /// A complete run.
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        round_seconds: 3,
        slow_rounds: 3,
        slow_round_seconds: 10,
        one_time_users: 100_000,
        active_users_of_a_million: 50_000,
        imported_accounts: 1_000_000,
        starts: 10,
    };

    /// A quick run, which checks that everything works. Its figures are rough.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        round_seconds: 1,
        slow_rounds: 2,
        slow_round_seconds: 4,
        one_time_users: 30_000,
        active_users_of_a_million: 20_000,
        imported_accounts: 200_000,
        starts: 3,
    };
}
