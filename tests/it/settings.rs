//! Every setting can be found, and can be set where people set it.

use std::{collections::BTreeSet, fs, path::Path};

fn text(path: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(top.join(path)).unwrap()
}

fn is_name(word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.len() > 2 && word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(is_name)
}

/// The names in the first column of the README's table.
fn documented() -> BTreeSet<String> {
    let readme = text("README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let columns = rows.map(|row| row.split(" | ").next().unwrap().to_owned());
    let words = columns.flat_map(|column| {
        column.split('`').map(str::to_owned).filter(|word| is_name(word)).collect::<Vec<_>>()
    });
    words.collect()
}

/// What the compose files take from `.env`.
fn taken() -> BTreeSet<String> {
    let files = text("docker-compose.yml") + &text("docker-compose.prod.yml");
    let after = files.split("${").skip(1);
    after.map(|rest| rest.split([':', '}']).next().unwrap().to_owned()).collect()
}

#[test]
fn the_example_names_all_that_the_compose_files_take_and_nothing_else() {
    let example = text(".env.example");
    let lines = example.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let named: BTreeSet<_> = lines.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect();
    let own = BTreeSet::from(["COMPOSE_FILE".to_owned()]);
    assert_eq!(named.difference(&own).cloned().collect::<BTreeSet<_>>(), taken());
}

#[test]
fn every_setting_of_the_services_can_be_set_under_compose() {
    // Those that say how the programs of a deployment find each other, and what they trust each other by.
    let own = [
        "AUTH_SERVICE_URL",
        "BIND",
        "DATABASE_READER",
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "INTERNAL_PORT",
        "MASTER_SECRET",
        "MASTER_SECRET_FILE",
        "PORT",
        "REDIS_URL",
        "REDIS_URL_FILE",
        "VERIFY_INTERNAL_URL",
        "VERIFY_SERVICE_URL",
    ];
    let own: BTreeSet<_> = own.map(str::to_owned).into();
    let missing: Vec<_> =
        documented().difference(&taken()).filter(|name| !own.contains(*name)).cloned().collect();
    assert!(missing.is_empty(), "in the README and not in docker-compose.yml: {missing:?}");
    assert!(documented().len() > 30, "the README's table is read");
}
