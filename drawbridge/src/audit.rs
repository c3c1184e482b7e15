//! `drawbridge audit`: what happened to accounts.

use auth_service::{
    domain::{Email, EventKind},
    storage::{self, Event, EventFilter},
};
use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::{EventId, SessionId, UserId},
};
use serde::Serialize;

use crate::{cli::DataArgs, output};

/// How many events are read at a time.
const PAGE: i64 = 1000;

#[derive(Args)]
pub(crate) struct AuditArgs {
    /// What happened to the account with this e-mail address
    #[arg(long, value_name = "EMAIL", conflicts_with = "user_id")]
    user: Option<String>,
    /// What happened to the account with this id, which may be gone
    #[arg(long, value_name = "ID")]
    user_id: Option<UserId>,
    /// What happened of this kind, such as `sign_in_failed`
    #[arg(long)]
    kind: Option<EventKind>,
    /// What happened in this time, such as 90m or 7d
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<TimeDelta>,
    /// At most so many events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How they are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A line for each, for people
    Text,
    /// JSON Lines, for programs and for keeping
    Jsonl,
}

fn parse_since(text: &str) -> Result<TimeDelta, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    TimeDelta::from_std(time).map_err(|error| error.to_string())
}

#[derive(Serialize)]
struct Line<'a> {
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

/// Writes the wanted events, newest first.
pub(crate) async fn audit(args: AuditArgs) -> anyhow::Result<()> {
    let deployment = args.data.deployment()?;
    let user = match args.user {
        Some(email) => {
            let email = Email::parse(&email)?;
            let wanted = email.clone();
            let found = deployment.query(move |c| Ok(storage::find_account(c, &wanted)?)).await?;
            let gone =
                || anyhow::anyhow!("no account has the address {email}; of one that is gone give --user-id");
            Some(found.ok_or_else(gone)?.id)
        }
        None => args.user_id,
    };
    let since = args.since.map(|since| (SystemClock.now() - since).naive_utc());
    let mut filter = EventFilter { user, kind: args.kind, since, before: None };
    let mut left = args.limit.unwrap_or(usize::MAX);
    while left > 0 {
        let wanted = filter.clone();
        let page = deployment.query(move |c| Ok(storage::find_events(c, &wanted, PAGE)?)).await?;
        let Some(last) = page.last() else { break };
        filter.before = Some(last.id);
        for event in page.iter().take(left) {
            write(event, args.format)?;
        }
        left = left.saturating_sub(page.len());
    }
    Ok(())
}

fn write(event: &Event, format: Format) -> anyhow::Result<()> {
    let at = event.at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    match format {
        Format::Text => {
            let user = event.user_id.map_or_else(|| "-".to_owned(), |user| user.to_string());
            let (kind, by) = (&event.kind, &event.actor);
            let address = if event.address.is_empty() { "-" } else { &event.address };
            // What a client sent is kept as visible ASCII; a detail may be a name of the person's choice.
            let detail: String = event.detail.chars().filter(|c| !c.is_control()).collect();
            output::line(format_args!("{at}  {kind:24}  {user:36}  {by:8}  {address:15}  {detail}"));
        }
        Format::Jsonl => {
            let line = Line {
                id: event.id,
                at,
                kind: &event.kind,
                user_id: event.user_id,
                by: &event.actor,
                address: &event.address,
                user_agent: &event.user_agent,
                session_id: event.session_id,
                request_id: &event.request_id,
                detail: &event.detail,
            };
            output::line(format_args!("{}", serde_json::to_string(&line)?));
        }
    }
    Ok(())
}
