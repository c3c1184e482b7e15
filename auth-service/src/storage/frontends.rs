use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, QueryResult, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, delete, dsl::exists, insert_into, select, update,
};
use drawbridge_core::{audience::Audience, origin::Origin};
use drawbridge_database::{
    Connection, on_backend,
    schema::{frontend_audiences, frontend_origins, frontends},
};

use crate::domain::{AddressHeader, Frontend, FrontendName, FrontendOrigin, OriginKind};

#[derive(Insertable)]
#[diesel(table_name = frontends)]
struct NewFrontendRow<'a> {
    name: &'a str,
    audience: Option<&'a str>,
    address_header: Option<&'a str>,
    created_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = frontend_origins)]
struct NewOriginRow<'a> {
    origin: String,
    frontend: &'a str,
    kind: &'static str,
    expires_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = frontends)]
struct FrontendRow {
    name: String,
    audience: Option<String>,
    address_header: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = frontend_origins)]
struct OriginRow {
    origin: String,
    frontend: String,
    kind: String,
    expires_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = frontend_audiences)]
struct AudienceRow {
    frontend: String,
    audience: String,
}

impl OriginRow {
    fn parse(&self) -> Option<FrontendOrigin> {
        FrontendOrigin::from_stored(&self.kind, &self.origin, self.expires_at)
    }
}

/// All frontends, sorted by name, with the origins that have not expired.
pub fn find_frontends(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<Vec<Frontend>> {
    find(connection, None, now)
}

/// The frontend with this name, with the origins that have not expired.
pub fn find_frontend(
    connection: &mut Connection,
    name: &FrontendName,
    now: DateTime<Utc>,
) -> QueryResult<Option<Frontend>> {
    Ok(find(connection, Some(name.as_str()), now)?.pop())
}

/// Finds one frontend or all.
fn find(connection: &mut Connection, name: Option<&str>, now: DateTime<Utc>) -> QueryResult<Vec<Frontend>> {
    let rows: Vec<FrontendRow> = on_backend!(&mut *connection, |c| {
        let mut query = frontends::table.select(FrontendRow::as_select()).into_boxed();
        if let Some(name) = name {
            query = query.filter(frontends::name.eq(name));
        }
        query.load(c)
    })?;
    let origins: Vec<OriginRow> = on_backend!(&mut *connection, |c| {
        let mut query = frontend_origins::table.select(OriginRow::as_select()).into_boxed();
        if let Some(name) = name {
            query = query.filter(frontend_origins::frontend.eq(name));
        }
        let is_current =
            frontend_origins::expires_at.is_null().or(frontend_origins::expires_at.gt(now.naive_utc()));
        query.filter(is_current).load(c)
    })?;
    let audiences: Vec<AudienceRow> = on_backend!(connection, |c| {
        let mut query = frontend_audiences::table.select(AudienceRow::as_select()).into_boxed();
        if let Some(name) = name {
            query = query.filter(frontend_audiences::frontend.eq(name));
        }
        query.load(c)
    })?;
    let mut frontends: Vec<_> =
        rows.into_iter().filter_map(|row| assemble(row, &origins, &audiences)).collect();
    // Databases sort by their own collation, so sort here.
    frontends.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(frontends)
}

/// The frontend in a row. A row that this version cannot read is no frontend.
fn assemble(row: FrontendRow, origins: &[OriginRow], audiences: &[AudienceRow]) -> Option<Frontend> {
    let own_origins = origins.iter().filter(|origin| origin.frontend == row.name);
    let own_audiences = audiences.iter().filter(|audience| audience.frontend == row.name);
    let mut origins: Vec<_> = own_origins.filter_map(OriginRow::parse).collect();
    origins.sort_unstable_by_key(|origin| (origin.kind(), origin.to_string()));
    let mut audiences: Vec<Audience> =
        own_audiences.filter_map(|audience| audience.audience.parse().ok()).collect();
    audiences.sort_unstable();
    let session_audience = match row.audience {
        Some(audience) => Some(audience.parse().ok()?),
        None => None,
    };
    Some(Frontend {
        name: row.name.parse().ok()?,
        origins,
        audiences,
        session_audience,
        address_header: row.address_header.and_then(|header| header.parse().ok()),
    })
}

/// Returns true if the sessions of a frontend have this audience.
pub fn is_session_audience(connection: &mut Connection, audience: &Audience) -> QueryResult<bool> {
    let with_audience = frontends::table.filter(frontends::audience.eq(audience.as_str()));
    on_backend!(connection, |c| select(exists(with_audience)).get_result(c))
}

/// The origins of all frontends that have not expired.
pub fn find_registered_origins(
    connection: &mut Connection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<FrontendOrigin>> {
    let is_current =
        frontend_origins::expires_at.is_null().or(frontend_origins::expires_at.gt(now.naive_utc()));
    let rows: Vec<OriginRow> = on_backend!(connection, |c| {
        frontend_origins::table.filter(is_current).select(OriginRow::as_select()).load(c)
    })?;
    Ok(rows.iter().filter_map(OriginRow::parse).collect())
}

/// Stores a frontend. Requires an exclusive transaction, and that it does not conflict with others.
pub fn insert_frontend(
    connection: &mut Connection,
    frontend: &Frontend,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let row = NewFrontendRow {
        name: frontend.name.as_str(),
        audience: frontend.session_audience.as_ref().map(Audience::as_str),
        address_header: frontend.address_header.as_ref().map(AddressHeader::as_str),
        created_at: now.naive_utc(),
    };
    on_backend!(&mut *connection, |c| insert_into(frontends::table).values(&row).execute(c))?;
    insert_declarations(connection, frontend)
}

/// Stores what an operator declared for a frontend that exists. Requires an exclusive transaction in which
/// [`delete_declarations`] was called, and that the frontend does not conflict with others.
pub fn update_frontend(connection: &mut Connection, frontend: &Frontend) -> QueryResult<()> {
    let row = frontends::table.find(frontend.name.as_str());
    let change = (
        frontends::audience.eq(frontend.session_audience.as_ref().map(Audience::as_str)),
        frontends::address_header.eq(frontend.address_header.as_ref().map(AddressHeader::as_str)),
    );
    on_backend!(&mut *connection, |c| update(row).set(change).execute(c))?;
    // A declared origin needs no announcement any more.
    let declared: Vec<_> = frontend.declared_origins().map(ToString::to_string).collect();
    let announced = frontend_origins::table.filter(
        frontend_origins::frontend.eq(frontend.name.as_str()).and(frontend_origins::origin.eq_any(&declared)),
    );
    on_backend!(&mut *connection, |c| delete(announced).execute(c))?;
    insert_declarations(connection, frontend)
}

/// Deletes the origins and audiences that an operator declared for a frontend. Its announced previews stay.
pub fn delete_declarations(connection: &mut Connection, name: &FrontendName) -> QueryResult<()> {
    let declared = frontend_origins::table.filter(
        frontend_origins::frontend
            .eq(name.as_str())
            .and(frontend_origins::kind.ne(OriginKind::Preview.as_str())),
    );
    let audiences = frontend_audiences::table.filter(frontend_audiences::frontend.eq(name.as_str()));
    on_backend!(&mut *connection, |c| delete(declared).execute(c))?;
    on_backend!(connection, |c| delete(audiences).execute(c)).map(drop)
}

fn insert_declarations(connection: &mut Connection, frontend: &Frontend) -> QueryResult<()> {
    let name = frontend.name.as_str();
    for origin in frontend.declared_origins() {
        let row = NewOriginRow {
            origin: origin.to_string(),
            frontend: name,
            kind: origin.kind().as_str(),
            expires_at: None,
        };
        on_backend!(&mut *connection, |c| insert_into(frontend_origins::table).values(&row).execute(c))?;
    }
    for audience in &frontend.audiences {
        let row = (frontend_audiences::frontend.eq(name), frontend_audiences::audience.eq(audience.as_str()));
        on_backend!(&mut *connection, |c| insert_into(frontend_audiences::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Deletes a frontend with its origins, audiences and keys. Returns false if there is none with this name.
pub fn delete_frontend(connection: &mut Connection, name: &FrontendName) -> QueryResult<bool> {
    let row = frontends::table.find(name.as_str());
    Ok(on_backend!(connection, |c| delete(row).execute(c))? == 1)
}

/// Registers the origin of a preview until `expires_at`, or extends its registration. Requires an exclusive transaction,
/// and that the origin belongs to no other frontend.
pub fn upsert_preview(
    connection: &mut Connection,
    name: &FrontendName,
    origin: &Origin,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    let expires_at = Some(expires_at.naive_utc());
    let row = NewOriginRow {
        origin: origin.to_string(),
        frontend: name.as_str(),
        kind: OriginKind::Preview.as_str(),
        expires_at,
    };
    on_backend!(connection, |c| {
        insert_into(frontend_origins::table)
            .values(&row)
            .on_conflict(frontend_origins::origin)
            .do_update()
            .set(frontend_origins::expires_at.eq(expires_at))
            .execute(c)
    })
    .map(drop)
}

/// Deletes expired previews. Returns how many there were.
pub fn delete_expired_previews(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let expired = frontend_origins::table.filter(frontend_origins::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(expired).execute(c))
}
