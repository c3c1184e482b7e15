//! Large bodies through web-frontend, compared with the same bodies through HAProxy.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crate::{
    affinity::Affinity,
    context::{Context, Placement},
    error::{MeasurementError, Result},
    measured_row::{MeasuredRow, Target},
    proxied_application::{DOWNLOAD_PATH, UPLOAD_PATH},
    proxies::ProxiedApplication,
    rounds::{Measurement, interleave},
    server::ServerProcess,
};

/// Size of a body: 1 GiB.
pub(crate) const BODY_BYTES: u64 = 1 << 30;

/// Number of bytes in a MiB.
const BYTES_PER_MIB: f64 = 1024.0 * 1024.0;

/// Statistics that curl prints: status, downloaded bytes, uploaded bytes, seconds.
const CURL_FORMAT: &str = "%{http_code} %{size_download} %{size_upload} %{time_total}";

/// A response of 1 GiB: MiB per second.
pub(crate) fn measure_download(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    measure(context, row_name, None)
}

/// A request with a body of 1 GiB: MiB per second.
pub(crate) fn measure_upload(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    // The file has no blocks, so reading it costs little.
    let body = context.folder().join("upload");
    File::create(&body)?.set_len(BODY_BYTES)?;
    measure(context, row_name, Some(body))
}

fn measure(context: &mut Context, row_name: &str, body: Option<PathBuf>) -> Result<MeasuredRow> {
    let proxied = ProxiedApplication::start(context, Placement::SeparateCores)?;
    let haproxy =
        proxied.start_haproxy(context.server_affinity(Placement::SeparateCores), context.folder())?;
    let transfer = Transfer {
        token: &proxied.users.example.token,
        body: body.as_deref(),
        affinity: context.load(Placement::SeparateCores, 1).affinity,
    };
    transfer.measure(&haproxy)?;
    transfer.measure(&proxied.web_frontend)?;
    let rounds = interleave(
        context.plan.rounds,
        || transfer.measure(&haproxy),
        || transfer.measure(&proxied.web_frontend),
    )?;
    proxied.verify_revoked(context)?;
    Ok(MeasuredRow::with_floor(row_name, "MiB/s", &rounds, Target::AtLeast(0.6)))
}

/// A transfer with curl.
struct Transfer<'a> {
    token: &'a str,
    /// The file to send. Without it, the body is that of the response.
    body: Option<&'a Path>,
    affinity: Affinity,
}

impl Transfer<'_> {
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    fn measure(&self, server: &ServerProcess) -> Result<Measurement> {
        let cpu_before = server.cpu_seconds()?;
        let seconds = self.run(server)?;
        let cpu_used = server.cpu_seconds()? - cpu_before;
        let is_pinned = self.affinity != Affinity::AnyCore;
        Ok(Measurement {
            figure: BODY_BYTES as f64 / BYTES_PER_MIB / seconds,
            cpu_share: is_pinned.then(|| cpu_used / seconds),
        })
    }

    /// Transfers the body and returns the duration in seconds.
    fn run(&self, server: &ServerProcess) -> Result<f64> {
        let mut command = self.affinity.command("curl");
        command.args(["--silent", "--show-error", "--noproxy", "*", "--output", "/dev/null"]);
        command.args(["--write-out", CURL_FORMAT, "--cookie", &format!("token={}", self.token)]);
        match self.body {
            Some(file) => {
                command.args(["--request", "POST", "--upload-file"]).arg(file);
                command.arg(format!("{}{UPLOAD_PATH}/0", server.origin()));
            }
            None => {
                command.arg(format!("{}{DOWNLOAD_PATH}/{BODY_BYTES}", server.origin()));
            }
        }
        let output = command.output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let incomplete = || MeasurementError::wrong_answer(format_args!("curl: {stdout} {stderr}"));
        let fields: Vec<&str> = stdout.split(' ').collect();
        let [status, downloaded, uploaded, seconds] = fields.as_slice() else { return Err(incomplete()) };
        let transferred = if self.body.is_some() { uploaded } else { downloaded };
        if *status != "200" || transferred.parse() != Ok(BODY_BYTES) {
            return Err(incomplete());
        }
        seconds.parse().map_err(MeasurementError::not_measured)
    }
}
