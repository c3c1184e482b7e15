//! A small page that names the person, as an application behind the guard would have one.

use drawbridge_verification::Verified;

/// The page.
pub fn render(person: &Verified) -> String {
    let Verified { user, session } = person;
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Private page</title></head>\n\
         <body>\n<h1>Private page</h1>\n<dl>\n<dt>Signed in as</dt><dd>{}</dd>\n<dt>Since</dt><dd>{}</dd>\n\
         <dt>Until</dt><dd>{}</dd>\n</dl>\n</body>\n</html>\n",
        user.email, session.created_at, session.expires_at
    )
}
