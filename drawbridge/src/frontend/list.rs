//! `drawbridge frontend list`

use auth_service::{
    domain::{Frontend, FrontendOrigin},
    storage::{self, FrontendKeySummary, key_kind_word},
};
use chrono::NaiveDateTime;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    frontend_key::FrontendKeyKind,
};

use crate::{deployment::DataArgs, output::print_line};

/// Prints all frontends.
pub(super) async fn list(data: DataArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let now = SystemClock.now();
    let frontends = deployment.query(move |c| Ok(storage::find_frontends(c, now)?)).await?;
    let keys = deployment.query(move |c| Ok(storage::find_frontend_key_summaries(c, now)?)).await?;
    for frontend in frontends {
        print_frontend(&frontend);
        keys.iter().filter(|key| key.frontend == frontend.name.as_str()).for_each(print_key);
    }
    Ok(())
}

fn print_frontend(frontend: &Frontend) {
    print_line(format_args!("{}", frontend.name));
    for origin in &frontend.origins {
        print_origin(origin);
    }
    for audience in &frontend.audiences {
        print_field("audience", audience);
    }
    if let Some(audience) = &frontend.session_audience {
        print_field("session audience", audience);
    }
    if let Some(header) = &frontend.address_header {
        print_field("address header", header);
    }
}

fn print_origin(origin: &FrontendOrigin) {
    let kind = origin.kind().as_str();
    match origin.expires_at() {
        Some(end) => print_field(kind, format_args!("{origin}  until {}", minute(end.naive_utc()))),
        None => print_field(kind, origin),
    }
}

fn print_key(key: &FrontendKeySummary) {
    let kind = if key.kind == key_kind_word(FrontendKeyKind::Preview) {
        FrontendKeyKind::Preview
    } else {
        FrontendKeyKind::Frontend
    };
    let name = if kind == FrontendKeyKind::Preview { "preview key" } else { "key" };
    let text = format!("{}_{}_…  created {}", kind.prefix(), key.id, minute(key.created_at));
    match key.expires_at {
        Some(end) => print_field(name, format_args!("{text}, expires {}", minute(end))),
        None => print_field(name, text),
    }
}

fn print_field(name: &str, value: impl std::fmt::Display) {
    print_line(format_args!("  {name:16}  {value}"));
}

fn minute(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
