//! `drawbridge frontend rotate-key` and `drawbridge frontend preview-key`

use auth_service::{domain::Actor, frontends::RegistryAuthor};
use chrono::TimeDelta;
use clap::Args;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    frontend_key::FrontendKeyKind,
};

use super::{
    arguments::FrontendArgs,
    sealing_registry::{SealingRegistry, print_key},
};
use crate::period::parse_period;

/// The longest time for which two keys can be valid at the same time.
const OVERLAP_MAX: TimeDelta = TimeDelta::days(30);

#[derive(Args)]
pub(crate) struct ReplaceKeyArgs {
    #[command(flatten)]
    frontend: FrontendArgs,
    /// How long the previous key stays valid, such as 1h; 0s ends it immediately, for example because it has leaked
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_overlap)]
    keep_old: TimeDelta,
}

fn parse_overlap(text: &str) -> Result<TimeDelta, String> {
    let overlap = parse_period(text)?;
    if overlap > OVERLAP_MAX {
        return Err(format!("must be at most {} days", OVERLAP_MAX.num_days()));
    }
    Ok(overlap)
}

/// Creates a key that replaces the previous key of the same kind, and prints it.
pub(super) async fn replace_key(args: ReplaceKeyArgs, kind: FrontendKeyKind) -> anyhow::Result<()> {
    let ReplaceKeyArgs { frontend: FrontendArgs { name, data }, keep_old } = args;
    let deployment = data.deployment()?;
    let now = SystemClock.now();
    let previous_expire_at = now + keep_old;
    let note = if keep_old.is_zero() {
        "Earlier keys of this kind are invalid now.".to_owned()
    } else {
        let end = previous_expire_at.format("%Y-%m-%d %H:%M UTC");
        format!("Earlier keys of this kind, if there are any, are valid until {end}.")
    };
    let registry = SealingRegistry::new(&deployment);
    let query = deployment.query(move |c| {
        let author = RegistryAuthor { actor: &Actor::operator(), now };
        Ok(registry.checked(c, now)?.replace_key(c, &name, kind, previous_expire_at, author)?)
    });
    print_key(&query.await?, &note);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_are_valid_for_a_month_at_most() {
        assert_eq!(parse_overlap("0s"), Ok(TimeDelta::zero()));
        assert_eq!(parse_overlap("30d"), Ok(OVERLAP_MAX));
        assert!(parse_overlap("31d").is_err());
        assert!(parse_overlap("soon").is_err());
    }
}
