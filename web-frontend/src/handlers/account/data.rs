use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    page_request::PageRequest,
    pages::{self, AccountSection, NoticePage, PageLink},
};

/// `GET /account/data`: offers a download of everything that is stored about the user.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let text = &request.text.data;
    pages::render(&NoticePage {
        layout: request.layout().within(AccountSection::Data),
        title: text.title,
        paragraphs: vec![text.intro.to_owned()],
        hint: text.never,
        button: Some(PageLink::new(text.download, request.at("/api/me/export"))),
        link: None,
    })
}
