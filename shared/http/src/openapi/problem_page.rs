use super::html::{escape, prose};
use crate::problem::Code;

/// Renders the content of the page that describes a code: when a request fails with it, and what to do.
pub fn render_problem(code: Code) -> String {
    format!(
        "<div class=\"api\" lang=\"en\">\n<p><b>{}</b> <code>{}</code></p>\n<h1>{}</h1>\n<h2>When it happens</h2>\n\
         <p>{}</p>\n<h2>What to do</h2>\n<p>{}</p>\n<p><a href=\"../openapi\">All operations and their codes</a></p>\n\
         </div>\n",
        code.status(),
        code.as_str(),
        escape(code.title()),
        prose(code.meaning()),
        prose(code.advice()),
    )
}
