//! What has to change so that the registry matches a declaration.

use std::{collections::BTreeSet, fmt};

use crate::domain::{Frontend, FrontendConflict, FrontendName};

/// One change of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrontendChange {
    /// Registers a frontend.
    Add(Frontend),
    /// Changes a frontend.
    Update {
        /// The frontend after the change.
        frontend: Frontend,
        /// What changes, one line each.
        lines: Vec<String>,
    },
    /// Removes a frontend.
    Remove(FrontendName),
}

impl FrontendChange {
    /// The frontend that changes.
    pub fn name(&self) -> &FrontendName {
        match self {
            Self::Add(frontend) | Self::Update { frontend, .. } => &frontend.name,
            Self::Remove(name) => name,
        }
    }
}

impl fmt::Display for FrontendChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(frontend) => {
                write!(f, "add {}", frontend.name)?;
                frontend.declared_lines().iter().try_for_each(|line| write!(f, "\n  + {line}"))
            }
            Self::Update { frontend, lines } => {
                write!(f, "change {}", frontend.name)?;
                lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
            Self::Remove(name) => write!(f, "remove {name}"),
        }
    }
}

/// The changes that make the registry match a declaration of all frontends: removals first, then changes, then
/// additions, so that an origin can move from one frontend to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryPlan {
    /// The changes, in the order in which they are made.
    pub changes: Vec<FrontendChange>,
}

impl RegistryPlan {
    /// The plan from the `stored` frontends to the `desired` ones.
    ///
    /// # Errors
    /// The desired frontends conflict with each other, or with an announced preview of one that stays.
    pub fn between(stored: &[Frontend], desired: &[Frontend]) -> Result<Self, FrontendConflict> {
        check_together(stored, desired)?;
        let find = |frontends: &[Frontend], name: &FrontendName| {
            frontends.iter().find(|frontend| frontend.name == *name).cloned()
        };
        let removed = stored.iter().filter(|before| find(desired, &before.name).is_none());
        let mut changes: Vec<_> = removed.map(|before| FrontendChange::Remove(before.name.clone())).collect();
        let mut additions = Vec::new();
        for frontend in desired.iter().cloned() {
            let Some(before) = find(stored, &frontend.name) else {
                additions.push(FrontendChange::Add(frontend));
                continue;
            };
            let lines = before.changes_to(&frontend);
            if !lines.is_empty() {
                changes.push(FrontendChange::Update { frontend, lines });
            }
        }
        changes.extend(additions);
        Ok(Self { changes })
    }
}

/// Checks the frontends as they would be stored, with the announced previews of those that stay.
fn check_together(stored: &[Frontend], desired: &[Frontend]) -> Result<(), FrontendConflict> {
    for (index, frontend) in desired.iter().enumerate() {
        desired.iter().skip(index + 1).try_for_each(|other| check_declared_once(frontend, other))?;
    }
    let with_previews = |frontend: &Frontend| {
        let mut frontend = frontend.clone();
        let before = stored.iter().find(|before| before.name == frontend.name);
        frontend.origins.extend(before.into_iter().flat_map(Frontend::announced_previews).cloned());
        frontend
    };
    let result: Vec<_> = desired.iter().map(with_previews).collect();
    for (index, frontend) in desired.iter().enumerate() {
        let others = result.iter().enumerate().filter(|(other, _)| *other != index);
        frontend.check_beside(others.map(|(_, other)| other))?;
    }
    Ok(())
}

/// Checks that two declarations with different names have no origin in common.
fn check_declared_once(first: &Frontend, second: &Frontend) -> Result<(), FrontendConflict> {
    let theirs: BTreeSet<_> = second.declared_origins().map(ToString::to_string).collect();
    match first.declared_origins().map(ToString::to_string).find(|origin| theirs.contains(origin)) {
        Some(origin) if first.name != second.name => Err(FrontendConflict::OriginInTwoFrontends {
            origin,
            first: first.name.clone(),
            second: second.name.clone(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::FrontendOrigin;

    fn frontend(name: &str, site: &str) -> Frontend {
        Frontend {
            name: name.parse().unwrap(),
            origins: vec![FrontendOrigin::parse_site(site).unwrap()],
            audiences: Vec::new(),
            session_audience: None,
            address_header: None,
        }
    }

    fn with_preview(mut frontend: Frontend, origin: &str) -> Frontend {
        let origin = origin.parse().unwrap();
        frontend.origins.push(FrontendOrigin::Preview { origin, expires_at: DateTime::UNIX_EPOCH });
        frontend
    }

    fn lines(stored: &[Frontend], desired: &[Frontend]) -> Vec<String> {
        let plan = RegistryPlan::between(stored, desired).unwrap();
        plan.changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plan_lists_every_change() {
        let stored = [
            frontend("blog", "https://blog.example.com"),
            frontend("old", "https://old.example.com"),
            with_preview(frontend("shop", "https://shop.example.com"), "https://shop-1.vercel.app"),
        ];
        let desired = [
            frontend("docs", "https://docs.example.com"),
            frontend("blog", "https://blog.example.com"),
            frontend("shop", "https://store.example.com"),
        ];

        assert_eq!(
            lines(&stored, &desired),
            [
                "remove old",
                "change shop\n  - site https://shop.example.com\n  + site https://store.example.com",
                "add docs\n  + site https://docs.example.com",
            ]
        );
        assert!(lines(&stored, &stored).is_empty());
    }

    #[test]
    fn an_origin_can_move_to_another_frontend() {
        let stored =
            [frontend("blog", "https://blog.example.com"), frontend("old", "https://shop.example.com")];
        let desired = [frontend("blog", "https://shop.example.com")];

        let lines = lines(&stored, &desired);

        assert_eq!(lines.first().map(String::as_str), Some("remove old"));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn conflicting_declarations_are_refused() {
        let shop = with_preview(frontend("shop", "https://shop.example.com"), "https://shop-1.vercel.app");
        for (case, desired) in [
            ("the same name", [frontend("blog", "https://a.example"), frontend("blog", "https://b.example")]),
            (
                "the same origin",
                [frontend("blog", "https://a.example"), frontend("docs", "https://a.example")],
            ),
            ("an announced preview", [shop.clone(), frontend("blog", "https://shop-1.vercel.app")]),
        ] {
            assert!(RegistryPlan::between(std::slice::from_ref(&shop), &desired).is_err(), "{case}");
        }
    }
}
