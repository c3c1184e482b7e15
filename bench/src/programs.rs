//! The programs of the workspace: built the way this one was, and found beside it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::{Failure, Result},
    output,
};

/// The packages whose programs are measured. This one is among them for the floors.
const PACKAGES: [&str; 5] = ["auth-service", "verify-service", "web-frontend", "drawbridge", "bench"];

/// Where the programs are: `target/release`, or `target/debug`.
fn folder() -> Result<PathBuf> {
    let this = env::current_exe()?;
    let folder = this.parent().map(Path::to_owned);
    folder.ok_or_else(|| Failure::not_measured("this program is in no folder"))
}

/// The `target` folder.
pub(crate) fn target() -> Result<PathBuf> {
    let folder = folder()?;
    Ok(folder.parent().map_or(folder.clone(), Path::to_owned))
}

/// Whether the programs are built for speed.
pub(crate) fn are_optimised() -> Result<bool> {
    Ok(folder()?.file_name().is_some_and(|name| name == "release"))
}

/// Builds the programs that are not up to date.
pub(crate) fn build() -> Result<()> {
    let cargo = drawbridge_core::settings::environment("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.arg("build").args(PACKAGES.iter().flat_map(|package| ["-p", package]));
    if are_optimised()? {
        command.arg("--release");
    }
    output::progress(format_args!("building {}", PACKAGES.join(", ")));
    let built = command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if built.success() { Ok(()) } else { Err(Failure::not_measured("the programs cannot be built")) }
}

/// A program's file.
pub(crate) fn file(name: &str) -> Result<PathBuf> {
    let file = folder()?.join(name);
    if file.exists() {
        return Ok(file);
    }
    let file = file.display();
    Err(Failure::NotMeasured(format!("{file} is not there: run without --no-build, or build the workspace")))
}
