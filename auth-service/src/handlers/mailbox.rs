use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Uri,
        header::{self, HOST},
    },
    web,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use drawbridge_http::{
    problem::{Code, Problem},
    problems,
};

use crate::{
    app::App,
    mail::{MAILBOX_STYLE, render_mailbox},
};

problems! {
    /// Why there is no mailbox.
    MailboxProblems: NotFound
}

/// `GET /mailbox`: shows the mail that was stored instead of sent. It answers only requests for a loopback name; a
/// request for another name that resolves to this machine (DNS rebinding) gets 404.
#[utoipa::path(
    get,
    path = "/mailbox",
    operation_id = "show_mailbox",
    tag = "Operation",
    responses(
        (status = 200, description = "The mails as a page", body = String, content_type = "text/html"),
        MailboxProblems
    )
)]
pub(crate) async fn show(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let folder = app.mail_folder.clone().filter(|_| is_for_loopback_name(&request));
    let folder = folder.ok_or_else(|| Problem::new(Code::NotFound, "No resource exists at this path."))?;
    let mails = web::block(move || folder.read()).await.map_err(Problem::internal)?;
    let page = render_mailbox(&mails.map_err(Problem::internal)?);
    let style = STANDARD.encode(digest(&SHA256, MAILBOX_STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page))
}

fn is_for_loopback_name(request: &HttpRequest) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()?.parse::<Uri>().ok());
    let host = host.as_ref().and_then(Uri::host);
    host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
}
