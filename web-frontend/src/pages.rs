//! The pages: what each shows, and how it is sent.

mod account;
mod field;
mod flash;
mod form_page;
mod frame;
mod plain;
pub(crate) mod problem;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use askama::Template;
use chrono::{DateTime, Utc};
use drawbridge_http::problem::Problem;

pub(crate) use account::{
    ActivityPage, AuthenticatorPage, FreshCodesPage, OverviewPage, PasskeysPage, QrCode, RecoveryCodesPage,
    SessionsPage,
};
pub(crate) use field::Field;
pub(crate) use flash::Flash;
pub(crate) use form_page::{FormPage, Link, PasskeyButton};
pub(crate) use frame::{Frame, Section};
pub(crate) use plain::{EnrolPage, HomePage, NoticePage, PrivatePage};

use crate::text::Text;

/// What may be loaded and done: our own stylesheet, scripts, images and forms, and calls of this origin.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A point in time, for people and for programs.
pub(crate) struct Moment {
    at: DateTime<Utc>,
    text: &'static Text,
}

impl Moment {
    pub(crate) fn new(at: DateTime<Utc>, text: &'static Text) -> Self {
        Self { at, text }
    }

    pub(crate) fn text(&self) -> String {
        (self.text.time.moment)(self.at)
    }

    fn machine(&self) -> String {
        self.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
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

/// Shows a page.
pub(crate) fn show(page: &impl Template) -> Result<HttpResponse, Problem> {
    send(HttpResponse::Ok(), page)
}

/// Sends the browser on after a form, so that a reload does not send the form again.
pub(crate) fn see_other(target: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, target));
    response
}
