use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    pages::{self, Moment, PrivatePage},
    visit::Visit,
};
use drawbridge_guard::SignedIn;

/// `GET /private`: who is signed in, since when and until when.
pub(crate) async fn show(visit: Visit, person: SignedIn) -> Result<HttpResponse, Problem> {
    let login = &person.session;
    let moment = |at| Moment::new(at, visit.text);
    pages::show(&PrivatePage {
        frame: visit.frame(),
        email: person.user.email.clone(),
        since: moment(login.created_at),
        until: moment(login.token_expires_at),
        at_the_latest: moment(login.expires_at),
        csrf: visit.csrf()?,
    })
}
