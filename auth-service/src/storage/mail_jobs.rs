use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete, insert_into, update,
};
use drawbridge_core::id::MailJobId;
use drawbridge_database::{Connection, on_backend, schema::mail_jobs};

use super::QueryResult;

/// A mail that waits to be written and sent.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = mail_jobs)]
pub struct MailJobRow {
    /// The row; it tells since when the mail waits.
    pub id: MailJobId,
    /// What and to whom, under the master secret.
    pub sealed: Vec<u8>,
    /// When it is tried next.
    pub due_at: NaiveDateTime,
    /// How often it was tried.
    pub attempts: i64,
}

/// Puts a mail in the queue.
pub fn insert_mail_job(connection: &mut Connection, job: &MailJobRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(mail_jobs::table).values(job).execute(c)).map(drop)
}

/// Takes mails that are due, oldest first, at most `limit`: nobody else takes them for as long as `lease`.
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
        // Another replica may have been quicker; then the row is no longer as it was seen.
        let same =
            mail_jobs::table.filter(mail_jobs::id.eq(job.id).and(mail_jobs::attempts.eq(job.attempts)));
        let (due_at, attempts) = ((now + lease).naive_utc(), job.attempts + 1);
        let changed = on_backend!(&mut *connection, |c| {
            update(same).set((mail_jobs::due_at.eq(due_at), mail_jobs::attempts.eq(attempts))).execute(c)
        })?;
        if changed == 1 {
            claimed.push(MailJobRow { due_at, attempts, ..job });
        }
    }
    Ok(claimed)
}

/// Tries a mail again later.
pub fn postpone_mail_job(
    connection: &mut Connection,
    id: MailJobId,
    due_at: DateTime<Utc>,
) -> QueryResult<()> {
    let this = mail_jobs::table.find(id);
    on_backend!(connection, |c| { update(this).set(mail_jobs::due_at.eq(due_at.naive_utc())).execute(c) })
        .map(drop)
}

/// Takes a mail out of the queue: it was sent, or never will be.
pub fn delete_mail_job(connection: &mut Connection, id: MailJobId) -> QueryResult<()> {
    on_backend!(connection, |c| delete(mail_jobs::table.find(id)).execute(c)).map(drop)
}
