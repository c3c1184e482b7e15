use std::borrow::Cow;

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use drawbridge_http::problem::Problem;

use super::{FormField, PageLayout, PageLink, allow_form_target, render_into};
use crate::text::Form;

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    pub(crate) layout: PageLayout,
    title: &'static str,
    intro: Vec<Cow<'static, str>>,
    csrf: String,
    action: String,
    hidden: Vec<HiddenField>,
    fields: Vec<FormField>,
    button: &'static str,
    is_destructive: bool,
    error: Option<String>,
    passkey: Option<PasskeyButton>,
    /// Where the visitor returns to after the form.
    return_target: Option<String>,
    links: Vec<PageLink>,
}

/// A value that the form submits without showing it.
struct HiddenField {
    name: &'static str,
    value: String,
}

/// A button whose script asks for a passkey.
#[derive(Clone)]
pub(crate) struct PasskeyButton {
    pub(crate) label: &'static str,
    /// The endpoint that starts the ceremony, without `PAGES_PATH`.
    pub(crate) begin: &'static str,
    /// The endpoint that completes the ceremony, without `PAGES_PATH`.
    pub(crate) finish: &'static str,
    /// Whether the browser may suggest passkeys in the e-mail field.
    pub(crate) conditional: bool,
    /// The path or URL to go to afterwards.
    pub(crate) next: Option<String>,
}

impl FormPage {
    /// A page whose form is submitted to `action`.
    pub(crate) fn new(layout: PageLayout, csrf: String, form: &Form, action: String) -> Self {
        let intro = Some(form.intro).filter(|intro| !intro.is_empty()).map(Cow::Borrowed);
        Self {
            layout,
            title: form.title,
            intro: intro.into_iter().collect(),
            csrf,
            action,
            hidden: Vec::new(),
            fields: Vec::new(),
            button: form.button,
            is_destructive: false,
            error: None,
            passkey: None,
            return_target: None,
            links: Vec::new(),
        }
    }

    /// Adds a paragraph above the form.
    pub(crate) fn with_paragraph(mut self, paragraph: impl Into<Cow<'static, str>>) -> Self {
        self.intro.push(paragraph.into());
        self
    }

    /// Adds a hidden field, if there is a value.
    pub(crate) fn with_hidden(mut self, name: &'static str, value: Option<String>) -> Self {
        self.hidden.extend(value.map(|value| HiddenField { name, value }));
        self
    }

    /// Adds a field.
    pub(crate) fn with_field(mut self, field: FormField) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds a link below the form.
    pub(crate) fn with_link(mut self, link: PageLink) -> Self {
        self.links.push(link);
        self
    }

    /// Offers a passkey as an alternative to the form.
    pub(crate) fn with_passkey(mut self, passkey: PasskeyButton) -> Self {
        self.passkey = Some(passkey);
        self
    }

    /// Allows a redirect to `next`, which may be on another origin, after the form.
    pub(crate) fn returning_to(mut self, next: &str) -> Self {
        self.return_target = Some(next.to_owned());
        self
    }

    /// Marks the button as one whose effect cannot be undone.
    pub(crate) fn destructive(mut self) -> Self {
        self.is_destructive = true;
        self
    }

    /// Shows an error next to the field `name`, or above the form if there is no such field.
    pub(crate) fn with_error(mut self, name: &str, message: impl Into<String>) -> Self {
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.error = Some(message.into()),
            None => self.error = Some(message.into()),
        }
        self
    }

    /// Returns true if the form has a field with this name.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Responds with the page.
    ///
    /// # Errors
    /// The template cannot be rendered.
    pub(crate) fn render(self) -> Result<HttpResponse, Problem> {
        self.render_into(HttpResponse::Ok())
    }

    /// Completes a response with the page.
    ///
    /// # Errors
    /// The template cannot be rendered.
    pub(crate) fn render_into(mut self, response: HttpResponseBuilder) -> Result<HttpResponse, Problem> {
        let first_invalid = self.fields.iter().position(|field| field.error.is_some());
        let first_empty = self.fields.iter().position(|field| field.is_editable() && field.value.is_empty());
        if let Some(field) = first_invalid.or(first_empty).and_then(|index| self.fields.get_mut(index)) {
            field.has_focus = true;
        }
        Ok(allow_form_target(render_into(response, &self)?, self.return_target.as_deref()))
    }

    fn has_error(&self) -> bool {
        self.error.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }

    fn has_password(&self) -> bool {
        self.fields.iter().any(FormField::is_password)
    }
}
