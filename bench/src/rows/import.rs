//! `drawbridge user import`: how quickly, and in how much memory.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use auth_service::storage;
use diesel::{QueryDsl, RunQueryDsl, connection::SimpleConnection};
use drawbridge_database::{Access, Connection, DatabaseUrl, on_backend, schema::users};

use crate::{
    context::Context,
    failure::{Failure, Result},
    programs,
    report::{Measured, Target},
    seed::{BCRYPT_COST, PASSWORD},
    stats::median,
};

/// How many rows the smaller file has, against which the memory is held.
const FEW: u32 = 100_000;

/// When everybody's account was made.
const MADE_AT: &str = "2024-04-30 08:00:00";

/// How often the memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// An empty database and files of rows.
struct Workplace<'a> {
    url: String,
    connection: Connection,
    folder: &'a Path,
    hash: String,
}

/// What an import took.
struct Taken {
    seconds: f64,
    peak_mib: f64,
}

impl<'a> Workplace<'a> {
    fn new(context: &'a Context) -> Result<Self> {
        let url = tests::fresh_postgres_database();
        let parsed = DatabaseUrl::parse(&url).map_err(Failure::not_measured)?;
        let mut connection = Connection::open(&parsed, Access::Own)?;
        storage::migrate(&mut connection)?;
        let hash = bcrypt::hash(PASSWORD, BCRYPT_COST)?;
        Ok(Self { url, connection, folder: context.folder(), hash })
    }

    /// A file of a table such as Prisma keeps: everybody has a password and a role.
    fn file(&self, rows: u32) -> Result<PathBuf> {
        let path = self.folder.join(format!("import-{rows}.csv"));
        let mut file = BufWriter::new(File::create(&path)?);
        writeln!(file, "id,email,password,name,role,emailVerified,createdAt")?;
        for n in 0..rows {
            let email = scattered(n);
            let hash = &self.hash;
            writeln!(
                file,
                "{n},user-{email:08x}@bench.example,{hash},User {n},USER,2024-05-01 12:34:56.789,{MADE_AT}"
            )?;
        }
        file.flush()?;
        Ok(path)
    }

    fn empty(&mut self) -> Result<()> {
        // Not in one batch, which would be a transaction.
        for statement in ["TRUNCATE users CASCADE", "VACUUM ANALYZE", "CHECKPOINT"] {
            on_backend!(&mut self.connection, |c| c.batch_execute(statement))?;
        }
        Ok(())
    }

    /// Imports a file of that many rows into the emptied tables.
    fn import(&mut self, file: &Path, rows: u32) -> Result<Taken> {
        self.empty()?;
        let began = Instant::now();
        let mut command = Command::new(programs::file("drawbridge")?);
        command.args(["user", "import"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("DATABASE_URL", &self.url).env("MASTER_SECRET", "the master secret of the benchmark");
        let peak_mib = peak_until_done(command.spawn()?)?;
        let seconds = began.elapsed().as_secs_f64();
        let made: i64 = on_backend!(&mut self.connection, |c| users::table.count().get_result(c))?;
        if made != i64::from(rows) {
            return Err(Failure::WrongAnswer(format!("{made} of {rows} rows were imported")));
        }
        Ok(Taken { seconds, peak_mib })
    }

    /// The same rows, made in the server from nothing: the tables, their indexes and references, and no more.
    fn insert_in_the_server(&mut self, rows: u32) -> Result<f64> {
        self.empty()?;
        let began = Instant::now();
        let everybody = format!("generate_series(0, {rows}::bigint - 1) AS n");
        let id = "decode(lpad(to_hex(n), 32, '0'), 'hex')";
        let email =
            format!("'user-' || lpad(to_hex((n * {SCATTER}) % 4294967296), 8, '0') || '@bench.example'");
        let (hash, time) = (&self.hash, format!("timestamp '{MADE_AT}'"));
        let statements = format!(
            "BEGIN;
             INSERT INTO users (id, email, email_key, email_verified, disabled, version, created_at)
                SELECT {id}, {email}, {email}, true, false, 1, {time} FROM {everybody};
             INSERT INTO passwords (user_id, hash, changed_at) SELECT {id}, '{hash}', {time} FROM {everybody};
             INSERT INTO user_roles (user_id, role) SELECT {id}, 'USER' FROM {everybody};
             COMMIT"
        );
        on_backend!(&mut self.connection, |c| c.batch_execute(&statements))?;
        Ok(began.elapsed().as_secs_f64())
    }
}

/// An odd number: every row has an address of its own, and none is near that of the row before.
const SCATTER: u32 = 2_654_435_761;

fn scattered(n: u32) -> u32 {
    n.wrapping_mul(SCATTER)
}

/// The greatest memory that a program has until it ends with success: `VmHWM`.
fn peak_until_done(mut program: Child) -> Result<f64> {
    let mut peak = 0.0;
    loop {
        if let Some(status) = program.try_wait()? {
            return if status.success() { Ok(peak) } else { Err(Failure::not_measured("the import failed")) };
        }
        let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(kib) = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok()) {
            peak = kib / 1024.0;
        }
        std::thread::sleep(LOOK);
    }
}

/// Rows a second.
pub(crate) fn speed(context: &mut Context, name: &str) -> Result<Measured> {
    let rows = context.plan.imported;
    let mut workplace = Workplace::new(context)?;
    let file = workplace.file(rows)?;
    let (mut values, mut bare, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..context.plan.slow_rounds {
        bare.push(f64::from(rows) / workplace.insert_in_the_server(rows)?);
        let taken = workplace.import(&file, rows)?;
        values.push(f64::from(rows) / taken.seconds);
        peaks.push(taken.peak_mib);
    }
    let measured = Measured::alone(name, "rows/s", &values, Some(Target::AtLeast(20_000.0)));
    let (peak, bare) = (median(&peaks), median(&bare));
    let measured = measured.with_note(format!("{rows} rows with password and role, peak {peak:.1} MiB"));
    Ok(measured.with_note(format!("the server makes the same rows from nothing at {bare:.0} rows/s")))
}

/// The greatest memory, with what a tenth of the rows take beside it.
pub(crate) fn memory(context: &mut Context, name: &str) -> Result<Measured> {
    let rows = context.plan.imported;
    let mut workplace = Workplace::new(context)?;
    let few = workplace.file(FEW)?;
    let few = workplace.import(&few, FEW)?;
    let many = workplace.file(rows)?;
    let many = workplace.import(&many, rows)?;
    let measured = Measured::alone(name, "MiB", &[many.peak_mib], Some(Target::AtMost(64.0)));
    Ok(measured.with_note(format!("with {rows} rows; with {FEW} it is {:.1} MiB", few.peak_mib)))
}
