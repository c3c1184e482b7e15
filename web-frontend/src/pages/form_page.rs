use std::borrow::Cow;

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use drawbridge_http::problem::{Code, Problem};

use super::{Field, Frame, send};
use crate::{
    auth_client::{Answer, Refused},
    text::Form,
    visit::{Visit, confirm_first, stale_head},
};

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    pub(crate) frame: Frame,
    title: &'static str,
    intro: Vec<Cow<'static, str>>,
    csrf: String,
    action: &'static str,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<Field>,
    button: &'static str,
    is_dangerous: bool,
    error: Option<String>,
    passkey: Option<PasskeyButton>,
    links: Vec<Link>,
}

/// A button that lets a script ask for a passkey.
#[derive(Clone)]
pub(crate) struct PasskeyButton {
    pub(crate) label: &'static str,
    /// Where a script begins and where it finishes.
    pub(crate) begin: &'static str,
    pub(crate) finish: &'static str,
    /// Whether the browser may offer passkeys among the addresses that it fills in.
    pub(crate) conditional: bool,
    /// Where the person wants to go.
    pub(crate) next: Option<String>,
}

/// A way to another page, with words before it.
pub(crate) struct Link {
    pub(crate) before: &'static str,
    pub(crate) text: &'static str,
    pub(crate) target: String,
}

impl Link {
    pub(crate) fn new(text: &'static str, target: impl Into<String>) -> Self {
        Self { before: "", text, target: target.into() }
    }

    pub(crate) fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }
}

impl FormPage {
    /// A page whose form is sent to `action`.
    pub(crate) fn new(
        visit: &Visit,
        frame: Frame,
        form: &Form,
        action: &'static str,
    ) -> Result<Self, Problem> {
        let intro = Some(form.intro).filter(|intro| !intro.is_empty()).map(Cow::Borrowed);
        Ok(Self {
            frame,
            title: form.title,
            intro: intro.into_iter().collect(),
            csrf: visit.csrf()?,
            action,
            hidden: Vec::new(),
            fields: Vec::new(),
            button: form.button,
            is_dangerous: false,
            error: None,
            passkey: None,
            links: Vec::new(),
        })
    }

    /// One more paragraph above the form.
    pub(crate) fn say(mut self, paragraph: impl Into<Cow<'static, str>>) -> Self {
        self.intro.push(paragraph.into());
        self
    }

    /// Something that the form brings along.
    pub(crate) fn bring(mut self, name: &'static str, value: Option<String>) -> Self {
        self.hidden.extend(value.map(|value| (name, value)));
        self
    }

    /// One more field.
    pub(crate) fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// One more link below the form.
    pub(crate) fn link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }

    /// A passkey in place of the form.
    pub(crate) fn passkey(mut self, passkey: Option<PasskeyButton>) -> Self {
        self.passkey = passkey;
        self
    }

    /// The form does what cannot be undone.
    pub(crate) fn dangerous(mut self) -> Self {
        self.is_dangerous = true;
        self
    }

    /// What is wrong, beside its field or, where there is no such field, above the form.
    pub(crate) fn fault(mut self, name: &str, message: impl Into<String>) -> Self {
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.error = Some(message.into()),
            None => self.error = Some(message.into()),
        }
        self
    }

    /// Shows the page.
    pub(crate) fn show(self) -> Result<HttpResponse, Problem> {
        self.show_with(HttpResponse::Ok())
    }

    /// Shows the page again, since the form was not one that this visitor was shown.
    pub(crate) fn show_stale(self) -> Result<HttpResponse, Problem> {
        let message = self.frame.text.problem.stale_form;
        self.fault("", message).show_with(stale_head())
    }

    /// Shows the page again with what auth-service has against it, or sends the person to confirm who they are.
    pub(crate) fn refuse(
        self,
        visit: &Visit,
        answer: &Answer,
        refused: &Refused,
    ) -> Result<HttpResponse, Problem> {
        if refused.code == Code::ConfirmationRequired.as_str() {
            return Ok(confirm_first(&self.frame.here));
        }
        let name = field_of(&refused.code);
        let asks_for_current = name == "current" && self.fields.iter().any(|field| field.name == name);
        let message =
            if asks_for_current { visit.text.password.wrong.to_owned() } else { visit.explain(refused) };
        self.fault(name, message).show_with(answer.response_head())
    }

    /// Shows the page with this status.
    pub(crate) fn show_with(mut self, response: HttpResponseBuilder) -> Result<HttpResponse, Problem> {
        let faulty = self.fields.iter().position(|field| field.error.is_some());
        let empty = self.fields.iter().position(|field| field.is_open() && field.value.is_empty());
        if let Some(field) = faulty.or(empty).and_then(|at| self.fields.get_mut(at)) {
            field.focus = true;
        }
        send(response, &self)
    }

    fn has_fault(&self) -> bool {
        self.error.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }

    fn has_password(&self) -> bool {
        self.fields.iter().any(Field::is_password)
    }
}

/// The field that a refusal is about.
fn field_of(code: &str) -> &'static str {
    match code {
        "invalid_email" | "email_taken" => "email",
        "password_too_short" | "password_too_long" | "password_too_common" | "password_leaked" => "password",
        "invalid_credentials" => "current",
        "invalid_code" | "second_factor_required" => "code",
        "invalid_name" => "name",
        _ => "",
    }
}
