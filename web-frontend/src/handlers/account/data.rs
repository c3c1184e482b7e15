use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use crate::{
    pages::{self, Link, NoticePage, Section},
    visit::Visit,
};

/// `GET /account/data`: the way to all that is kept about the person.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let text = &visit.text.data;
    pages::show(&NoticePage {
        frame: visit.frame().within(Section::Data),
        title: text.title,
        paragraphs: vec![text.intro.to_owned()],
        hint: text.never,
        button: Some(Link::new(text.download, "/api/me/export")),
        link: None,
    })
}
