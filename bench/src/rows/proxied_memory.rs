//! Memory of web-frontend while it forwards large bodies, and with many idle WebSockets.

use std::{thread, time::Duration};

use super::proxied_transfers::BODY_BYTES;
use crate::{
    context::{Context, Placement},
    error::{MeasurementError, Result},
    measured_row::{MeasuredRow, Target},
    open_files::allow_open_files,
    proxies::ProxiedApplication,
    raw_client::{OpenSocket, RawClient},
};

/// How long the receiver of a body waits before it reads, so that the body fills every buffer on the way.
const STALL: Duration = Duration::from_secs(2);

/// Number of connections in each direction that share 1 GiB.
const PARALLEL_TRANSFERS: u64 = 16;

/// Number of WebSockets.
const SOCKETS: usize = 5000;

/// Open files that web-frontend needs, with two connections for each WebSocket.
const OPEN_FILES: usize = 3 * SOCKETS;

/// How long the WebSockets are idle. web-frontend checks their sessions every four seconds.
const IDLE_TIME: Duration = Duration::from_secs(10);

/// Bodies of 1 GiB in both directions, whose receivers stall: most memory in use.
pub(crate) fn measure_transfers(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let proxied = ProxiedApplication::start(context, Placement::Unpinned)?;
    let idle = proxied.web_frontend.resident_mib()?;
    let client = RawClient::new(&proxied);
    let transfer = |bytes: u64, connections: u64| -> Result<f64> {
        thread::scope(|scope| {
            let transfers: Vec<_> = (0..connections)
                .flat_map(|_| {
                    [
                        scope.spawn(|| client.download(bytes, STALL)),
                        scope.spawn(|| client.upload(bytes, STALL)),
                    ]
                })
                .collect();
            transfers.into_iter().try_for_each(|transfer| {
                transfer.join().map_err(|_| MeasurementError::not_measured("a transfer panicked"))?
            })
        })?;
        proxied.web_frontend.peak_mib()
    };
    let single = transfer(BODY_BYTES, 1)?;
    let parallel = transfer(BODY_BYTES / PARALLEL_TRANSFERS, PARALLEL_TRANSFERS)?;
    proxied.verify_revoked(context)?;
    let measured = MeasuredRow::without_floor(row_name, "MiB", &[parallel], Some(Target::AtMost(64.0)));
    Ok(measured.with_note(format!(
        "{idle:.1} MiB idle; {single:.1} MiB with one connection in each direction, {parallel:.1} MiB with \
         {PARALLEL_TRANSFERS}"
    )))
}

/// Opens WebSockets that stay idle: memory in use.
pub(crate) fn measure_sockets(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    allow_open_files(OPEN_FILES)?;
    let proxied = ProxiedApplication::start(context, Placement::Unpinned)?;
    let idle = proxied.web_frontend.resident_mib()?;
    let client = RawClient::new(&proxied);
    let mut sockets = (0..SOCKETS).map(|_| client.open_socket()).collect::<Result<Vec<_>>>()?;
    thread::sleep(IDLE_TIME);
    let resident = proxied.web_frontend.resident_mib()?;
    sockets.iter_mut().try_for_each(OpenSocket::exchange_message)?;
    let active = proxied.web_frontend.resident_mib()?;
    proxied.verify_revoked(context)?;
    let measured = MeasuredRow::without_floor(row_name, "MiB", &[resident], Some(Target::AtMost(200.0)));
    Ok(measured.with_note(format!("{idle:.1} MiB before; {active:.1} MiB after a message on each")))
}
