//! What happens around handlers: session renewal, activity reports and error pages.

mod activity;
mod problem_pages;
mod renewal;

pub(crate) use activity::report_activity;
pub(crate) use problem_pages::render_problems;
pub(crate) use renewal::{renew, renew_if_due, renew_session};
