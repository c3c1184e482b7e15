use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    pages::{self, OverviewPage, Section},
    visit::Visit,
};

/// `GET /account`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let account = visit.account().await?;
    let frame = visit.frame().within(Section::Overview);
    pages::show(&OverviewPage { frame, csrf: visit.csrf()?, account })
}
