use std::fmt::Write as _;

use super::{
    folder::StoredMail,
    html::{escape, with_links},
};

/// The style of the mailbox page. Its hash is in the page's content security policy.
pub(crate) const MAILBOX_STYLE: &str = ":root{color-scheme:light dark;--ground:#f5f6fa;--surface:#fff;--ink:#171b26;\
     --soft:#555d70;--line:#d5d9e4;--accent:#2f5bd7}@media(prefers-color-scheme:dark){:root{--ground:#10131b;\
     --surface:#191d28;--ink:#eceff7;--soft:#a7afc3;--line:#2c3242;--accent:#8fadff}}body{margin:0;\
     background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}main{max-width:44rem;margin:0 auto;\
     padding:1.5rem 1rem}article{margin:1rem 0;padding:1.25rem;border:1px solid var(--line);border-radius:.9rem;\
     background:var(--surface)}h2{margin:0;font-size:1.05rem}p{margin:.25rem 0 1rem;color:var(--soft)}\
     pre{margin:0;font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}a{color:var(--accent)}";

/// Renders the page that shows stored e-mails. It loads no resources and runs no scripts.
pub(crate) fn render_mailbox(mails: &[StoredMail]) -> String {
    let mut body = String::new();
    for StoredMail { at, to, subject, text } in mails {
        let lines: Vec<_> = text.lines().map(|line| with_links(line, "")).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            body,
            "<article>\n<h2>{}</h2>\n<p>To {} · <time>{at}</time></p>\n<pre>{}</pre>\n</article>",
            escape(subject),
            escape(to),
            lines.join("\n")
        );
    }
    if mails.is_empty() {
        body += "<p>No e-mails yet.</p>\n";
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>Mailbox</title><style>{MAILBOX_STYLE}</style></head>\n<body>\n<main>\n<h1>Mailbox</h1>\n<p>No mail \
         server is configured (SMTP_URL), so e-mails are stored here instead of being sent. The newest one is \
         first.</p>\n{body}</main>\n</body></html>\n"
    )
}
