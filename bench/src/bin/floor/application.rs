//! The application that the proxies forward to.

use std::{io, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    body::SizedStream,
    http::header::{self, ContentType},
    web::{self, Bytes},
};
use bench::proxied_application::{
    DOWNLOAD_PATH, PAGE_PATH, SOCKET_ACCEPT, SOCKET_ANSWER, SOCKET_PATH, UPLOAD_PATH, render_page,
};
use drawbridge_http::health;
use futures_util::{StreamExt, stream};

/// Size of the pieces of a download.
const CHUNK_BYTES: usize = 64 * 1024;

/// Limit for open connections, above the number of WebSockets.
const MAX_CONNECTIONS: usize = 20_000;

pub(crate) async fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let page = Bytes::from(render_page());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(page.clone()))
            .route(PAGE_PATH, web::get().to(show_page))
            .route(&format!("{DOWNLOAD_PATH}/{{bytes}}"), web::get().to(download))
            .route(&format!("{UPLOAD_PATH}/{{pause}}"), web::post().to(upload))
            .route(SOCKET_PATH, web::get().to(open_socket))
            .route("/health/live", web::get().to(health::live))
    });
    Ok(server.max_connections(MAX_CONNECTIONS).workers(1).bind(address)?.run().await?)
}

async fn show_page(page: web::Data<Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(page.get_ref().clone())
}

async fn download(bytes: web::Path<u64>) -> HttpResponse {
    let bytes = bytes.into_inner();
    let chunk = Bytes::from(vec![b'x'; CHUNK_BYTES]);
    let chunks = stream::unfold(bytes, move |left| {
        let length = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let next = (length > 0).then(|| (Ok::<_, io::Error>(chunk.slice(..length)), left - length as u64));
        async { next }
    });
    let head = HttpResponse::Ok().content_type(ContentType::octet_stream()).finish();
    head.set_body(SizedStream::new(bytes, chunks)).map_into_boxed_body()
}

async fn upload(
    request: HttpRequest,
    pause: web::Path<u64>,
    mut payload: web::Payload,
) -> actix_web::Result<HttpResponse> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced: Option<usize> = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    actix_web::rt::time::sleep(Duration::from_millis(pause.into_inner())).await;
    let mut received = 0;
    while let Some(chunk) = payload.next().await {
        received += chunk?.len();
    }
    let is_complete = announced == Some(received);
    Ok(if is_complete { HttpResponse::Ok() } else { HttpResponse::BadRequest() }.body(received.to_string()))
}

async fn open_socket(payload: web::Payload) -> HttpResponse {
    let answers = payload.map(|chunk| chunk.map(|_| Bytes::from_static(SOCKET_ANSWER)));
    HttpResponse::SwitchingProtocols()
        .upgrade("websocket")
        .insert_header((header::SEC_WEBSOCKET_ACCEPT, SOCKET_ACCEPT))
        .streaming(answers)
}
