//! URLs with several hosts, separated by commas, which the `url` crate does not parse.

use redis::{ConnectionInfo, IntoConnectionInfo};
use url::Url;

use super::{cluster::Cluster, encryption::RedisEncryption, sentinel::Sentinels};

const SENTINEL_PORT: u16 = 26379;
const SERVER_PORT: u16 = 6379;

/// What is wrong with a URL. It never repeats a part of the URL: what looks like a host may belong to a
/// password.
type UrlError = &'static str;

/// The parts of a URL with several hosts, as written.
struct Parts<'a> {
    login: Option<Login<'a>>,
    hosts: Vec<&'a str>,
    path: &'a str,
    query: &'a str,
}

/// A user and a password, percent-encoded.
#[derive(Clone, Copy)]
struct Login<'a> {
    user: &'a str,
    password: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Splits what follows the scheme.
    fn split(rest: &'a str) -> Result<Self, UrlError> {
        if rest.contains('#') {
            return Err("it contains \"#\", which must be written as %23 in a password");
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(Login::split(login)), hosts),
            None => (None, authority),
        };
        Ok(Self { login, hosts: hosts.split(',').collect(), path, query })
    }

    fn servers(
        &self,
        encryption: &RedisEncryption,
        default_port: u16,
        login: Option<Login>,
    ) -> Result<Vec<ConnectionInfo>, UrlError> {
        self.hosts.iter().map(|host| server(encryption, host, default_port, login)).collect()
    }
}

impl<'a> Login<'a> {
    fn split(login: &'a str) -> Self {
        match login.split_once(':') {
            Some((user, password)) => Self { user, password: Some(password) },
            None => Self { user: login, password: None },
        }
    }
}

/// One server, built as the URL of a single server, so that the login is parsed as in any other Redis URL.
fn server(
    encryption: &RedisEncryption,
    host: &str,
    default_port: u16,
    login: Option<Login>,
) -> Result<ConnectionInfo, UrlError> {
    const INVALID_HOST: UrlError = "a host is empty, or is not a host name or address with an optional port";
    let mut url = Url::parse(&format!("{}://{host}", encryption.scheme())).map_err(|_| INVALID_HOST)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(INVALID_HOST);
    }
    let port = url.port().unwrap_or(default_port);
    url.set_port(Some(port)).map_err(|()| INVALID_HOST)?;
    if let Some(Login { user, password }) = login {
        url.set_username(user).map_err(|()| INVALID_HOST)?;
        url.set_password(password).map_err(|()| INVALID_HOST)?;
    }
    let info = url.into_connection_info().and_then(|info| encryption.apply(info));
    info.map_err(|_| "a host cannot be connected to, or the login is not UTF-8")
}

/// Parses what follows `redis+sentinel://`.
pub(super) fn parse_sentinels(encryption: &RedisEncryption, rest: &str) -> Result<Sentinels, String> {
    sentinels(encryption, rest).map_err(|error| {
        format!(
            "must be redis+sentinel://[user:password@]host[:26379],…/master-name[/db]\
             [?sentinel_username=…&sentinel_password=…], or rediss+sentinel:// for TLS: {error}"
        )
    })
}

fn sentinels(encryption: &RedisEncryption, rest: &str) -> Result<Sentinels, UrlError> {
    let parts = Parts::split(rest)?;
    let (master, db) = parts.path.split_once('/').unwrap_or((parts.path, ""));
    // The characters that Sentinel accepts.
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if master.is_empty() || !master.chars().all(is_name) {
        return Err("no valid master name (letters, digits, \".\", \"-\" and \"_\") follows the hosts");
    }
    let db: u32 = if db.is_empty() { 0 } else { db.parse().map_err(|_| "the database is not a number")? };
    let nodes = parts.servers(encryption, SENTINEL_PORT, sentinel_login(parts.query)?)?;
    let servers = parts.servers(encryption, SERVER_PORT, parts.login)?;
    let server = servers.into_iter().next().ok_or("it names no host")?;
    let settings = server.redis_settings().clone().set_db(i64::from(db));
    Ok(Sentinels { nodes, master: master.to_owned(), server: server.set_redis_settings(settings) })
}

/// The login of the Sentinels themselves, which have their own users.
fn sentinel_login(query: &str) -> Result<Option<Login<'_>>, UrlError> {
    let mut user = None;
    let mut password = None;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sentinel_username", value)) => user = Some(value),
            Some(("sentinel_password", value)) => password = Some(value),
            _ => return Err("it has a parameter other than sentinel_username and sentinel_password"),
        }
    }
    if user.is_some() && password.is_none() {
        return Err("it has sentinel_username without sentinel_password");
    }
    Ok(password.map(|password| Login { user: user.unwrap_or_default(), password: Some(password) }))
}

/// Parses what follows `redis+cluster://`.
pub(super) fn parse_cluster(encryption: &RedisEncryption, rest: &str) -> Result<Cluster, String> {
    cluster(encryption, rest).map_err(|error| {
        format!(
            "must be redis+cluster://[user:password@]host[:6379],…, or rediss+cluster:// for TLS: {error}"
        )
    })
}

fn cluster(encryption: &RedisEncryption, rest: &str) -> Result<Cluster, UrlError> {
    let parts = Parts::split(rest)?;
    if !parts.query.is_empty() {
        return Err("a cluster takes no parameters");
    }
    if !parts.path.is_empty() {
        return Err("a cluster has no numbered databases, so nothing may follow the hosts");
    }
    Ok(Cluster::new(parts.servers(encryption, SERVER_PORT, parts.login)?))
}

#[cfg(test)]
mod tests {
    use redis::ConnectionAddr;

    use super::*;

    fn addresses(nodes: &[ConnectionInfo]) -> Vec<String> {
        nodes.iter().map(|node| node.addr().to_string()).collect()
    }

    #[test]
    fn sentinel_hosts_may_omit_their_port() {
        let parsed = sentinels(&RedisEncryption::None, "ada:p%40ss@one:1,two,[::1]:3/my-master/7").unwrap();

        assert_eq!(addresses(&parsed.nodes), ["one:1", "two:26379", "::1:3"]);
        assert_eq!(parsed.master, "my-master");
    }

    #[test]
    fn the_login_is_for_the_server_and_not_for_sentinels() {
        let parsed = sentinels(&RedisEncryption::None, "ada:p%40ss@one:1,two/my-master/7").unwrap();

        let server = parsed.server.redis_settings();
        assert_eq!(server.username(), Some("ada"));
        assert_eq!(server.password(), Some("p@ss"));
        assert_eq!(server.db(), 7);
        assert!(parsed.nodes.iter().all(|node| node.redis_settings().password().is_none()));
    }

    #[test]
    fn sentinels_have_a_login_of_their_own() {
        let parsed = sentinels(
            &RedisEncryption::Tls { authorities: None },
            "one/m?sentinel_username=eve&sentinel_password=a%26b/c+@:",
        )
        .unwrap();

        let node = parsed.nodes[0].redis_settings();
        assert_eq!(node.username(), Some("eve"));
        assert_eq!(node.password(), Some("a&b/c+@:"));
        assert_eq!(parsed.server.redis_settings().password(), None);
        assert_eq!(parsed.server.redis_settings().db(), 0);
    }

    #[test]
    fn tls_is_used_for_sentinels_and_the_server() {
        let parsed = sentinels(&RedisEncryption::Tls { authorities: None }, "one/m").unwrap();

        for info in [&parsed.nodes[0], &parsed.server] {
            assert!(matches!(info.addr(), ConnectionAddr::TcpTls { insecure: false, .. }), "{}", info.addr());
        }
    }

    #[test]
    fn cluster_hosts_share_the_login() {
        let parsed = cluster(&RedisEncryption::None, ":secret@one,two:7000").unwrap();

        assert_eq!(addresses(parsed.seeds()), ["one:6379", "two:7000"]);
        assert!(parsed.seeds().iter().all(|seed| seed.redis_settings().password() == Some("secret")));
    }
}
