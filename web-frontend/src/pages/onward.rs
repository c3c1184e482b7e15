use actix_web::{HttpResponse, http::header};
use drawbridge_http::problem::Problem;

use super::{NoticePage, PageLayout, PageLink, render_into};

/// A page that goes on to `target` by itself. It ends the redirects of a form.
///
/// # Errors
/// The template cannot be rendered.
pub(crate) fn onward_page(layout: PageLayout, target: &str) -> Result<HttpResponse, Problem> {
    let text = &layout.text.frame;
    let page = NoticePage {
        title: text.one_moment,
        paragraphs: Vec::new(),
        hint: "",
        button: Some(PageLink::new(text.go_on, target)),
        link: None,
        layout,
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header(("refresh", format!("0; url={target}")))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    render_into(response, &page)
}
