//! URLs that name several hosts, with commas between them, which the `url` crate does not read.

use redis::{ConnectionInfo, IntoConnectionInfo};
use url::Url;

use super::{cluster::Cluster, sentinel::Sentinels};

const SENTINEL_PORT: u16 = 26379;
const SERVER_PORT: u16 = 6379;

/// What is wrong. It repeats nothing of the URL: what looks like a host may be a piece of a password.
type Wrong = &'static str;

/// The parts of a URL with several hosts, each as it is written.
struct Parts<'a> {
    login: Option<(&'a str, Option<&'a str>)>,
    hosts: Vec<&'a str>,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Result<Self, Wrong> {
        if rest.contains('#') {
            return Err("it has a \"#\", which is written %23 in a password");
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, authority),
        };
        let login = login.map(|login| match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        });
        Ok(Self { login, hosts: hosts.split(',').collect(), path, query })
    }

    fn servers(
        &self,
        is_secure: bool,
        default_port: u16,
        login: Option<(&str, Option<&str>)>,
    ) -> Result<Vec<ConnectionInfo>, Wrong> {
        self.hosts.iter().map(|host| server(is_secure, host, default_port, login)).collect()
    }
}

/// One server. The login is written as in any URL of Redis, and read by whoever reads those.
fn server(
    is_secure: bool,
    host: &str,
    default_port: u16,
    login: Option<(&str, Option<&str>)>,
) -> Result<ConnectionInfo, Wrong> {
    const NO_HOST: Wrong = "a host is empty, or is not a host with or without a port";
    let scheme = if is_secure { "rediss" } else { "redis" };
    let mut url = Url::parse(&format!("{scheme}://{host}")).map_err(|_| NO_HOST)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(NO_HOST);
    }
    let port = url.port().unwrap_or(default_port);
    url.set_port(Some(port)).map_err(|()| NO_HOST)?;
    if let Some((user, password)) = login {
        url.set_username(user).map_err(|()| NO_HOST)?;
        url.set_password(password).map_err(|()| NO_HOST)?;
    }
    url.into_connection_info().map_err(|_| "a host cannot be connected to, or the login is not UTF-8")
}

/// Reads what follows `redis+sentinel://`.
pub(super) fn sentinel(is_secure: bool, rest: &str) -> Result<Sentinels, String> {
    read_sentinel(is_secure, rest).map_err(|wrong| {
        format!(
            "must be redis+sentinel://[user:password@]host[:26379],…/master-name[/db]\
             [?sentinel_username=…&sentinel_password=…], or rediss+sentinel:// for TLS: {wrong}"
        )
    })
}

fn read_sentinel(is_secure: bool, rest: &str) -> Result<Sentinels, Wrong> {
    let parts = Parts::of(rest)?;
    let (mut user, mut password) = (None, None);
    for parameter in parts.query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sentinel_username", value)) => user = Some(value),
            Some(("sentinel_password", value)) => password = Some(value),
            _ => return Err("it has another parameter than sentinel_username and sentinel_password"),
        }
    }
    if user.is_some() && password.is_none() {
        return Err("sentinel_username stands without sentinel_password");
    }
    let (master, db) = parts.path.split_once('/').unwrap_or((parts.path, ""));
    // What Sentinel itself takes for a name.
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if master.is_empty() || !master.chars().all(is_name) {
        return Err(
            "behind the hosts stands no name of a master, which is of letters, digits, \".\", \"-\" and \"_\"",
        );
    }
    let db: u32 = if db.is_empty() { 0 } else { db.parse().map_err(|_| "the database is not a number")? };
    let own_login = password.map(|password| (user.unwrap_or_default(), Some(password)));
    let nodes = parts.servers(is_secure, SENTINEL_PORT, own_login)?;
    let servers = parts.servers(is_secure, SERVER_PORT, parts.login)?;
    let server = servers.into_iter().next().ok_or("it names no host")?;
    let settings = server.redis_settings().clone().set_db(i64::from(db));
    Ok(Sentinels { nodes, master: master.to_owned(), server: server.set_redis_settings(settings) })
}

/// Reads what follows `redis+cluster://`.
pub(super) fn cluster(is_secure: bool, rest: &str) -> Result<Cluster, String> {
    read_cluster(is_secure, rest).map_err(|wrong| {
        format!(
            "must be redis+cluster://[user:password@]host[:6379],…, or rediss+cluster:// for TLS: {wrong}"
        )
    })
}

fn read_cluster(is_secure: bool, rest: &str) -> Result<Cluster, Wrong> {
    let parts = Parts::of(rest)?;
    if !parts.query.is_empty() {
        return Err("it takes no parameters");
    }
    if !parts.path.is_empty() {
        return Err("a cluster has no numbered databases, and nothing else follows the hosts");
    }
    Ok(Cluster::new(parts.servers(is_secure, SERVER_PORT, parts.login)?))
}

#[cfg(test)]
mod tests {
    use redis::ConnectionAddr;

    use super::super::RedisUrl;
    use super::*;

    fn addresses(nodes: &[ConnectionInfo]) -> Vec<String> {
        nodes.iter().map(|node| node.addr().to_string()).collect()
    }

    #[test]
    fn sentinels_are_read_with_and_without_ports_and_logins() {
        let read = read_sentinel(false, "ada:p%40ss@one:1,two,[::1]:3/my-master/7").unwrap();
        assert_eq!(addresses(&read.nodes), ["one:1", "two:26379", "::1:3"]);
        assert_eq!(read.master, "my-master");
        let server = read.server.redis_settings();
        assert_eq!((server.username(), server.password(), server.db()), (Some("ada"), Some("p@ss"), 7));
        assert!(read.nodes.iter().all(|node| node.redis_settings().password().is_none()));

        let own = "one/m?sentinel_username=eve&sentinel_password=a%26b/c+@:";
        let read = read_sentinel(true, own).unwrap();
        let sentinel = read.nodes[0].redis_settings();
        assert_eq!((sentinel.username(), sentinel.password()), (Some("eve"), Some("a&b/c+@:")));
        assert_eq!((read.server.redis_settings().password(), read.server.redis_settings().db()), (None, 0));
        for info in [&read.nodes[0], &read.server] {
            assert!(matches!(info.addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
        }
    }

    #[test]
    fn a_cluster_is_read() {
        let read = read_cluster(false, ":secret@one,two:7000").unwrap();
        assert_eq!(addresses(read.seeds()), ["one:6379", "two:7000"]);
        assert!(read.seeds().iter().all(|seed| seed.redis_settings().password() == Some("secret")));
    }

    #[test]
    fn what_is_wrong_is_said_with_the_right_form_and_without_the_password() {
        let sentinel = "must be redis+sentinel://[user:password@]host[:26379],…/master-name[/db]";
        let cluster = "must be redis+cluster://[user:password@]host[:6379],…";
        for (url, form, wrong) in [
            ("redis+sentinel://u:hunter2@one,two", sentinel, "no name of a master"),
            ("redis+sentinel://u:hunter2@one/", sentinel, "no name of a master"),
            ("redis+sentinel://u:hunter2@one,,two/m", sentinel, "a host is empty"),
            ("rediss+sentinel://u:hunter2@/m", sentinel, "a host is empty"),
            ("redis+sentinel://u:hunter2@:26379/m", sentinel, "a host is empty"),
            ("redis+sentinel://u:hunter2@one:x/m", sentinel, "a host"),
            ("redis+sentinel://u:hunter2@one/m/x", sentinel, "not a number"),
            ("redis+sentinel://u:hunter2@one/m?hunter2=1", sentinel, "another parameter"),
            ("redis+sentinel://one/m?sentinel_username=hunter2", sentinel, "without sentinel_password"),
            ("redis+sentinel://u:hunter2#@one/m", sentinel, "%23"),
            ("redis+sentinel://u:hunter2/@one/m", sentinel, ""),
            ("redis+cluster://u:hunter2@one/0", cluster, "no numbered databases"),
            ("redis+cluster://u:hunter2@one?protocol=resp3", cluster, "no parameters"),
            ("redis+cluster://u:hunter2@", cluster, "a host is empty"),
            ("redis+nothing://u:hunter2@one", "must be redis://…, redis+sentinel://…", ""),
            ("redis://u:hunter2@one/x", "must be redis://[user:password@]host[:port][/db]", ""),
            ("hunter2", "must be redis://…, redis+sentinel://…", ""),
        ] {
            let told = RedisUrl::parse(url).unwrap_err();
            assert!(told.starts_with(form) && told.contains(wrong), "{url}: {told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        for url in
            ["redis+sentinel://u:hunter2@one/m", "redis+cluster://u:hunter2@one", "redis://u:hunter2@one"]
        {
            let read = RedisUrl::parse(url).unwrap();
            assert!(!format!("{read:?}").contains("hunter2"));
            let RedisUrl::Server(server) = read else { panic!("{url}") };
            assert!(!format!("{server:?}").contains("hunter2"));
        }
    }
}
