use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    page_request::PageRequest,
    pages::{self, HomePage},
};

/// `GET /`.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    pages::render(&HomePage { layout: request.public_layout().await })
}
