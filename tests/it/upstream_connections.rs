//! Connections to upstreams that take long, or that the upstream closes while they are idle.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use reqwest::Method;
use tests::{Deployment, RawBackend, Visitor};

fn start(backend: &RawBackend) -> Deployment {
    Deployment::builder().one_process().setting("UPSTREAMS", format!("/backend={}", backend.url())).start()
}

/// Sends a request to the backend and returns the status of the response.
async fn status(deployment: &Deployment, method: Method) -> u16 {
    send(&mut Visitor::new(), deployment, method).await
}

async fn send(visitor: &mut Visitor, deployment: &Deployment, method: Method) -> u16 {
    let request = visitor.request(method.clone(), &format!("{}/backend/x", deployment.frontend));
    let request = request.header("origin", &deployment.frontend);
    let request = if method == Method::POST { request.body("a=b") } else { request };
    visitor.send(request).await.status
}

/// A listener that ignores the first attempt to connect, so that the operating system repeats it after a second.
async fn slow_listener() -> TcpListener {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    // While the queue is full, further connections are not accepted.
    let address = listener.local_addr().unwrap();
    for _ in 0..2 {
        TcpStream::connect(address).unwrap();
    }
    listener
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_may_take_seconds_to_connect() {
    let listener = slow_listener().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let deployment =
        Deployment::builder().one_process().setting("UPSTREAMS", format!("/backend={url}")).start();
    thread::spawn(|| {
        thread::sleep(Duration::from_millis(500));
        RawBackend::start_on(listener, |connection| while connection.answer_ok() {});
    });

    assert_eq!(status(&deployment, Method::GET).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_to_connect_has_a_setting() {
    let listener = slow_listener().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let deployment = Deployment::builder()
        .one_process()
        .setting("UPSTREAMS", format!("/backend={url}"))
        .setting("UPSTREAM_CONNECT_TIMEOUT", "100ms")
        .start();

    let answer =
        tokio::time::timeout(Duration::from_secs(2), status(&deployment, Method::GET)).await.unwrap();

    assert_eq!(answer, 503);
}

/// Answers the first request on each connection, and closes the connection as soon as the second one arrives.
fn start_forgetful() -> RawBackend {
    RawBackend::start(|connection| {
        connection.answer_ok();
        connection.read_request();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_on_a_closed_connection_is_sent_once_more() {
    let backend = start_forgetful();
    let deployment = start(&backend);

    for request in 1..=6 {
        assert_eq!(status(&deployment, Method::GET).await, 200, "request {request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_on_a_closed_connection_is_never_repeated() {
    let backend = start_forgetful();
    let deployment = start(&backend);
    assert_eq!(status(&deployment, Method::POST).await, 200);

    let unanswered = status(&deployment, Method::POST).await;
    let next: Vec<_> =
        [status(&deployment, Method::POST).await, status(&deployment, Method::POST).await].into();

    assert_eq!(unanswered, 503);
    assert_eq!(next, [200, 200], "new connections are used");
    assert_eq!(backend.received().len(), 4, "{:?}", backend.received());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_that_a_new_connection_does_not_answer_fails() {
    let backend = RawBackend::start(|connection| drop(connection.read_request()));
    let deployment = start(&backend);

    assert_eq!(status(&deployment, Method::GET).await, 503);
    assert_eq!(backend.received().len(), 1, "{:?}", backend.received());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_closed_while_idle_cost_no_request() {
    let backend = RawBackend::start(|connection| {
        while connection.answer_ok() {
            connection.close_when_idle(Duration::from_millis(50));
        }
    });
    let deployment = start(&backend);
    let mut visitor = Visitor::new();

    for (method, tolerated) in [(Method::GET, 0), (Method::POST, 1)] {
        let mut failed = 0;
        for request in 0..150 {
            // From 48.5 ms to 51.4 ms. Tokio's timers are less precise.
            let pause = Duration::from_micros(48_500 + request % 30 * 100);
            tokio::task::spawn_blocking(move || thread::sleep(pause)).await.unwrap();
            failed += u32::from(send(&mut visitor, &deployment, method.clone()).await != 200);
        }
        assert!(failed <= tolerated, "{method}: {failed} of 150 failed");
    }
}
