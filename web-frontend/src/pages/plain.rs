use askama::Template;

use super::{Frame, Link, Moment, PasskeyButton};

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

/// A page that tells something and asks for nothing.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage {
    pub(crate) frame: Frame,
    pub(crate) title: &'static str,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) hint: &'static str,
    pub(crate) button: Option<Link>,
    pub(crate) link: Option<Link>,
}

/// The choice of a second step, where everybody needs one.
#[derive(Template)]
#[template(path = "enrol.html")]
pub(crate) struct EnrolPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) passkey: PasskeyButton,
}
