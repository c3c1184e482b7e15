//! The pages: what each shows, and how it is sent.

mod flash;
mod form_page;
pub(crate) mod problem;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use askama::Template;
use chrono::{DateTime, Utc};
use shared::problem::Problem;

pub(crate) use flash::Flash;
pub(crate) use form_page::{FieldErrors, LoginPage, LogoutPage, RegisterPage};

/// What may be loaded and done: our own stylesheet, images and forms. No script at all.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page shows around its content.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    /// The address of whoever is signed in.
    pub(crate) email: Option<String>,
    /// Whether the way to the forms is left out: nobody knows who is signed in.
    pub(crate) plain: bool,
    /// What happened on the page before.
    pub(crate) flash: Option<Flash>,
}

/// The public home page.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) frame: Frame,
}

/// The page behind the guard.
#[derive(Template)]
#[template(path = "private.html")]
pub(crate) struct PrivatePage {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) since: Moment,
    pub(crate) until: Moment,
    pub(crate) at_the_latest: Moment,
    pub(crate) csrf: String,
}

/// A point in time, for people and for programs.
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl Moment {
    fn text(&self) -> String {
        self.0.format("%-d %b %Y, %H:%M UTC").to_string()
    }

    fn machine(&self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

/// Sends a page with the headers that all pages have.
pub(crate) fn send(mut response: HttpResponseBuilder, page: &impl Template) -> Result<HttpResponse, Problem> {
    let html = page.render().map_err(Problem::internal)?;
    Ok(response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .body(html))
}

/// Sends the browser on after a form, so that a reload does not send the form again.
pub(crate) fn see_other(target: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, target));
    response
}
