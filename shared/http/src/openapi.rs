//! OpenAPI 3.1: what every service adds to the description that `utoipa` derives from its handlers and types, and the
//! pages that show it.
//!
//! A handler lists the codes that it returns itself with [`problems!`](crate::problems). [`ApiDocument::complete`] adds
//! those that extractors and middleware return before it runs.

mod document;
mod html;
mod operations;
mod page;
mod problem_page;
mod problems;
mod schema_text;
mod schemas;
pub mod site;

pub use document::ApiDocument;
pub use operations::MiddlewareProblems;
pub use page::render_api;
pub use problem_page::render_problem;
pub use problems::{ProblemResponses, TokenProblems, list_problems};
pub use schemas::{always_false, always_true};
pub use site::API_STYLE;
