use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, dsl::max, insert_into, update,
};
use drawbridge_database::{
    Connection, on_backend,
    schema::{signing_key_secrets, signing_keys},
};

/// A signing key to store.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key ID: the thumbprint of the public key (RFC 7638).
    pub kid: String,
    /// The public key as a JWK.
    pub public_jwk: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The current time.
    pub created_at: DateTime<Utc>,
    /// When the key starts to sign.
    pub active_from: DateTime<Utc>,
    /// The maximum lifetime of its tokens.
    pub token_lifetime: TimeDelta,
}

/// The key that currently signs.
#[derive(Debug, Clone, Queryable)]
pub struct SealedKey {
    /// The key ID.
    pub kid: String,
    /// The public key as a JWK.
    pub public_jwk: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
}

/// A key in a list for operators.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = signing_keys)]
pub struct KeySummary {
    /// The key ID.
    pub kid: String,
    /// When the key was created and published.
    pub created_at: NaiveDateTime,
    /// When the key starts to sign.
    pub active_from: NaiveDateTime,
    /// When its last token expires; `None` until another key is created to replace it.
    pub expires_at: Option<NaiveDateTime>,
}

#[derive(Insertable)]
#[diesel(table_name = signing_keys)]
struct KeyRow<'a> {
    kid: &'a str,
    public_jwk: &'a str,
    created_at: NaiveDateTime,
    active_from: NaiveDateTime,
    token_seconds: i64,
}

/// Activates the keys that are published but do not sign yet. Returns false if there are none. Requires an exclusive
/// transaction.
pub fn activate_waiting_keys(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<bool> {
    let now = now.naive_utc();
    let waiting =
        signing_keys::table.filter(signing_keys::expires_at.is_null().and(signing_keys::active_from.gt(now)));
    let moved =
        on_backend!(connection, |c| update(waiting).set(signing_keys::active_from.eq(now)).execute(c))?;
    Ok(moved > 0)
}

/// The key that signs at `now`: the newest active one.
pub fn find_signing_key(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<Option<SealedKey>> {
    let now = now.naive_utc();
    on_backend!(connection, |c| {
        signing_keys::table
            .inner_join(signing_key_secrets::table)
            .filter(signing_keys::active_from.le(now))
            .filter(signing_keys::expires_at.is_null().or(signing_keys::expires_at.gt(now)))
            .order((signing_keys::active_from.desc(), signing_keys::kid))
            .select((signing_keys::kid, signing_keys::public_jwk, signing_key_secrets::sealed))
            .first(c)
            .optional()
    })
}

/// Stores a key. Requires an exclusive transaction.
pub fn insert_key(connection: &mut Connection, key: &NewKey) -> QueryResult<()> {
    let row = KeyRow {
        kid: &key.kid,
        public_jwk: &key.public_jwk,
        created_at: key.created_at.naive_utc(),
        active_from: key.active_from.naive_utc(),
        token_seconds: key.token_lifetime.num_seconds(),
    };
    let secret = (signing_key_secrets::kid.eq(&key.kid), signing_key_secrets::sealed.eq(&key.sealed));
    on_backend!(&mut *connection, |c| insert_into(signing_keys::table).values(&row).execute(c))?;
    on_backend!(connection, |c| insert_into(signing_key_secrets::table).values(secret).execute(c))?;
    Ok(())
}

/// Raises the maximum token lifetime of the keys that have no expiry yet to `lifetime`, unless it is already longer.
pub fn raise_token_lifetime(connection: &mut Connection, lifetime: TimeDelta) -> QueryResult<usize> {
    let seconds = lifetime.num_seconds();
    let shorter = signing_keys::table
        .filter(signing_keys::expires_at.is_null().and(signing_keys::token_seconds.lt(seconds)));
    on_backend!(connection, |c| update(shorter).set(signing_keys::token_seconds.eq(seconds)).execute(c))
}

/// Sets the expiry of every key that has none. The keys may sign until `signs_until`, so each expires when a token that
/// it signs at that time would expire. Returns the maximum lifetime of their tokens. Requires an exclusive transaction.
pub fn supersede_keys(connection: &mut Connection, signs_until: DateTime<Utc>) -> QueryResult<TimeDelta> {
    let alive: Vec<(String, i64)> = on_backend!(&mut *connection, |c| {
        signing_keys::table
            .filter(signing_keys::expires_at.is_null())
            .select((signing_keys::kid, signing_keys::token_seconds))
            .load(c)
    })?;
    let mut longest = TimeDelta::zero();
    for (kid, seconds) in alive {
        let lifetime = TimeDelta::seconds(seconds);
        longest = longest.max(lifetime);
        let end = (signs_until + lifetime).naive_utc();
        on_backend!(&mut *connection, |c| {
            update(signing_keys::table.find(kid)).set(signing_keys::expires_at.eq(end)).execute(c)
        })?;
    }
    Ok(longest)
}

/// The IDs of the keys that are published at `now`.
pub fn find_published_kids(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<Vec<String>> {
    let alive = signing_keys::expires_at.is_null().or(signing_keys::expires_at.gt(now.naive_utc()));
    on_backend!(connection, |c| signing_keys::table.filter(alive).select(signing_keys::kid).load(c))
}

/// The maximum lifetime of the tokens of any key.
pub fn find_longest_token_lifetime(connection: &mut Connection) -> QueryResult<TimeDelta> {
    let longest: Option<i64> =
        on_backend!(connection, |c| signing_keys::table.select(max(signing_keys::token_seconds)).first(c))?;
    Ok(TimeDelta::seconds(longest.unwrap_or(0)))
}

/// Revokes a key at `now`, even if tokens that it signed are still valid. Returns false if no such key is published.
pub fn revoke_key(connection: &mut Connection, kid: &str, now: DateTime<Utc>) -> QueryResult<bool> {
    let now = now.naive_utc();
    let alive = signing_keys::expires_at.is_null().or(signing_keys::expires_at.gt(now));
    let this = signing_keys::table.filter(signing_keys::kid.eq(kid)).filter(alive);
    let revoked = on_backend!(connection, |c| update(this).set(signing_keys::expires_at.eq(now)).execute(c))?;
    Ok(revoked == 1)
}

/// All keys, oldest first.
pub fn find_key_summaries(connection: &mut Connection) -> QueryResult<Vec<KeySummary>> {
    on_backend!(connection, |c| {
        signing_keys::table.order(signing_keys::active_from).select(KeySummary::as_select()).load(c)
    })
}
