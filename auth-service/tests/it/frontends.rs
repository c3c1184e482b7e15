//! The registry of frontends, on both databases.

use auth_service::{
    domain::{Actor, Frontend, FrontendConflict, FrontendOrigin},
    frontends::{FrontendRegistry, RegistryAuthor, RegistryError, announce_preview},
    storage::{self, EventFilter},
};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    audience::Audience,
    clock::{Clock, SystemClock},
    frontend_key::{FrontendKey, FrontendKeyKind},
    origin::Origin,
    random::Random,
    secret::MasterSecret,
};
use drawbridge_database::Connection;
use tests::MASTER_SECRET;

use crate::helpers::migrated_databases;

const SHOP: &str = "https://shop.example.com";
const BLOG: &str = "https://blog.example.com";
const PREVIEW: &str = "https://shop-1.vercel.app";

fn registry_with(secret: &str) -> FrontendRegistry {
    FrontendRegistry::new(&MasterSecret::parse(secret.to_owned().into()).unwrap())
}

fn registry() -> FrontendRegistry {
    registry_with(MASTER_SECRET)
}

fn frontend(name: &str, site: &str) -> Frontend {
    Frontend {
        name: name.parse().unwrap(),
        origins: vec![FrontendOrigin::parse_site(site).unwrap()],
        audiences: Vec::new(),
        session_audience: None,
        address_header: None,
    }
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn add(c: &mut Connection, frontend: &Frontend, now: DateTime<Utc>) -> Result<FrontendKey, RegistryError> {
    registry().add(c, frontend, RegistryAuthor { actor: &Actor::operator(), now })
}

fn remove(c: &mut Connection, name: &str, now: DateTime<Utc>) -> Result<(), RegistryError> {
    let author = RegistryAuthor { actor: &Actor::operator(), now };
    FrontendRegistry::remove(c, &name.parse().unwrap(), author)
}

/// Announces a preview, and returns when its registration expires.
fn announce(
    c: &mut Connection,
    name: &str,
    preview: &str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, RegistryError> {
    let author = RegistryAuthor { actor: &Actor::operator(), now };
    let registration = announce_preview(c, &name.parse().unwrap(), &origin(preview), author)?;
    Ok(registration.expires_at)
}

fn is_known(c: &mut Connection, key: &FrontendKey, now: DateTime<Utc>) -> bool {
    registry().find_key(c, key.id(), now).unwrap().is_some()
}

fn registered_origins(c: &mut Connection, now: DateTime<Utc>) -> Vec<String> {
    let origins = storage::find_registered_origins(c, now).unwrap();
    let mut origins: Vec<_> = origins.iter().map(ToString::to_string).collect();
    origins.sort_unstable();
    origins
}

/// The kinds and details of all audit events, oldest first.
fn events(c: &mut Connection) -> Vec<String> {
    let mut events = storage::find_events(c, &EventFilter::default(), 100).unwrap();
    events.reverse();
    events.into_iter().map(|event| format!("{} {}", event.kind, event.detail)).collect()
}

#[test]
fn a_key_is_found_with_what_it_may_be_used_for() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let mut shop = frontend("shop", SHOP);
        shop.audiences = ["stock", "orders"].map(|audience| audience.parse().unwrap()).to_vec();
        shop.session_audience = Some("shop".parse().unwrap());
        shop.address_header = Some("X-Real-IP".parse().unwrap());

        let key = add(&mut c, &shop, now).unwrap();
        let other = add(&mut c, &frontend("blog", BLOG), now).unwrap();

        let found = registry().find_key(&mut c, key.id(), now).unwrap().unwrap();
        assert!(found.is(&key) && !found.is(&other));
        assert_eq!((found.kind(), found.frontend.as_str()), (FrontendKeyKind::Frontend, "shop"));
        assert_eq!(found.audience, shop.session_audience);
        assert_eq!(found.address_header.unwrap().as_str(), "x-real-ip");
        let audiences: Vec<_> = found.audiences.iter().map(Audience::as_str).collect();
        assert_eq!(audiences, ["orders", "stock"]);
        assert_eq!(found.origins, shop.origins);
        let unknown = FrontendKey::generate(Random, FrontendKeyKind::Frontend);
        assert!(!is_known(&mut c, &unknown, now));
    }
}

#[test]
fn keys_are_sealed_under_the_master_secret() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let key = add(&mut c, &frontend("shop", SHOP), now).unwrap();

        let row = storage::find_frontend_key(&mut c, key.id(), now).unwrap().unwrap();
        let other = registry_with("another master secret of the suite").find_key(&mut c, key.id(), now);

        let stored = String::from_utf8_lossy(&row.sealed);
        assert!(!stored.contains("dbk_") && !stored.contains(key.id().as_str()));
        assert_eq!(row.hash, key.hash());
        assert!(matches!(other, Err(RegistryError::Unseal(_))), "{other:?}");
    }
}

#[test]
fn a_new_key_replaces_the_previous_one() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let hour = TimeDelta::hours(1);
        let first = add(&mut c, &frontend("shop", SHOP), now).unwrap();
        let replace = |c: &mut Connection, kind, keep| {
            let author = RegistryAuthor { actor: &Actor::operator(), now };
            registry().replace_key(c, &"shop".parse().unwrap(), kind, now + keep, author).unwrap()
        };

        let preview = replace(&mut c, FrontendKeyKind::Preview, TimeDelta::zero());
        let second = replace(&mut c, FrontendKeyKind::Frontend, hour);
        assert!([&first, &second, &preview].iter().all(|key| is_known(&mut c, key, now)));
        assert!(!is_known(&mut c, &first, now + hour));

        let third = replace(&mut c, FrontendKeyKind::Frontend, TimeDelta::zero());
        assert!(!is_known(&mut c, &first, now) && !is_known(&mut c, &second, now));
        assert!(is_known(&mut c, &third, now) && is_known(&mut c, &preview, now + hour));

        assert_eq!(storage::delete_expired_frontend_keys(&mut c, now).unwrap(), 2);
    }
}

#[test]
fn a_key_needs_a_frontend() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let author = RegistryAuthor { actor: &Actor::operator(), now };

        let kind = FrontendKeyKind::Frontend;
        let replaced = registry().replace_key(&mut c, &"shop".parse().unwrap(), kind, now, author);

        assert!(matches!(replaced, Err(RegistryError::UnknownName(_))), "{replaced:?}");
        assert!(matches!(remove(&mut c, "shop", now), Err(RegistryError::UnknownName(_))));
        assert!(events(&mut c).is_empty());
    }
}

#[test]
fn a_removed_frontend_leaves_nothing() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let key = add(&mut c, &frontend("shop", SHOP), now).unwrap();
        announce(&mut c, "shop", PREVIEW, now).unwrap();

        remove(&mut c, "shop", now).unwrap();

        assert!(!is_known(&mut c, &key, now));
        assert!(registered_origins(&mut c, now).is_empty());
        assert!(storage::find_frontends(&mut c, now).unwrap().is_empty());
        add(&mut c, &frontend("other", SHOP), now).unwrap();
    }
}

#[test]
fn an_origin_cannot_be_registered_twice() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        add(&mut c, &frontend("shop", SHOP), now).unwrap();
        announce(&mut c, "shop", PREVIEW, now).unwrap();

        let same_name = add(&mut c, &frontend("shop", BLOG), now);
        let same_site = add(&mut c, &frontend("blog", SHOP), now);
        let same_preview = add(&mut c, &frontend("blog", PREVIEW), now);

        assert!(matches!(same_name, Err(RegistryError::NameTaken(_))), "{same_name:?}");
        for refused in [same_site, same_preview] {
            let is_taken =
                matches!(refused, Err(RegistryError::Conflict(FrontendConflict::OriginTaken { .. })));
            assert!(is_taken, "{refused:?}");
        }
        assert_eq!(registered_origins(&mut c, now), [PREVIEW, SHOP]);
    }
}

#[test]
fn the_registry_matches_an_applied_declaration() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let author = RegistryAuthor { actor: &Actor::operator(), now };
        let shop_key = add(&mut c, &frontend("shop", SHOP), now).unwrap();
        let old_key = add(&mut c, &frontend("old", BLOG), now).unwrap();
        announce(&mut c, "shop", PREVIEW, now).unwrap();
        let mut shop = frontend("shop", BLOG);
        shop.audiences = vec!["orders".parse().unwrap()];
        let desired = [shop, frontend("docs", SHOP)];

        let changes = registry().apply(&mut c, &desired, author).unwrap();
        let again = registry().apply(&mut c, &desired, author).unwrap();

        let names: Vec<_> = changes.iter().map(|change| change.change.name().as_str()).collect();
        assert_eq!(names, ["old", "shop", "docs"]);
        assert!(again.is_empty(), "{again:?}");
        let docs_key = changes[2].key.clone().unwrap();
        assert!(is_known(&mut c, &docs_key, now) && is_known(&mut c, &shop_key, now));
        assert!(!is_known(&mut c, &old_key, now));
        let found = registry().find_key(&mut c, shop_key.id(), now).unwrap().unwrap();
        assert!(found.may_act_for(&origin(BLOG)) && found.may_act_for(&origin(PREVIEW)));
        assert!(!found.may_act_for(&origin(SHOP)));
        assert_eq!(found.audiences.len(), 1);
    }
}

#[test]
fn a_conflicting_declaration_changes_nothing() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let author = RegistryAuthor { actor: &Actor::operator(), now };
        add(&mut c, &frontend("shop", SHOP), now).unwrap();

        let applied = registry().apply(&mut c, &[frontend("a", BLOG), frontend("b", BLOG)], author);

        assert!(matches!(applied, Err(RegistryError::Conflict(_))), "{applied:?}");
        assert_eq!(registered_origins(&mut c, now), [SHOP]);
    }
}

#[test]
fn an_announced_preview_can_be_declared() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let author = RegistryAuthor { actor: &Actor::operator(), now };
        add(&mut c, &frontend("shop", SHOP), now).unwrap();
        announce(&mut c, "shop", PREVIEW, now).unwrap();
        let mut shop = frontend("shop", SHOP);
        shop.origins.push(FrontendOrigin::parse_site(PREVIEW).unwrap());

        registry().apply(&mut c, &[shop], author).unwrap();

        assert_eq!(registered_origins(&mut c, now + TimeDelta::days(2)), [PREVIEW, SHOP]);
    }
}

#[test]
fn a_preview_is_registered_for_a_day() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let [later, end] = [now + TimeDelta::hours(20), now + TimeDelta::hours(44)];
        add(&mut c, &frontend("shop", SHOP), now).unwrap();

        let first = announce(&mut c, "shop", PREVIEW, now).unwrap();
        let second = announce(&mut c, "shop", PREVIEW, later).unwrap();

        assert_eq!((first, second), (Some(now + TimeDelta::days(1)), Some(end)));
        assert_eq!(registered_origins(&mut c, end - TimeDelta::seconds(1)), [PREVIEW, SHOP]);
        assert_eq!(registered_origins(&mut c, end), [SHOP]);
        assert_eq!(storage::delete_expired_previews(&mut c, end).unwrap(), 1);
    }
}

#[test]
fn a_preview_of_another_frontend_is_refused() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let mut shop = frontend("shop", SHOP);
        shop.origins.push(FrontendOrigin::parse_pattern("*.preview.example.com").unwrap());
        add(&mut c, &shop, now).unwrap();
        add(&mut c, &frontend("blog", BLOG), now).unwrap();
        announce(&mut c, "shop", PREVIEW, now).unwrap();

        for (case, taken) in [
            ("the site", SHOP),
            ("an announced preview", PREVIEW),
            ("below the pattern", "https://pr-1.preview.example.com"),
        ] {
            let announced = announce(&mut c, "blog", taken, now);
            let is_taken = matches!(announced, Err(RegistryError::PreviewOriginTaken(_)));
            assert!(is_taken, "{case}: {announced:?}");
        }

        let after_expiry = announce(&mut c, "blog", PREVIEW, now + TimeDelta::days(1));
        assert!(after_expiry.is_ok(), "{after_expiry:?}");
    }
}

#[test]
fn a_declared_origin_needs_no_announcement() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let mut shop = frontend("shop", SHOP);
        shop.origins.push(FrontendOrigin::parse_pattern("*.preview.example.com").unwrap());
        add(&mut c, &shop, now).unwrap();

        let announced = announce(&mut c, "shop", "https://pr-1.preview.example.com", now).unwrap();

        assert_eq!(announced, None);
        assert_eq!(registered_origins(&mut c, now).len(), 2);
    }
}

#[test]
fn the_number_of_previews_is_limited() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        add(&mut c, &frontend("shop", SHOP), now).unwrap();
        let name = "shop".parse().unwrap();
        let end = now + TimeDelta::hours(1);
        let preview = |number: usize| format!("https://shop-{number}.vercel.app");
        c.exclusively(|c| {
            (0..500).try_for_each(|n| storage::upsert_preview(c, &name, &origin(&preview(n)), end))
        })
        .unwrap();

        let new = announce(&mut c, "shop", &preview(500), now);
        let known = announce(&mut c, "shop", &preview(0), now);
        let after_expiry = announce(&mut c, "shop", &preview(500), end);

        assert!(matches!(new, Err(RegistryError::TooManyPreviews(500))), "{new:?}");
        assert!(known.is_ok() && after_expiry.is_ok(), "{known:?}, {after_expiry:?}");
    }
}

#[test]
fn every_change_of_the_registry_is_an_audit_event() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let later = now + TimeDelta::seconds(1);
        let author = RegistryAuthor { actor: &Actor::operator(), now: later };
        add(&mut c, &frontend("shop", SHOP), now).unwrap();
        let kind = FrontendKeyKind::Preview;
        let key = registry().replace_key(&mut c, &"shop".parse().unwrap(), kind, now, author).unwrap();
        announce(&mut c, "shop", PREVIEW, later + TimeDelta::seconds(1)).unwrap();
        announce(&mut c, "shop", PREVIEW, later + TimeDelta::seconds(2)).unwrap();
        let author = RegistryAuthor { now: later + TimeDelta::seconds(3), ..author };
        registry().apply(&mut c, &[frontend("shop", BLOG)], author).unwrap();
        remove(&mut c, "shop", later + TimeDelta::seconds(4)).unwrap();

        assert_eq!(
            events(&mut c),
            [
                format!("frontend_added shop: site {SHOP}"),
                format!("frontend_key_made shop: preview key {}", key.id()),
                format!("preview_announced shop: {PREVIEW}"),
                format!("frontend_changed shop: - site {SHOP}, + site {BLOG}"),
                "frontend_removed shop".to_owned(),
            ]
        );
    }
}

#[test]
fn a_nonce_is_accepted_once() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let end = now + TimeDelta::minutes(1);

        let first = storage::insert_nonce(&mut c, b"0123456789abcdef", end).unwrap();
        let again = storage::insert_nonce(&mut c, b"0123456789abcdef", end).unwrap();
        let other = storage::insert_nonce(&mut c, b"fedcba9876543210", end).unwrap();

        assert_eq!((first, again, other), (true, false, true));
        assert_eq!(storage::delete_expired_nonces(&mut c, now).unwrap(), 0);
        assert_eq!(storage::delete_expired_nonces(&mut c, end).unwrap(), 2);
    }
}
