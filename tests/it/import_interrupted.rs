//! An import that is killed, is interrupted or loses its database continues when it is run again.

use std::{
    io::Write,
    process::{Child, ChildStdin, Command, Output, Stdio},
    time::{Duration, Instant},
};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use drawbridge_database::{
    Access, Connection, DatabaseUrl, on_backend,
    schema::{outbox, users},
};
use tests::Line;

use crate::{
    command::succeeded,
    import::{Counts, EmptyDatabase, stderr, stdout, y_hash},
};

const ROWS: i64 = 10_000;

/// An import from standard input that receives its rows step by step.
struct StreamedImport(Child);

impl StreamedImport {
    fn start(database: &EmptyDatabase) -> Self {
        let mut command = database.command(&["user", "import", "-", "--format", "csv"]);
        Self(command.stdin(Stdio::piped()).spawn().unwrap())
    }

    fn send(&mut self, rows: &str) {
        // An error means that the import has ended.
        let _ = self.0.stdin.as_mut().unwrap().write_all(rows.as_bytes());
    }

    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    fn take_input(&mut self) -> ChildStdin {
        self.0.stdin.take().unwrap()
    }

    fn wait(self) -> Output {
        self.0.wait_with_output().unwrap()
    }
}

/// A file in two versions: its first half, and all of it.
struct Rows {
    half: String,
    all: String,
}

impl Rows {
    fn generate() -> Self {
        let hash = y_hash("x");
        let rows: Vec<_> = (0..ROWS).map(|n| format!("user-{n}@example.com,{hash},member\n")).collect();
        let header = "email,password,role\n";
        Self {
            half: format!("{header}{}", rows[..rows.len() / 2].concat()),
            all: format!("{header}{}", rows.concat()),
        }
    }
}

/// Waits until some of the rows are accounts.
fn wait_for_accounts(database: &EmptyDatabase) {
    let started = Instant::now();
    while database.counts().users == 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "nothing is imported");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Imports the complete file into a database that has a part of it. Afterwards, every row must be there once.
fn assert_completes(database: &EmptyDatabase, rows: &Rows) {
    let before = database.counts().users;
    assert!(before > 0 && before < ROWS, "the import did not stop half-way: {before}");

    let output = database.import("all.csv", &[&rows.all], &[]);

    let text = succeeded(&output).replace(',', "");
    let [read, imported, existing, invalid] =
        ["read ", " imported ", " existing ", " invalid "].map(|word| {
            let (_, rest) = text.split_once(word).unwrap();
            rest.split_whitespace().next().unwrap().parse::<i64>().unwrap()
        });
    // The database may have completed a transaction after the program was killed.
    assert!(existing >= before, "{existing} existing, {before} before");
    assert_eq!(read, ROWS, "{text}");
    assert_eq!(imported + existing, ROWS, "{text}");
    assert_eq!(invalid, 0, "{text}");
    assert_eq!(database.counts(), Counts { users: ROWS, passwords: ROWS, roles: ROWS });
    let waiting: i64 =
        on_backend!(&mut database.connection(), |c| outbox::table.count().get_result(c)).unwrap();
    assert_eq!(waiting, 0, "verifiers need not learn about new users");
}

#[test]
fn a_killed_import_continues_without_duplicates() {
    for database in EmptyDatabase::both() {
        let rows = Rows::generate();
        let mut import = StreamedImport::start(&database);
        import.send(&rows.half);
        wait_for_accounts(&database);

        import.signal("KILL");
        import.wait();

        assert_completes(&database, &rows);
    }
}

#[test]
fn an_interrupted_import_stores_the_rows_that_it_has_read() {
    let database = EmptyDatabase::postgres();
    let rows = Rows::generate();
    let mut import = StreamedImport::start(&database);
    import.send(&rows.half);
    wait_for_accounts(&database);

    import.signal("INT");
    // The import waits for a row and ends when it arrives. The pipe may be closed by then.
    let mut input = import.take_input();
    while import.is_running() {
        let _ = input.write_all(b"last@example.com,,member\n");
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = import.wait();

    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("interrupted; run the same command again"), "{errors}");
    let summary = stdout(&output);
    assert!(summary.contains("imported 5,00"), "everything that was read: {summary}");
    remove_user(&database, "last@example.com");
    assert_completes(&database, &rows);
}

fn remove_user(database: &EmptyDatabase, email: &str) {
    let url = DatabaseUrl::parse(&database.url).unwrap();
    let mut connection = Connection::open(&url, Access::Own).unwrap();
    on_backend!(&mut connection, |c| {
        diesel::delete(users::table.filter(users::email.eq(email))).execute(c).unwrap()
    });
}

#[test]
fn an_import_that_loses_its_database_says_how_to_continue() {
    let mut database = EmptyDatabase::postgres();
    let rows = Rows::generate();
    let (line, over_line) = Line::to(&database.url);
    let direct = std::mem::replace(&mut database.url, over_line);
    let mut import = StreamedImport::start(&database);
    database.url = direct;
    import.send(&rows.half);
    wait_for_accounts(&database);

    line.cut();
    import.send(&rows.half);
    let output = import.wait();

    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("run the same command again to continue"), "{errors}");
    assert!(stdout(&output).contains("imported "), "{}", stdout(&output));
    assert_completes(&database, &rows);
}
