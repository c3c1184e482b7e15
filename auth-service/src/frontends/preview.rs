//! Previews that announce themselves.

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::origin::Origin;
use drawbridge_database::Connection;

use super::{registry_error::RegistryError, registry_event::RegistryAuthor};
use crate::{
    domain::{EventKind, FrontendName},
    storage,
};

/// How long a preview stays registered after its last announcement.
const PREVIEW_LIFETIME: TimeDelta = TimeDelta::days(1);

/// The maximum number of announced previews of a frontend. Everyone who holds its preview key can announce some.
const MAX_PREVIEWS_PER_FRONTEND: usize = 500;

/// The registration of a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewRegistration {
    /// When it expires; `None` if an operator declared the origin, or a pattern that covers it.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Registers the exact origin of a preview for a day. Only its first announcement is recorded in the audit log.
///
/// # Errors
/// The origin belongs to another frontend, the frontend has too many previews or was removed, or the database is
/// unreachable.
pub fn announce_preview(
    connection: &mut Connection,
    name: &FrontendName,
    origin: &Origin,
    author: RegistryAuthor<'_>,
) -> Result<PreviewRegistration, RegistryError> {
    let now = author.now;
    connection.exclusively(|connection| {
        storage::delete_expired_previews(connection, now)?;
        let all = storage::find_frontends(connection, now)?;
        let Some(frontend) = all.iter().find(|frontend| frontend.name == *name) else {
            return Err(RegistryError::UnknownName(name.clone()));
        };
        if frontend.declared_origins().any(|declared| declared.covers(origin)) {
            return Ok(PreviewRegistration { expires_at: None });
        }
        let mut others = all.iter().filter(|other| other.name != *name);
        if others.any(|other| other.origins.iter().any(|taken| taken.covers(origin))) {
            return Err(RegistryError::PreviewOriginTaken(origin.clone()));
        }
        let is_new = !frontend.announced_previews().any(|known| known.covers(origin));
        if is_new && frontend.announced_previews().count() >= MAX_PREVIEWS_PER_FRONTEND {
            return Err(RegistryError::TooManyPreviews(MAX_PREVIEWS_PER_FRONTEND));
        }
        let expires_at = now + PREVIEW_LIFETIME;
        storage::upsert_preview(connection, name, origin, expires_at)?;
        if is_new {
            author.record(connection, EventKind::PreviewAnnounced, name, &origin.to_string())?;
        }
        Ok(PreviewRegistration { expires_at: Some(expires_at) })
    })
}
