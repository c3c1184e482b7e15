//! Generates the tables of `docs/configuration.md` from the code that reads the settings.
//!
//! The text of the page is edited by hand. A table is between a line `<!-- settings: NAME NAME … -->`, which lists its
//! settings, and the line `<!-- end of settings -->`.

use std::{collections::BTreeSet, fs};

use drawbridge_core::settings::{Reader, SettingReference, environment};

use crate::doctor::DOCTOR_PASSWORD;

const PAGE_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
const TABLE_HEADER: &str =
    "| Setting | Read by | Values | Default | Meaning |\n| --- | --- | --- | --- | --- |\n";
const TABLE_END: &str = "<!-- end of settings -->";
const SERVICES: [&str; 3] = ["auth-service", "verify-service", "web-frontend"];

/// A setting as one program reads it.
struct ProgramSetting {
    program: &'static str,
    reference: SettingReference,
}

impl ProgramSetting {
    /// Returns true if one table row can describe both.
    fn shares_row_with(&self, other: &Self) -> bool {
        let (one, two) = (&self.reference, &other.reference);
        (one.name, one.meaning, &one.values, one.has_file)
            == (two.name, two.meaning, &two.values, two.has_file)
    }
}

fn all_settings() -> Vec<ProgramSetting> {
    let unset = |_: &str| None;
    let mut reader = Reader::new(&unset);
    reader.optional(DOCTOR_PASSWORD, |password| Ok(password.to_owned()));
    [
        ("auth-service", auth_service::Config::reference()),
        ("verify-service", verify_service::Config::reference()),
        ("web-frontend", web_frontend::Config::reference()),
        ("drawbridge doctor", reader.into_reference()),
    ]
    .into_iter()
    .flat_map(|(program, references)| {
        references.into_iter().map(move |reference| ProgramSetting { program, reference })
    })
    .collect()
}

/// Replaces the tables of the page.
///
/// # Panics
/// If a setting is in no table, or a table lists a setting that no program reads.
fn update_tables(page: &str, settings: &[ProgramSetting]) -> String {
    let mut updated = String::new();
    let mut listed = BTreeSet::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        updated.push_str(line);
        updated.push('\n');
        let names = line.strip_prefix("<!-- settings: ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some(names) = names else { continue };
        updated.push_str(TABLE_HEADER);
        for name in names.split_whitespace() {
            updated.push_str(&rows(name, settings));
            listed.insert(name);
        }
        lines.find(|line| *line == TABLE_END).expect("a table has an end");
        updated.push_str(TABLE_END);
        updated.push('\n');
    }
    let missing: Vec<_> =
        settings.iter().map(|setting| setting.reference.name).filter(|name| !listed.contains(name)).collect();
    assert!(
        missing.is_empty(),
        "add {missing:?} to a line `<!-- settings: … -->` of docs/configuration.md, and run scripts/config-reference"
    );
    updated
}

/// The table rows of one setting. There are several if programs use it for different purposes.
fn rows(name: &str, settings: &[ProgramSetting]) -> String {
    let mut groups: Vec<Vec<&ProgramSetting>> = Vec::new();
    for setting in settings.iter().filter(|setting| setting.reference.name == name) {
        match groups.iter_mut().find(|group| group[0].shares_row_with(setting)) {
            Some(group) => group.push(setting),
            None => groups.push(vec![setting]),
        }
    }
    assert!(!groups.is_empty(), "no program reads {name}: remove it from docs/configuration.md");
    groups.iter().map(|group| row(group)).collect()
}

fn row(group: &[&ProgramSetting]) -> String {
    let SettingReference { name, meaning, values, has_file, .. } = &group[0].reference;
    assert!(!meaning.is_empty(), "{name} has no description: declare it with Setting::new");
    let names = if *has_file { format!("`{name}` or `{name}_FILE`") } else { format!("`{name}`") };
    let mut programs: Vec<_> = group.iter().map(|setting| setting.program).collect();
    programs.dedup();
    let readers = if programs == SERVICES { "all services".to_owned() } else { programs.join(", ") };
    let cells = [names, readers, values.clone(), default(group), (*meaning).to_owned()];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// The default, or the default for each program.
fn default(group: &[&ProgramSetting]) -> String {
    let first = &group[0].reference.default;
    if group.iter().all(|setting| setting.reference.default == *first) {
        return as_code(first);
    }
    let each =
        group.iter().map(|setting| format!("{} ({})", as_code(&setting.reference.default), setting.program));
    each.collect::<Vec<_>>().join(", ")
}

/// Formats a value as code, but not a description in words.
fn as_code(default: &str) -> String {
    let is_description = matches!(default, "required" | "unset" | "none") || default.contains([' ', '`']);
    if is_description { default.to_owned() } else { format!("`{default}`") }
}

#[test]
fn the_configuration_page_describes_every_setting() {
    let page = fs::read_to_string(PAGE_PATH).unwrap();

    let updated = update_tables(&page, &all_settings());

    if environment("UPDATE_DOCS").is_some() {
        fs::write(PAGE_PATH, updated).unwrap();
        return;
    }
    for (current, expected) in page.lines().zip(updated.lines()) {
        assert_eq!(current, expected, "docs/configuration.md is outdated: run scripts/config-reference");
    }
    assert_eq!(page, updated, "docs/configuration.md is outdated: run scripts/config-reference");
}
