use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, web};
use shared::problem::Problem;

use super::visitor_email;
use crate::{
    app::App,
    pages::{Flash, Frame, HomePage, send},
};

/// `GET /`: the public page.
pub(crate) async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    session: Session,
) -> Result<HttpResponse, Problem> {
    let email = visitor_email(&app, &request).await;
    let frame = Frame { email, flash: Flash::take(&session), ..Frame::default() };
    send(HttpResponse::Ok(), &HomePage { frame })
}
