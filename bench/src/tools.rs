//! The external programs that the benchmark needs. It installs missing ones if it can.

use std::{path::Path, process::Command};

use crate::{
    error::{MeasurementError, Result},
    output,
};

/// An external program and the Debian package that contains it.
struct Tool {
    program: &'static str,
    package: &'static str,
}

const TOOLS: [Tool; 7] = [
    Tool { program: "wrk", package: "wrk" },
    Tool { program: "h2load", package: "nghttp2-client" },
    Tool { program: "redis-server", package: "redis-server" },
    Tool { program: "taskset", package: "util-linux" },
    Tool { program: "setpriv", package: "util-linux" },
    Tool { program: "haproxy", package: "haproxy" },
    Tool { program: "curl", package: "curl" },
];

/// Ensures that all external programs are installed.
pub(crate) fn ensure_installed() -> Result<()> {
    let packages = missing_packages();
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    output::progress(format_args!("installing {list}"));
    let mut install = vec!["install", "-q", "-y", "--no-install-recommends"];
    install.extend(&packages);
    let is_installed = is_on_path("apt-get")
        && run_apt_get(&["update", "-q"])
        && run_apt_get(&install)
        && missing_packages().is_empty();
    if !is_installed {
        return Err(MeasurementError::not_measured(format_args!(
            "programs are missing; install them with: sudo apt-get install {list}"
        )));
    }
    Ok(())
}

fn run_apt_get(arguments: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.status().is_ok_and(|status| status.success())
}

fn missing_packages() -> Vec<&'static str> {
    let missing = TOOLS.iter().filter(|tool| !is_on_path(tool.program));
    let mut packages: Vec<_> = missing.map(|tool| tool.package).collect();
    // Debian keeps `initdb` off the path.
    if !is_on_path("initdb") && !Path::new("/usr/lib/postgresql").exists() {
        packages.push("postgresql");
    }
    packages.dedup();
    packages
}

fn is_on_path(program: &str) -> bool {
    let path = drawbridge_core::settings::environment("PATH").unwrap_or_default();
    path.split(':').any(|folder| Path::new(folder).join(program).is_file())
}
