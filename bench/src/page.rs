//! A small page that shows the signed-in user, as a page of an application behind the guard would.

use drawbridge_verification::Verified;

/// Renders the page.
pub fn render(verified: &Verified) -> String {
    let Verified { user, session } = verified;
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Private page</title></head>\n\
         <body>\n<h1>Private page</h1>\n<dl>\n<dt>Signed in as</dt><dd>{}</dd>\n<dt>Since</dt><dd>{}</dd>\n\
         <dt>Until</dt><dd>{}</dd>\n</dl>\n</body>\n</html>\n",
        user.email, session.created_at, session.expires_at
    )
}
