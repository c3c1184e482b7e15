//! Finds the links that users follow.

use secrecy::SecretString;

use crate::{
    app::App,
    domain::LinkToken,
    error::Error,
    mail::{InvalidLink, MailLink},
    storage,
};

/// A valid link.
pub(crate) struct MailedLink {
    /// The hash of the token, under which the link is stored.
    pub(crate) hash: Vec<u8>,
    pub(crate) link: MailLink,
}

/// Finds the link with this token without using it up.
///
/// # Errors
/// The link is invalid, or the database is unreachable.
pub(crate) async fn find_link(app: &App, token: &SecretString) -> Result<MailedLink, Error> {
    let hash = LinkToken::parse(token).ok_or(InvalidLink)?.hash();
    let wanted = hash.clone();
    let now = app.clock.now();
    let row = app.database.query(move |c| storage::find_link(c, &wanted, now)).await?;
    Ok(MailedLink { hash, link: app.links.open(row)? })
}
