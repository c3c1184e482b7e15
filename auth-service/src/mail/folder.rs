//! Mails that are kept instead of sent, on a machine of one's own, and the page that shows them.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use drawbridge_core::id::MailJobId;
use serde::{Deserialize, Serialize};

use super::letter::{Letter, escape, linked};

/// What the page looks like; the policy that it is sent with names its hash.
pub(crate) const STYLE: &str = ":root{color-scheme:light dark;--ground:#f5f6fa;--surface:#fff;--ink:#171b26;--soft:#555d70;\
     --line:#d5d9e4;--accent:#2f5bd7}@media(prefers-color-scheme:dark){:root{--ground:#10131b;--surface:#191d28;\
     --ink:#eceff7;--soft:#a7afc3;--line:#2c3242;--accent:#8fadff}}body{margin:0;background:var(--ground);\
     color:var(--ink);font:1rem/1.55 system-ui,sans-serif}main{max-width:44rem;margin:0 auto;padding:1.5rem 1rem}\
     article{margin:1rem 0;padding:1.25rem;border:1px solid var(--line);border-radius:.9rem;\
     background:var(--surface)}h2{margin:0;font-size:1.05rem}p{margin:.25rem 0 1rem;color:var(--soft)}\
     pre{margin:0;font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}a{color:var(--accent)}";

/// How many mails are kept.
const MOST: usize = 200;

/// A mail that was kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) at: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// The folder that they are in: a file for each, named by its time.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Keeps a letter; the oldest make room.
    pub(super) fn keep(&self, id: MailJobId, letter: &Letter) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let at = id.created_at().format("%Y-%m-%d %H:%M:%S UTC").to_string();
        let kept = Kept { at, to: letter.to.clone(), subject: letter.subject.clone(), text: letter.text() };
        let path = self.0.join(format!("{id}.json"));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        for old in self.files()?.iter().rev().skip(MOST) {
            fs::remove_file(old)?;
        }
        Ok(())
    }

    /// The mails, newest first.
    pub(crate) fn read(&self) -> io::Result<Vec<Kept>> {
        let files = self.files()?;
        let mails = files.iter().rev().filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok());
        Ok(mails.collect())
    }

    /// The files, oldest first.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        Ok(files)
    }
}

impl Kept {
    /// The page that shows mails. It loads nothing and runs nothing.
    pub(crate) fn page(mails: &[Self]) -> String {
        let mut body = String::new();
        // Writing to a string does not fail.
        for Self { at, to, subject, text } in mails {
            let lines: Vec<_> = text.lines().map(|line| linked(line, "")).collect();
            let _ = writeln!(
                body,
                "<article>\n<h2>{}</h2>\n<p>To {} · <time>{at}</time></p>\n<pre>{}</pre>\n</article>",
                escape(subject),
                escape(to),
                lines.join("\n")
            );
        }
        if mails.is_empty() {
            body += "<p>No mail yet. What would be sent is shown here.</p>\n";
        }
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
             <title>Mailbox</title><style>{STYLE}</style></head>\n<body>\n<main>\n<h1>Mailbox</h1>\n<p>This machine \
             sends no mail: SMTP_URL is not set. What would be sent is kept here, newest first.</p>\n{body}</main>\n\
             </body></html>\n"
        )
    }
}
