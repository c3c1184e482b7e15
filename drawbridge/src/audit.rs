//! `drawbridge audit`: shows security events.

use anyhow::anyhow;
use auth_service::{
    domain::{Email, EventKind},
    storage::{self, AuditEvent, EventFilter},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::{EventId, SessionId, UserId},
};
use serde::Serialize;

use crate::{
    deployment::{DataArgs, TargetDeployment},
    output::print_line,
    period::parse_period,
};

/// How many events are read at a time.
const EVENTS_PER_PAGE: i64 = 1000;

#[derive(Args)]
pub(crate) struct AuditArgs {
    /// Show events of the account with this e-mail address
    #[arg(long, value_name = "EMAIL", conflicts_with = "user_id")]
    user: Option<String>,
    /// Show events of the account with this ID; the account may have been deleted
    #[arg(long, value_name = "ID")]
    user_id: Option<UserId>,
    /// Show events of this kind, such as `sign_in_failed`
    #[arg(long)]
    kind: Option<EventKind>,
    /// Show events that are at most this old, such as 90m or 7d
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    since: Option<TimeDelta>,
    /// Show at most this many events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Output format
    #[arg(long, value_enum, default_value_t = EventFormat::Text)]
    format: EventFormat,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum EventFormat {
    /// One line per event, for people
    Text,
    /// JSON Lines, for programs and archives
    Jsonl,
}

/// An event in JSON.
#[derive(Serialize)]
struct EventLine<'a> {
    id: EventId,
    at: String,
    kind: &'a str,
    user_id: Option<UserId>,
    by: &'a str,
    address: &'a str,
    user_agent: &'a str,
    session_id: Option<SessionId>,
    request_id: &'a str,
    detail: &'a str,
}

/// Prints the selected events, newest first.
pub(crate) async fn audit(args: AuditArgs) -> anyhow::Result<()> {
    let deployment = args.data.deployment()?;
    let user = match args.user {
        Some(email) => Some(find_user(&deployment, &email).await?),
        None => args.user_id,
    };
    let since = args.since.map(|period| (SystemClock.now() - period).naive_utc());
    let mut filter = EventFilter { user, kind: args.kind, since, before: None };
    let mut remaining = args.limit.unwrap_or(usize::MAX);
    while remaining > 0 {
        let page_filter = filter.clone();
        let page =
            deployment.query(move |c| Ok(storage::find_events(c, &page_filter, EVENTS_PER_PAGE)?)).await?;
        let Some(last) = page.last() else { break };
        filter.before = Some(last.id);
        for event in page.iter().take(remaining) {
            match args.format {
                EventFormat::Text => print_text(event),
                EventFormat::Jsonl => print_json(event)?,
            }
        }
        remaining = remaining.saturating_sub(page.len());
    }
    Ok(())
}

async fn find_user(deployment: &TargetDeployment, email: &str) -> anyhow::Result<UserId> {
    let email = Email::parse(email)?;
    let address = email.clone();
    let account = deployment.query(move |c| Ok(storage::find_account(c, &address)?)).await?;
    let missing =
        || anyhow!("no account has the address {email}; for a deleted account, pass its ID with --user-id");
    Ok(account.ok_or_else(missing)?.id)
}

fn print_text(event: &AuditEvent) {
    let at = timestamp(event.at.and_utc());
    let user = event.user_id.map_or_else(|| "-".to_owned(), |user| user.to_string());
    let AuditEvent { kind, actor, .. } = event;
    let address = if event.address.is_empty() { "-" } else { &event.address };
    // The detail may be a name that the user chose. The other fields contain only visible ASCII.
    let detail: String = event.detail.chars().filter(|c| !c.is_control()).collect();
    print_line(format_args!("{at}  {kind:24}  {user:36}  {actor:8}  {address:15}  {detail}"));
}

fn print_json(event: &AuditEvent) -> anyhow::Result<()> {
    let line = EventLine {
        id: event.id,
        at: timestamp(event.at.and_utc()),
        kind: &event.kind,
        user_id: event.user_id,
        by: &event.actor,
        address: &event.address,
        user_agent: &event.user_agent,
        session_id: event.session_id,
        request_id: &event.request_id,
        detail: &event.detail,
    };
    print_line(format_args!("{}", serde_json::to_string(&line)?));
    Ok(())
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
