use askama::Template;

use super::{Moment, PageLayout, PageLink, PasskeyButton};

/// The public home page.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) layout: PageLayout,
}

/// A page for developers.
#[derive(Template)]
#[template(path = "api.html")]
pub(crate) struct ApiPage {
    pub(crate) layout: PageLayout,
    pub(crate) title: &'static str,
    /// HTML.
    pub(crate) content: String,
}

/// The page that only signed-in users can open.
#[derive(Template)]
#[template(path = "private.html")]
pub(crate) struct PrivatePage {
    pub(crate) layout: PageLayout,
    pub(crate) email: String,
    /// When the user signed in.
    pub(crate) since: Moment,
    /// When the session expires unless it is used.
    pub(crate) until: Moment,
    /// When the session expires even if it is used.
    pub(crate) at_the_latest: Moment,
    pub(crate) csrf: String,
}

/// A page that contains only information, and no form.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage {
    pub(crate) layout: PageLayout,
    pub(crate) title: &'static str,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) hint: &'static str,
    pub(crate) button: Option<PageLink>,
    pub(crate) link: Option<PageLink>,
}

/// The choice of a second factor during sign-in, on sites that require one.
#[derive(Template)]
#[template(path = "enrol.html")]
pub(crate) struct EnrolPage {
    pub(crate) layout: PageLayout,
    pub(crate) csrf: String,
    /// The URL to which the form for an authenticator app is submitted.
    pub(crate) authenticator_form: String,
    pub(crate) passkey: PasskeyButton,
}
