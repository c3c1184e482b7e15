use actix_web::{HttpResponse, http::header, web};
use shared::problem::{Code, Problem};

use crate::{app::App, mail::Kept};

/// Nothing is loaded and nothing runs.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// `GET /mailbox`: the mails that were kept instead of sent, where this is so.
pub(crate) async fn show(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let folder = app.mailbox.clone().ok_or_else(|| Problem::new(Code::NotFound, "Check the path."))?;
    let mails = web::block(move || folder.read()).await.map_err(Problem::internal)?;
    let page = Kept::page(&mails.map_err(Problem::internal)?);
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .body(page))
}
