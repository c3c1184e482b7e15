//! Deciding which server is the master when those that should know disagree.

use futures_util::{StreamExt, stream::FuturesUnordered};
use redis::{ErrorKind, RedisError, RedisResult};

/// What a Sentinel or a cluster node says about the master.
pub(super) struct Claim<M> {
    pub(super) rank: Rank,
    pub(super) master: M,
}

/// Which claim is preferred: one from a node that is connected to the others, and among those, the one of the
/// latest election.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) is_connected: bool,
    pub(super) election: u64,
}

/// No Sentinel or node names a master.
pub(super) fn no_master() -> RedisError {
    (ErrorKind::Io, "no Sentinel or cluster node names a master").into()
}

/// The claim with the highest rank. All nodes are asked at the same time, since any of them may be cut off
/// together with the former master. Once most have answered, the others are not waited for.
pub(super) async fn find_highest<M>(
    claims: impl Iterator<Item = impl Future<Output = RedisResult<Claim<M>>>>,
) -> RedisResult<Claim<M>> {
    let mut pending: FuturesUnordered<_> = claims.collect();
    let majority = pending.len() / 2 + 1;
    let mut claims = Vec::new();
    let mut last_error = no_master();
    while claims.len() < majority
        && let Some(claim) = pending.next().await
    {
        match claim {
            Ok(claim) => claims.push(claim),
            Err(error) => last_error = error,
        }
    }
    claims.into_iter().max_by_key(|claim| claim.rank).ok_or(last_error)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::{FutureExt, future::BoxFuture};

    use super::*;

    type Answer = BoxFuture<'static, RedisResult<Claim<&'static str>>>;

    fn claim(is_connected: bool, election: u64, master: &'static str) -> Answer {
        async move { Ok(Claim { rank: Rank { is_connected, election }, master }) }.boxed()
    }

    fn silence() -> Answer {
        pending().boxed()
    }

    fn failure() -> Answer {
        async { Err(no_master()) }.boxed()
    }

    async fn master(answers: Vec<Answer>) -> RedisResult<&'static str> {
        find_highest(answers.into_iter()).await.map(|claim| claim.master)
    }

    #[tokio::test]
    async fn the_latest_election_counts() {
        let answers = vec![claim(true, 1, "old"), silence(), claim(true, 2, "new")];

        assert_eq!(master(answers).await, Ok("new"));
    }

    #[tokio::test]
    async fn a_disconnected_node_does_not_count() {
        let answers = vec![claim(false, 9, "cut off"), failure(), claim(true, 2, "new")];

        assert_eq!(master(answers).await, Ok("new"));
    }

    #[tokio::test]
    async fn one_answer_suffices_if_the_others_fail() {
        assert_eq!(master(vec![failure(), failure(), claim(true, 1, "one")]).await, Ok("one"));
        assert_eq!(master(vec![failure(), failure()]).await, Err(no_master()));
    }
}
