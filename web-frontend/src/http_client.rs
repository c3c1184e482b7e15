use std::time::Duration;

/// The client towards our own services: connecting takes at most 250 ms.
///
/// Redirects are not followed: a token goes where it was sent and nowhere else.
pub(crate) fn new(answer_within: Duration) -> reqwest::Result<reqwest::Client> {
    shared::tls::install_provider();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_millis(250))
        .timeout(answer_within)
        // Our services close an idle connection after 5 s; one that they are closing is not used.
        .pool_idle_timeout(Duration::from_secs(4))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}
