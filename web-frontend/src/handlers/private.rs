use actix_web::HttpResponse;
use drawbridge_guard::SignedIn;
use drawbridge_http::problem::Problem;

use crate::{
    page_request::PageRequest,
    pages::{self, Moment, PrivatePage},
};

/// `GET /private`: shows who is signed in, and when the session began and expires.
pub(crate) async fn show(request: PageRequest, person: SignedIn) -> Result<HttpResponse, Problem> {
    let session = &person.session;
    let moment = |at| Moment::new(at, request.text);
    pages::render(&PrivatePage {
        layout: request.layout(),
        email: person.user.email.clone(),
        since: moment(session.created_at),
        until: moment(session.token_expires_at),
        at_the_latest: moment(session.expires_at),
        csrf: request.csrf_token()?,
    })
}
