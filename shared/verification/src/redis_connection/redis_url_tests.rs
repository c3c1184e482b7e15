use super::*;

const SERVER_FORM: &str = "must be redis://[user:password@]host[:port][/db]";
const SENTINEL_FORM: &str = "must be redis+sentinel://[user:password@]host[:26379],…/master-name[/db]";
const CLUSTER_FORM: &str = "must be redis+cluster://[user:password@]host[:6379],…";
const ALL_FORMS: &str = "must be redis://…, redis+sentinel://…";

fn assert_refused(url: &str, form: &str, reason: &str) {
    let error = RedisUrl::parse(url).unwrap_err();

    assert!(error.starts_with(form), "{url}: {error}");
    assert!(error.contains(reason), "{url}: {error}");
    assert!(!error.contains("hunter2"), "the password is shown: {error}");
}

#[test]
fn a_wrong_server_url_is_refused() {
    assert_refused("redis://u:hunter2@one/x", SERVER_FORM, "");
    assert_refused("redis+nothing://u:hunter2@one", ALL_FORMS, "");
    assert_refused("hunter2", ALL_FORMS, "");
}

#[test]
fn a_wrong_sentinel_url_is_refused() {
    for (url, reason) in [
        ("redis+sentinel://u:hunter2@one,two", "no valid master name"),
        ("redis+sentinel://u:hunter2@one/", "no valid master name"),
        ("redis+sentinel://u:hunter2@one,,two/m", "a host is empty"),
        ("rediss+sentinel://u:hunter2@/m", "a host is empty"),
        ("redis+sentinel://u:hunter2@:26379/m", "a host is empty"),
        ("redis+sentinel://u:hunter2@one:x/m", "a host"),
        ("redis+sentinel://u:hunter2@one/m/x", "not a number"),
        ("redis+sentinel://u:hunter2@one/m?hunter2=1", "a parameter other than"),
        ("redis+sentinel://one/m?sentinel_username=hunter2", "without sentinel_password"),
        ("redis+sentinel://u:hunter2#@one/m", "%23"),
        ("redis+sentinel://u:hunter2/@one/m", ""),
    ] {
        assert_refused(url, SENTINEL_FORM, reason);
    }
}

#[test]
fn a_wrong_cluster_url_is_refused() {
    for (url, reason) in [
        ("redis+cluster://u:hunter2@one/0", "no numbered databases"),
        ("redis+cluster://u:hunter2@one?protocol=resp3", "no parameters"),
        ("redis+cluster://u:hunter2@", "a host is empty"),
    ] {
        assert_refused(url, CLUSTER_FORM, reason);
    }
}

#[test]
fn debug_output_never_shows_the_password() {
    for url in ["redis+sentinel://u:hunter2@one/m", "redis+cluster://u:hunter2@one", "redis://u:hunter2@one"]
    {
        let parsed = RedisUrl::parse(url).unwrap();
        assert!(!format!("{parsed:?}").contains("hunter2"), "{parsed:?}");

        let RedisUrl::Server(server) = parsed else { panic!("{url} is not a server") };
        assert!(!format!("{server:?}").contains("hunter2"), "{server:?}");
    }
}

#[test]
fn authorities_need_tls_and_a_file() {
    for (url, reason) in [
        ("redis://u:hunter2@one?ca=/nowhere.pem", "needs rediss"),
        ("rediss://u:hunter2@one?ca=/nowhere.pem", "names /nowhere.pem, which cannot be read"),
        ("rediss://u:hunter2@one/0?ca=/no%20where.pem", "names /no where.pem, which cannot be read"),
        ("rediss+sentinel://u:hunter2@one/m?ca=/nowhere.pem", "names /nowhere.pem, which cannot be read"),
        ("rediss+cluster://u:hunter2@one?ca=/nowhere.pem", "names /nowhere.pem, which cannot be read"),
    ] {
        assert_refused(url, "", reason);
    }
}
