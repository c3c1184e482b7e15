use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, QueryResult, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, delete, insert_into, update,
};
use drawbridge_core::id::MailJobId;
use drawbridge_database::{Connection, on_backend, schema::mail_jobs};

/// An e-mail to write and send.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = mail_jobs)]
pub struct MailJobRow {
    /// The ID, which contains the time at which the job was queued.
    pub id: MailJobId,
    /// Content and recipient, sealed under the master secret.
    pub sealed: Vec<u8>,
    /// When the next attempt is due.
    pub due_at: NaiveDateTime,
    /// The number of attempts so far.
    pub attempts: i64,
}

/// Queues a mail job.
pub fn insert_mail_job(connection: &mut Connection, job: &MailJobRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(mail_jobs::table).values(job).execute(c)).map(drop)
}

/// Claims at most `limit` due jobs, oldest first, for the duration of `lease`.
pub fn claim_mail_jobs(
    connection: &mut Connection,
    now: DateTime<Utc>,
    lease: TimeDelta,
    limit: i64,
) -> QueryResult<Vec<MailJobRow>> {
    let due: Vec<MailJobRow> = on_backend!(&mut *connection, |c| {
        mail_jobs::table
            .filter(mail_jobs::due_at.le(now.naive_utc()))
            .order(mail_jobs::id)
            .limit(limit)
            .select(MailJobRow::as_select())
            .load(c)
    })?;
    let mut claimed = Vec::new();
    for job in due {
        // If another replica has claimed the job in the meantime, its number of attempts has changed.
        let same =
            mail_jobs::table.filter(mail_jobs::id.eq(job.id).and(mail_jobs::attempts.eq(job.attempts)));
        let due_at = (now + lease).naive_utc();
        let attempts = job.attempts + 1;
        let changed = on_backend!(&mut *connection, |c| {
            update(same).set((mail_jobs::due_at.eq(due_at), mail_jobs::attempts.eq(attempts))).execute(c)
        })?;
        if changed == 1 {
            claimed.push(MailJobRow { due_at, attempts, ..job });
        }
    }
    Ok(claimed)
}

/// Postpones a job until `due_at`.
pub fn postpone_mail_job(
    connection: &mut Connection,
    id: MailJobId,
    due_at: DateTime<Utc>,
) -> QueryResult<()> {
    let this = mail_jobs::table.find(id);
    on_backend!(connection, |c| { update(this).set(mail_jobs::due_at.eq(due_at.naive_utc())).execute(c) })
        .map(drop)
}

/// Deletes a job whose mail was sent or cannot be delivered.
pub fn delete_mail_job(connection: &mut Connection, id: MailJobId) -> QueryResult<()> {
    on_backend!(connection, |c| delete(mail_jobs::table.find(id)).execute(c)).map(drop)
}
