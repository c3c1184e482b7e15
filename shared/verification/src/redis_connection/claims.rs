//! What those say who know where the master is.

use std::io;

use futures_util::{StreamExt, stream::FuturesUnordered};
use redis::{
    Client, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult,
};

use super::CONNECT_TIMEOUT;

/// A host and a port.
pub(super) type Address = (String, u16);

/// What one of those who know says.
pub(super) struct Claim<A = Address> {
    /// Who is in touch with the others and has heard of the later election is right.
    pub(super) rank: (bool, u64),
    pub(super) address: A,
}

/// Nobody says where the master is.
pub(super) fn nobody() -> RedisError {
    (ErrorKind::Io, "nobody says which server is the master").into()
}

/// The same server at another address.
pub(super) fn at(info: &ConnectionInfo, (host, port): Address) -> ConnectionInfo {
    let address = match info.addr() {
        ConnectionAddr::TcpTls { .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        }
        _ => ConnectionAddr::Tcp(host, port),
    };
    info.clone().set_addr(address)
}

/// Asks one of those who know, in bounded time.
pub(super) async fn ask<T: FromRedisValue>(node: ConnectionInfo, question: &Pipeline) -> RedisResult<T> {
    let asked = async {
        let mut connection = Client::open(node)?.get_multiplexed_async_connection().await?;
        question.query_async(&mut connection).await
    };
    let late = |_| RedisError::from(io::Error::from(io::ErrorKind::TimedOut));
    tokio::time::timeout(CONNECT_TIMEOUT, asked).await.map_err(late)?
}

/// The newest of what is said. All are asked at once, since the one that is asked first may be cut off
/// with the old master; as soon as most have answered, nobody waits for those that are dead.
pub(super) async fn newest<A>(
    answers: impl Iterator<Item = impl Future<Output = RedisResult<Claim<A>>>>,
) -> RedisResult<Claim<A>> {
    let mut answers: FuturesUnordered<_> = answers.collect();
    let most = answers.len() / 2 + 1;
    let (mut claims, mut last_error) = (Vec::new(), nobody());
    while claims.len() < most
        && let Some(answer) = answers.next().await
    {
        match answer {
            Ok(claim) => claims.push(claim),
            Err(error) => last_error = error,
        }
    }
    claims.into_iter().max_by_key(|claim| claim.rank).ok_or(last_error)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_newest_claim_counts_and_who_is_silent_is_not_waited_for() {
        let says =
            |is_well, epoch, address| async move { Ok(Claim { rank: (is_well, epoch), address }) }.boxed();
        let silent = || pending::<RedisResult<Claim<&str>>>().boxed();
        let fails = || async { Err(nobody()) }.boxed();
        let newest = async |answers: Vec<_>| newest(answers.into_iter()).await.map(|claim| claim.address);
        assert_eq!(newest(vec![says(true, 1, "old"), silent(), says(true, 2, "new")]).await, Ok("new"));
        assert_eq!(newest(vec![says(false, 9, "cut off"), fails(), says(true, 2, "new")]).await, Ok("new"));
        assert_eq!(newest(vec![fails(), fails(), says(true, 1, "one")]).await, Ok("one"));
        assert_eq!(newest(vec![fails(), fails()]).await, Err(nobody()));
    }
}
