//! The programs of others that the benchmark needs, installed where that is possible.

use std::{path::Path, process::Command};

use crate::{
    failure::{Failure, Result},
    output,
};

/// Program and Debian package.
const TOOLS: [(&str, &str); 5] = [
    ("wrk", "wrk"),
    ("h2load", "nghttp2-client"),
    ("redis-server", "redis-server"),
    ("taskset", "util-linux"),
    ("setpriv", "util-linux"),
];

/// Makes sure that everything is there.
pub(crate) fn ensure() -> Result<()> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    output::progress(format_args!("installing {list}"));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status().is_ok_and(|s| s.success())
    };
    let mut install = vec!["install", "-q", "-y", "--no-install-recommends"];
    install.extend(&packages);
    if has("apt-get") && apt(&["update", "-q"]) && apt(&install) && missing().is_empty() {
        return Ok(());
    }
    Err(Failure::NotMeasured(format!("these are missing; install them: sudo apt-get install {list}")))
}

fn missing() -> Vec<&'static str> {
    let mut packages: Vec<_> =
        TOOLS.iter().filter(|(program, _)| !has(program)).map(|(_, package)| *package).collect();
    if !has("initdb") && !Path::new("/usr/lib/postgresql").exists() {
        packages.push("postgresql");
    }
    packages.dedup();
    packages
}

fn has(program: &str) -> bool {
    let path = drawbridge_core::settings::environment("PATH").unwrap_or_default();
    path.split(':').any(|folder| Path::new(folder).join(program).is_file())
}
