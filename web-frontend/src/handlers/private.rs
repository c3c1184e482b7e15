use actix_session::Session;
use actix_web::HttpResponse;
use shared::problem::Problem;

use crate::{
    csrf,
    guard::SignedIn,
    pages::{Flash, Frame, Moment, PrivatePage, send},
};

/// `GET /private`: who is signed in, since when and until when.
pub(crate) async fn show(person: SignedIn, session: Session) -> Result<HttpResponse, Problem> {
    let (email, login) = (person.user.email.clone(), &person.session);
    let page = PrivatePage {
        frame: Frame { email: Some(email.clone()), flash: Flash::take(&session), ..Frame::default() },
        email,
        since: Moment(login.created_at),
        until: Moment(login.token_expires_at),
        at_the_latest: Moment(login.expires_at),
        csrf: csrf::token(&session)?,
    };
    send(HttpResponse::Ok(), &page)
}
