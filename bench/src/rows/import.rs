//! Speed and memory of `drawbridge user import`.

use super::import_fixture::ImportFixture;
use crate::{
    context::Context,
    error::Result,
    measured_row::{MeasuredRow, Target},
    stats::median,
};

/// Number of accounts in the small file, to show that memory use does not depend on the size of the file.
const FEW_ACCOUNTS: u32 = 100_000;

/// Accounts per second.
pub(crate) fn measure_speed(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let accounts = context.plan.imported_accounts;
    let mut fixture = ImportFixture::new(context)?;
    let file = fixture.write_csv(accounts)?;
    let mut import_rates = Vec::new();
    let mut server_rates = Vec::new();
    let mut peaks_mib = Vec::new();
    for _ in 0..context.plan.slow_rounds {
        server_rates.push(f64::from(accounts) / fixture.generate_in_server(accounts)?);
        let usage = fixture.import(&file, accounts)?;
        import_rates.push(f64::from(accounts) / usage.seconds);
        peaks_mib.push(usage.peak_mib);
    }
    let target = Target::AtLeast(20_000.0);
    let measured = MeasuredRow::without_floor(row_name, "rows/s", &import_rates, Some(target));
    let peak_mib = median(&peaks_mib);
    let server_rate = median(&server_rates);
    Ok(measured
        .with_note(format!("{accounts} rows with password and role; peak memory {peak_mib:.1} MiB"))
        .with_note(format!("the server alone creates the same rows at {server_rate:.0} rows/s")))
}

/// Peak memory. The note shows the peak for a file with fewer accounts.
pub(crate) fn measure_memory(context: &mut Context, row_name: &str) -> Result<MeasuredRow> {
    let accounts = context.plan.imported_accounts;
    let mut fixture = ImportFixture::new(context)?;
    let small_file = fixture.write_csv(FEW_ACCOUNTS)?;
    let small = fixture.import(&small_file, FEW_ACCOUNTS)?;
    let large_file = fixture.write_csv(accounts)?;
    let large = fixture.import(&large_file, accounts)?;
    let target = Target::AtMost(64.0);
    let measured = MeasuredRow::without_floor(row_name, "MiB", &[large.peak_mib], Some(target));
    Ok(measured
        .with_note(format!("with {accounts} rows; {:.1} MiB with {FEW_ACCOUNTS} rows", small.peak_mib)))
}
