//! The measured programs: built with the profile of this program, and found in the same folder.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    error::{MeasurementError, Result},
    output,
};

/// Packages to build. The floors are in the package of the benchmark.
const PACKAGES: [&str; 5] = ["auth-service", "verify-service", "web-frontend", "drawbridge", "bench"];

/// Returns the folder of the programs: `target/release` or `target/debug`.
fn folder() -> Result<PathBuf> {
    let executable = env::current_exe()?;
    let folder = executable.parent().map(Path::to_owned);
    folder.ok_or_else(|| MeasurementError::not_measured("this program has no parent folder"))
}

/// Returns the folder `target`.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let folder = folder()?;
    Ok(folder.parent().map_or(folder.clone(), Path::to_owned))
}

/// Returns true if the programs are built with the release profile.
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
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if !status.success() {
        return Err(MeasurementError::not_measured("the build failed"));
    }
    Ok(())
}

/// Returns the file of a program.
pub(crate) fn file(name: &str) -> Result<PathBuf> {
    let file = folder()?.join(name);
    if file.exists() {
        return Ok(file);
    }
    Err(MeasurementError::not_measured(format_args!(
        "{} does not exist: run without --no-build, or build the workspace first",
        file.display()
    )))
}
