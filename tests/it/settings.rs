//! The files in which operators set settings agree with `docs/configuration.md`, which is generated from the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Settings that Compose determines itself: how the services find each other and how they trust each other.
const SET_BY_COMPOSE: [&str; 15] = [
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
    "WEB_FRONTEND_KEY",
    "WEB_FRONTEND_KEY_FILE",
];

/// Settings that name files, which Compose has to mount as well. The variable of the shell that starts Compose must not
/// reach the containers.
const OF_MOUNTED_FILES: [&str; 1] = ["SSL_CERT_FILE"];

/// Settings of commands, which no service reads.
const OF_COMMANDS: [&str; 1] = ["DOCTOR_PASSWORD"];

/// Settings whose default depends on another setting, so `.env.example` may show a different value.
const DEPENDENT_DEFAULTS: [&str; 1] = ["EMAIL_VERIFICATION"];

fn read(path: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(top.join(path)).unwrap()
}

fn is_name(word: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.len() > 2 && word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(is_allowed)
}

/// The documented settings and their defaults.
fn documented() -> BTreeMap<String, String> {
    let page = read("docs/configuration.md");
    let mut settings = BTreeMap::new();
    for table in page.split("<!-- settings: ").skip(1) {
        let (table, _) = table.split_once("<!-- end of settings -->").unwrap();
        for row in table.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<_> = row.split(" | ").collect();
            let names = cells[0].split('`').filter(|word| is_name(word));
            settings.extend(names.map(|name| (name.to_owned(), cells[3].trim_matches('`').to_owned())));
        }
    }
    settings
}

/// The variables that the Compose files take from `.env`, and their defaults.
fn taken_by_compose() -> BTreeMap<String, String> {
    let files = read("docker-compose.yml") + &read("docker-compose.prod.yml");
    let variables = files.split("${").skip(1).map(|rest| rest.split('}').next().unwrap());
    let mut taken = BTreeMap::new();
    for variable in variables {
        let (name, default) = variable.split_once(":-").unwrap_or((variable, ""));
        let name = name.split(':').next().unwrap();
        taken.insert(name.to_owned(), default.to_owned());
    }
    taken
}

/// The variables in `.env.example`, and their values.
fn in_env_example() -> BTreeMap<String, String> {
    let example = read(".env.example");
    let lines = example.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    lines.filter(|(name, _)| is_name(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Returns true unless the default is described in words, such as "required", or is that of another setting.
fn is_value(default: &str) -> bool {
    !matches!(default, "required" | "unset" | "none") && !default.contains([' ', '`']) && !is_name(default)
}

fn names(settings: &BTreeMap<String, String>) -> BTreeSet<&str> {
    settings.keys().map(String::as_str).collect()
}

#[test]
fn env_example_lists_every_variable_of_compose() {
    let example = in_env_example();
    let taken = taken_by_compose();

    // docker-compose itself reads this one.
    let listed: BTreeSet<_> = names(&example).into_iter().filter(|name| *name != "COMPOSE_FILE").collect();
    assert_eq!(listed, names(&taken));
}

#[test]
fn env_example_shows_the_defaults() {
    let documented = documented();
    let taken = taken_by_compose();

    for (name, value) in in_env_example() {
        let Some(default) = documented.get(&name) else { continue };
        let effective = match taken[&name].as_str() {
            "" if !is_value(default) || DEPENDENT_DEFAULTS.contains(&name.as_str()) => continue,
            "" => default.as_str(),
            set_by_compose => set_by_compose,
        };
        assert_eq!(value, effective, "{name}");
    }
}

#[test]
fn every_setting_can_be_set_with_compose() {
    let documented = documented();
    let taken = taken_by_compose();

    let missing: Vec<_> = names(&documented)
        .difference(&names(&taken))
        .filter(|name| !SET_BY_COMPOSE.contains(name) && !OF_COMMANDS.contains(name))
        .filter(|name| !OF_MOUNTED_FILES.contains(name))
        .copied()
        .collect();

    assert!(documented.len() > 50, "the tables of docs/configuration.md are found");
    assert!(missing.is_empty(), "missing in docker-compose.yml: {missing:?}");
}

#[test]
fn kubernetes_sets_documented_settings_only() {
    let documented = documented();
    let file = read("deploy/kubernetes/base/settings.env");

    for (name, _) in file.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| is_name(name)) {
        assert!(documented.contains_key(name), "{name} is not a setting");
    }
}

#[test]
fn compose_has_a_commented_example_of_an_application() {
    let documented = documented();
    let file = read("docker-compose.yml");
    let comments = file.lines().filter_map(|line| line.trim_start().strip_prefix('#')).map(str::trim);
    let settings: Vec<_> = comments.clone().filter_map(|line| line.split_once('=')).collect();

    for (name, _) in settings.iter().filter(|(name, _)| is_name(name)) {
        assert!(documented.contains_key(*name), "{name} is not a setting");
    }
    assert!(settings.contains(&("APP_URL", "http://app:3000")), "{settings:?}");
    assert!(comments.into_iter().any(|line| line == "app:"), "the host of APP_URL is a service");
}
