use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of this repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A folder below the one in which `scripts/test-openapi` installs the tools.
pub(crate) fn tools(name: &str) -> PathBuf {
    let folder = repository().join("target/tools/openapi").join(name);
    assert!(folder.exists(), "{} is missing: run scripts/test-openapi", folder.display());
    folder
}

/// Runs a program and returns what it prints; fails with that unless the program succeeds.
pub(crate) fn run(case: &str, command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{case}: {command:?}: {error}"));
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{case}:\n{text}");
    text
}
