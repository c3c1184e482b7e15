use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    pages::{self, HomePage},
    visit::Visit,
};

/// `GET /`: the public page.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    pages::show(&HomePage { frame: visit.public_frame().await })
}
