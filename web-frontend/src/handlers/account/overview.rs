use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    page_request::PageRequest,
    pages::{self, AccountSection, OverviewPage},
};

/// `GET /account`.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let account = request.account().await?;
    let layout = request.layout().within(AccountSection::Overview);
    pages::render(&OverviewPage { layout, csrf: request.csrf_token()?, account })
}
