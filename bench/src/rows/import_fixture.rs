//! Databases and files for the measurements of `drawbridge user import`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use auth_service::storage;
use diesel::{QueryDsl, RunQueryDsl, connection::SimpleConnection};
use drawbridge_database::{Access, Connection, DatabaseUrl, on_backend, schema::users};

use crate::{
    context::Context,
    error::{MeasurementError, Result},
    process_stats, programs,
    seed::{SEEDED_HASH_COST, SEEDED_PASSWORD},
    seeded_database::DEPLOYMENT_SECRET,
};

/// Creation time of all accounts.
const ACCOUNT_CREATED_AT: &str = "2024-04-30 08:00:00";

/// Pause between memory readings.
const MEMORY_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Factor that turns row numbers into the numbers in e-mail addresses. It is odd, so that all addresses
/// differ, and large, so that neighbouring rows are far apart in the index.
const EMAIL_FACTOR: u32 = 2_654_435_761;

/// An empty database, and a folder for files to import.
pub(super) struct ImportFixture<'a> {
    database_url: String,
    connection: Connection,
    folder: &'a Path,
    password_hash: String,
}

/// Resources that an import used.
pub(super) struct ImportUsage {
    pub(super) seconds: f64,
    pub(super) peak_mib: f64,
}

impl<'a> ImportFixture<'a> {
    /// Creates the database and its schema.
    pub(super) fn new(context: &'a Context) -> Result<Self> {
        let database_url = tests::fresh_postgres_database();
        let url = DatabaseUrl::parse(&database_url).map_err(MeasurementError::not_measured)?;
        let mut connection = Connection::open(&url, Access::Own)?;
        storage::migrate(&mut connection)?;
        let password_hash = bcrypt::hash(SEEDED_PASSWORD, SEEDED_HASH_COST)?;
        Ok(Self { database_url, connection, folder: context.folder(), password_hash })
    }

    /// Writes a CSV file in the layout of a Prisma table. Each account has a password and a role.
    pub(super) fn write_csv(&self, accounts: u32) -> Result<PathBuf> {
        let path = self.folder.join(format!("import-{accounts}.csv"));
        let mut file = BufWriter::new(File::create(&path)?);
        let hash = &self.password_hash;
        writeln!(file, "id,email,password,name,role,emailVerified,createdAt")?;
        for n in 0..accounts {
            let email = n.wrapping_mul(EMAIL_FACTOR);
            write!(file, "{n},user-{email:08x}@bench.example,{hash},User {n},USER,")?;
            writeln!(file, "2024-05-01 12:34:56.789,{ACCOUNT_CREATED_AT}")?;
        }
        file.flush()?;
        Ok(path)
    }

    /// Imports a file into the emptied tables.
    pub(super) fn import(&mut self, file: &Path, accounts: u32) -> Result<ImportUsage> {
        self.empty_tables()?;
        let started = Instant::now();
        let mut command = Command::new(programs::file("drawbridge")?);
        command.args(["user", "import"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("DATABASE_URL", &self.database_url).env("MASTER_SECRET", DEPLOYMENT_SECRET);
        let peak_mib = wait_and_measure_peak(command.spawn()?)?;
        let seconds = started.elapsed().as_secs_f64();
        let imported: i64 = on_backend!(&mut self.connection, |c| users::table.count().get_result(c))?;
        if imported != i64::from(accounts) {
            return Err(MeasurementError::wrong_answer(format_args!(
                "{imported} of {accounts} accounts were imported"
            )));
        }
        Ok(ImportUsage { seconds, peak_mib })
    }

    /// Generates the same rows in the server, without input: the only work is to maintain the tables, indexes
    /// and references. Returns the time in seconds.
    pub(super) fn generate_in_server(&mut self, accounts: u32) -> Result<f64> {
        self.empty_tables()?;
        let started = Instant::now();
        let rows = format!("generate_series(0, {accounts}::bigint - 1) AS n");
        let id = "decode(lpad(to_hex(n), 32, '0'), 'hex')";
        let digits = format!("lpad(to_hex((n * {EMAIL_FACTOR}) % 4294967296), 8, '0')");
        let email = format!("'user-' || {digits} || '@bench.example'");
        let hash = &self.password_hash;
        let time = format!("timestamp '{ACCOUNT_CREATED_AT}'");
        let statements = format!(
            "BEGIN;
             INSERT INTO users (id, email, email_key, email_verified, disabled, version, created_at)
                SELECT {id}, {email}, {email}, true, false, 1, {time} FROM {rows};
             INSERT INTO passwords (user_id, hash, changed_at) SELECT {id}, '{hash}', {time} FROM {rows};
             INSERT INTO user_roles (user_id, role) SELECT {id}, 'USER' FROM {rows};
             COMMIT"
        );
        on_backend!(&mut self.connection, |c| c.batch_execute(&statements))?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn empty_tables(&mut self) -> Result<()> {
        // A batch would be a transaction, in which VACUUM cannot run.
        for statement in ["TRUNCATE users CASCADE", "VACUUM ANALYZE", "CHECKPOINT"] {
            on_backend!(&mut self.connection, |c| c.batch_execute(statement))?;
        }
        Ok(())
    }
}

/// Waits for the end of a program and returns its peak memory in MiB.
fn wait_and_measure_peak(mut program: Child) -> Result<f64> {
    let pid = program.id().to_string();
    let mut peak_mib = 0.0;
    loop {
        if let Some(status) = program.try_wait()? {
            if !status.success() {
                return Err(MeasurementError::not_measured("the import failed"));
            }
            return Ok(peak_mib);
        }
        // A program that has just ended no longer has any memory.
        if let Ok(mib) = process_stats::peak_mib(&pid) {
            peak_mib = mib;
        }
        thread::sleep(MEMORY_POLL_INTERVAL);
    }
}
