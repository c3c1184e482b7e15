//! `APP_KIND`.

use drawbridge_core::settings::{Reader, Setting};

const APP_KIND: Setting = Setting::new(
    "APP_KIND",
    "What the application is built with. Next.js serves the data and images of a page under further names, which are \
     guarded like the page unless this is `other`. Without it, web-frontend looks at the application's page at `/` \
     and logs whether it is built with Next.js.",
)
.values("`next` or `other`")
.default("none; the names of Next.js are guarded, which does no harm elsewhere");

/// What an application is built with, as the operator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppKind {
    /// Next.js.
    Next,
    /// Anything else.
    Other,
}

impl AppKind {
    /// Reads `APP_KIND`; `None` if it is not set.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        reader.optional(APP_KIND, |text| match text {
            "next" => Ok(Self::Next),
            "other" => Ok(Self::Other),
            _ => Err(format!("must be next or other, not \"{text}\"")),
        })
    }
}
