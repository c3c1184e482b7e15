//! Accounts of another system, through `drawbridge user import`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use drawbridge_database::{
    Access, Connection, DatabaseUrl, on_backend,
    schema::{outbox, passwords, user_roles, users},
};
use tempfile::TempDir;
use tests::{Line, PASSWORD, Stack, fresh_postgres_database, program};

use crate::command::{drawbridge, log_in, said};

/// A database with the schema and nobody in it.
pub(crate) struct Empty {
    pub(crate) url: String,
    folder: TempDir,
}

impl Empty {
    fn on(url: impl FnOnce(&Path) -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let empty = Self { url: url(folder.path()), folder };
        said(&empty.command(&["migrate"]).output().unwrap());
        empty
    }

    pub(crate) fn postgres() -> Self {
        Self::on(|_| fresh_postgres_database())
    }

    pub(crate) fn both() -> [Self; 2] {
        let sqlite = |folder: &Path| format!("sqlite://{}", folder.join("drawbridge.db").display());
        [Self::postgres(), Self::on(sqlite)]
    }

    /// A path in a folder of its own.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("drawbridge"));
        command.args(arguments).env("DATABASE_URL", &self.url).current_dir(self.folder.path());
        command.env("MASTER_SECRET", "the master secret of the test suite");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// `drawbridge user …`
    pub(crate) fn user(&self, arguments: &[&str]) -> Output {
        self.command(&[&["user"], arguments].concat()).output().unwrap()
    }

    /// Imports a file of these lines.
    fn import(&self, name: &str, lines: &[&str], options: &[&str]) -> Output {
        fs::write(self.path(name), lines.join("\n")).unwrap();
        self.user(&[&["import", name], options].concat())
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::open(&DatabaseUrl::parse(&self.url).unwrap(), Access::Read).unwrap()
    }

    /// How many users, passwords and roles there are.
    fn counts(&self) -> [i64; 3] {
        on_backend!(&mut self.connection(), |c| [
            users::table.count().get_result(c).unwrap(),
            passwords::table.count().get_result(c).unwrap(),
            user_roles::table.count().get_result(c).unwrap(),
        ])
    }
}

fn y_hash(password: &str) -> String {
    bcrypt::hash_with_result(password, 4).unwrap().format_for_version(bcrypt::Version::TwoY)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_an_express_application_sign_in_with_the_passwords_that_they_have() {
    for stack in Stack::both() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("users.csv");
        let hash = y_hash(PASSWORD);
        // As psql writes a table of Prisma.
        let rows = [
            "id,email,password,name,role,emailVerified,createdAt",
            &format!(
                "1,Ada@Example.com,{hash},\"Lovelace, Ada\",ADMIN,2024-05-01 12:34:56.789,2024-04-30 08:00:00"
            ),
            "2,bob@example.com,,Bob,USER,,2024-05-02 08:00:00.5",
        ];
        fs::write(&file, rows.join("\n")).unwrap();
        let file = file.display().to_string();
        let text = said(&drawbridge(&stack, &["user", "import", &file], ""));
        assert!(text.contains("read 2, imported 2, known already 0, refused 0"), "{text}");
        assert!(text.contains("password hash = password") && text.contains("not read: id, name"), "{text}");
        assert!(text.contains("1 of them without a password"), "{text}");

        let stored = || {
            let url = DatabaseUrl::parse(&stack.database_url).unwrap();
            let stored = || -> Vec<String> {
                let mut connection = Connection::open(&url, Access::Read).unwrap();
                on_backend!(&mut connection, |c| passwords::table.select(passwords::hash).load(c)).unwrap()
            };
            // It waits by itself, which an async thread must not.
            tokio::task::block_in_place(stored).concat()
        };
        assert_eq!(stored(), hash);
        let (_, answer) = log_in(&stack, "ada@example.com", "another password").await;
        assert_eq!(answer.status, 401);
        let (mut ada, answer) = log_in(&stack, "ada@example.com", PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(stored().starts_with("$2b$10$"), "the hash is not made stronger: {}", stored());
        let (_, answer) = log_in(&stack, "ada@example.com", PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let verified = ada.post(&format!("{}/api/verify", stack.verify)).await.json();
        let user = &verified["data"]["user"];
        assert_eq!(user["roles"], serde_json::json!(["ADMIN"]), "{verified}");
        assert_eq!(user["email_verified"], true, "{verified}");
        let (_, answer) = log_in(&stack, "bob@example.com", "").await;
        assert_eq!(answer.status, 401);
    }
}

#[test]
fn rows_that_cannot_be_taken_are_named_and_the_others_imported() {
    for empty in Empty::both() {
        let good = y_hash("x");
        let dear = good.replace("$04$", "$15$");
        let lines = [
            "email,password_hash,disabled,created_at,roles".to_owned(),
            format!("a@example.com,{good},f,2024-05-01 00:00:00+00,\"editor,admin\""),
            format!("a@example,{good},f,,"),
            "b@example.com,correct horse battery,f,,".into(),
            format!("c@example.com,{dear},f,,"),
            format!("d@example.com,{good},perhaps,,"),
            "e@example.com,,t,,".into(),
            format!("f@example.com,{good}"),
            format!(",{good},f,,"),
            "A@Example.COM,,f,,".into(),
            format!("g@example.com,{good},f,yesterday,"),
            "h@example.com,,f,,\"{\"\"a,b\"\"}\"".into(),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let output = empty.import("users.csv", &lines, &[]);
        assert_eq!(output.status.code(), Some(1));
        let (said, text) = (stdout(&output), stderr(&output));
        assert!(said.contains("read 11, imported 2, known already 1, refused 8"), "{said}{text}");
        for reason in [
            "line 3: the e-mail address is not accepted: After the @",
            "line 4: the password hash is no bcrypt hash",
            "line 5: the password hash has the cost 15, above BCRYPT_COST_MAX (14)",
            "line 6: “disabled” is neither yes nor no",
            "line 8: has 2 fields where the header has 5",
            "line 9: has no e-mail address",
            "line 11: the time at which",
            "line 12: the roles",
            "8 rows were refused",
        ] {
            assert!(text.contains(reason), "{reason}: {text}");
        }
        assert!(!text.contains("correct horse") && !text.contains("$2y$04"), "{text}");
        assert_eq!(empty.counts(), [2, 1, 2]);

        // The first of two rows with one address counts, and a second run changes nothing.
        let again = empty.import("users.csv", &lines, &["--skip-invalid"]);
        assert_eq!(again.status.code(), Some(0));
        assert!(stdout(&again).contains("imported 0, known already 3, refused 8"), "{}", stdout(&again));
        assert_eq!(empty.counts(), [2, 1, 2]);
        let mut dear = empty.command(&["user", "import", "users.csv"]);
        let dear = dear.env("BCRYPT_COST_MAX", "15").output().unwrap();
        assert!(stdout(&dear).contains("imported 1, known already 3, refused 7"), "{}", stdout(&dear));
    }
}

#[test]
fn json_lines_and_columns_of_other_names_are_read() {
    for empty in Empty::both() {
        let hash = y_hash("x");
        let lines = [
            format!(
                r#"{{"_id":{{"$oid":"1"}},"mail":"a@example.com","secret":"{hash}","createdAt":{{"$date":"2024-05-01T00:00:00Z"}}}}"#
            ),
            r#"{"mail":"b@example.com","roles":["x","y","x"],"disabled":true,"emailVerified":1714566896789}"#
                .into(),
            String::new(),
            r#""hunter2""#.into(),
            r#"{"mail":"c@example.com","secret":["hunter2"]}"#.into(),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let output =
            empty.import("users.jsonl", &lines, &["--email", "mail,e_mail", "--password-hash", "secret"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stdout(&output).contains("read 4, imported 2"), "{}", stdout(&output));
        let text = stderr(&output);
        assert!(
            text.contains("line 4: is no JSON object") && text.contains("line 5: the password hash"),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(empty.counts(), [2, 1, 2]);
        let exported = said(&empty.user(&["export", "--format", "jsonl"]));
        assert!(exported.contains(r#""created_at":"2024-05-01T00:00:00Z""#), "{exported}");
        assert!(
            exported.contains(r#""email":"b@example.com","email_verified":true,"disabled":true"#)
                && exported.contains(r#""roles":["x","y"]"#),
            "{exported}"
        );
    }
}

#[test]
fn what_cannot_be_an_import_is_refused_before_anything_is_read() {
    let empty = Empty::postgres();
    let refused = |name: &str, lines: &[&str], options: &[&str], reason: &str| {
        let output = empty.import(name, lines, options);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(reason), "{reason}: {}", stderr(&output));
    };
    refused("users.txt", &["email"], &[], "say --format csv or jsonl");
    refused(
        "users.csv",
        &["mail,id", "a@example.com,1"],
        &[],
        "no column is called email; there are: mail, id",
    );
    refused(
        "users.csv",
        &["email", "a@example.com"],
        &["--disabled", "banned"],
        "no column is called banned",
    );
    refused("users.csv", &[], &[], "the file is empty");
    let standard = empty.user(&["import", "-"]);
    assert!(stderr(&standard).contains("--format"), "{}", stderr(&standard));
    let missing = empty.user(&["import", "nothing.csv"]);
    assert!(stderr(&missing).contains("cannot read nothing.csv"), "{}", stderr(&missing));
    // A quote that nobody closes makes the rest of the file one row, which is not kept in memory.
    let open = format!("\"{}", "x".repeat(20 << 20));
    refused("users.csv", &["email", "a@example.com", &open], &[], "is a quote not closed?");
    assert_eq!(empty.counts(), [1, 0, 0], "what stood before it is imported");
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    for empty in Empty::both() {
        let known = ["email", "a@example.com"];
        said(&empty.import("known.csv", &known, &[]));
        let lines = ["email,role", "A@example.com,x", "b@example.com,x", "c@example,x", "B@example.com,x"];
        let output = empty.import("users.csv", &lines, &["--dry-run"]);
        assert_eq!(output.status.code(), Some(1));
        let text = stdout(&output);
        assert!(text.contains("line 2: A@example.com has an account"), "{text}");
        assert!(text.contains("line 5: B@example.com stands in the file before"), "{text}");
        assert!(text.contains("read 4, would be imported 1, known already 2, refused 1"), "{text}");
        assert_eq!(empty.counts(), [1, 0, 0]);
    }
}

/// An import that is given its rows bit by bit.
struct Fed(Child);

impl Fed {
    fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::piped()).spawn().unwrap())
    }

    fn feed(&mut self, rows: &str) {
        // It may have ended.
        let _ = self.0.stdin.as_mut().unwrap().write_all(rows.as_bytes());
    }

    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }
}

/// Waits until some of the rows are accounts.
fn wait_for_accounts(empty: &Empty) -> i64 {
    let started = Instant::now();
    loop {
        let [users, ..] = empty.counts();
        if users > 0 {
            return users;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "nothing is imported");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const ROWS: i64 = 10_000;

/// The first half of a file, and the whole of it.
fn half_and_whole() -> (String, String) {
    let hash = y_hash("x");
    let rows: Vec<_> = (0..ROWS).map(|n| format!("user-{n}@example.com,{hash},member\n")).collect();
    let header = "email,password,role\n";
    (format!("{header}{}", rows[..rows.len() / 2].concat()), format!("{header}{}", rows.concat()))
}

/// Imports the whole of the file where a part is imported already: all of it is there once.
fn complete(empty: &Empty, whole: &str) {
    let [before, ..] = empty.counts();
    assert!(before > 0 && before < ROWS, "it was not in the middle: {before}");
    let output = empty.import("whole.csv", &[whole], &[]);
    let text = said(&output).replace(',', "");
    let [read, imported, known, refused] =
        ["read ", " imported ", " known already ", " refused "].map(|word| {
            let (_, rest) = text.split_once(word).unwrap();
            rest.split_whitespace().next().unwrap().parse::<i64>().unwrap()
        });
    // What the database was doing when the program was killed is done afterwards.
    assert!(known >= before, "{known} known, {before} before");
    assert_eq!((read, imported + known, refused), (ROWS, ROWS, 0), "{text}");
    assert_eq!(empty.counts(), [ROWS; 3]);
    let waiting: i64 = on_backend!(&mut empty.connection(), |c| outbox::table.count().get_result(c)).unwrap();
    assert_eq!(waiting, 0, "there is nothing to be told of people whom nobody knew");
}

#[test]
fn an_import_that_was_killed_goes_on_and_nothing_is_there_twice() {
    for empty in Empty::both() {
        let (half, whole) = half_and_whole();
        let mut import = Fed::start(empty.command(&["user", "import", "-", "--format", "csv"]));
        import.feed(&half);
        wait_for_accounts(&empty);
        import.signal("KILL");
        import.0.wait().unwrap();
        complete(&empty, &whole);
    }
}

#[test]
fn an_import_that_is_interrupted_ends_with_the_rows_at_hand() {
    let empty = Empty::postgres();
    let (half, whole) = half_and_whole();
    let mut import = Fed::start(empty.command(&["user", "import", "-", "--format", "csv"]));
    import.feed(&half);
    wait_for_accounts(&empty);
    import.signal("INT");
    // It waits for a row; when the next comes, it ends. The pipe may be closed by then.
    let mut input = import.0.stdin.take().unwrap();
    while import.0.try_wait().unwrap().is_none() {
        let _ = input.write_all(b"last@example.com,,member\n");
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = import.0.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("interrupted; the same command again goes on"), "{text}");
    assert!(stdout(&output).contains("imported 5,00"), "all that was read: {}", stdout(&output));
    on_backend!(&mut Connection::open(&DatabaseUrl::parse(&empty.url).unwrap(), Access::Own).unwrap(), |c| {
        diesel::delete(users::table.filter(users::email.eq("last@example.com"))).execute(c).unwrap()
    });
    complete(&empty, &whole);
}

#[test]
fn an_import_whose_database_goes_away_says_how_to_go_on() {
    let mut empty = Empty::postgres();
    let (half, whole) = half_and_whole();
    let (line, over_line) = Line::to(&empty.url);
    let direct = std::mem::replace(&mut empty.url, over_line);
    let command = empty.command(&["user", "import", "-", "--format", "csv"]);
    empty.url = direct;
    let mut import = Fed::start(command);
    import.feed(&half);
    wait_for_accounts(&empty);
    line.cut();
    import.feed(&half);
    let output = import.0.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the same command again goes on where it ended"), "{}", stderr(&output));
    assert!(stdout(&output).contains("imported "), "{}", stdout(&output));
    complete(&empty, &whole);
}
