//! The pages: what each one shows, and how it becomes a response.

mod account;
mod form_field;
mod form_page;
mod layout;
mod link;
mod moment;
mod onward;
mod plain;
mod problem;
mod response;
mod section;

pub(crate) use account::{
    ActivityPage, AuthenticatorPage, NewRecoveryCodesPage, OverviewPage, PasskeysPage, QrCode,
    RecoveryCodesPage, SessionsPage,
};
pub(crate) use form_field::FormField;
pub(crate) use form_page::{FormPage, PasskeyButton};
pub(crate) use layout::PageLayout;
pub(crate) use link::PageLink;
pub(crate) use moment::Moment;
pub(crate) use onward::onward_page;
pub(crate) use plain::{ApiPage, EnrolPage, HomePage, NoticePage, PrivatePage};
pub(crate) use problem::ProblemPage;
pub(crate) use response::{allow_form_target, render, render_into, see_other};
pub(crate) use section::AccountSection;
