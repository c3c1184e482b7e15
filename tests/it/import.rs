//! `drawbridge user import` creates the accounts of another system.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use diesel::{QueryDsl, RunQueryDsl};
use drawbridge_database::{
    Access, Connection, DatabaseUrl, on_backend,
    schema::{passwords, user_roles, users},
};
use tempfile::TempDir;
use tests::{Deployment, Layout, MASTER_SECRET, PASSWORD, fresh_postgres_database, program};

use crate::command::{drawbridge, log_in, succeeded};

/// A database with the schema and without accounts.
pub(crate) struct EmptyDatabase {
    pub(crate) url: String,
    folder: TempDir,
}

/// How many rows the tables have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) users: i64,
    pub(crate) passwords: i64,
    pub(crate) roles: i64,
}

impl EmptyDatabase {
    fn create(url: impl FnOnce(&Path) -> String) -> Self {
        let folder = TempDir::new().unwrap();
        let database = Self { url: url(folder.path()), folder };
        succeeded(&database.command(&["migrate"]).output().unwrap());
        database
    }

    pub(crate) fn postgres() -> Self {
        Self::create(|_| fresh_postgres_database())
    }

    pub(crate) fn sqlite() -> Self {
        Self::create(|folder| format!("sqlite://{}", folder.join("drawbridge.db").display()))
    }

    pub(crate) fn both() -> [Self; 2] {
        [Self::postgres(), Self::sqlite()]
    }

    /// A path in the folder in which its commands run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("drawbridge"));
        command.args(arguments).env("DATABASE_URL", &self.url).current_dir(self.folder.path());
        command.env("MASTER_SECRET", MASTER_SECRET);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `drawbridge user …`.
    pub(crate) fn user(&self, arguments: &[&str]) -> Output {
        self.command(&[&["user"], arguments].concat()).output().unwrap()
    }

    /// Writes a file with these lines and imports it.
    pub(crate) fn import(&self, name: &str, lines: &[&str], options: &[&str]) -> Output {
        fs::write(self.path(name), lines.join("\n")).unwrap();
        self.user(&[&["import", name], options].concat())
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::open(&DatabaseUrl::parse(&self.url).unwrap(), Access::Read).unwrap()
    }

    pub(crate) fn counts(&self) -> Counts {
        on_backend!(&mut self.connection(), |c| Counts {
            users: users::table.count().get_result(c).unwrap(),
            passwords: passwords::table.count().get_result(c).unwrap(),
            roles: user_roles::table.count().get_result(c).unwrap(),
        })
    }
}

/// A hash as other systems write it.
pub(crate) fn y_hash(password: &str) -> String {
    bcrypt::hash_with_result(password, 4).unwrap().format_for_version(bcrypt::Version::TwoY)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The only password hash in the database of a deployment.
fn stored_hash(deployment: &Deployment) -> String {
    let url = DatabaseUrl::parse(&deployment.database_url).unwrap();
    let read = || -> Vec<String> {
        let mut connection = Connection::open(&url, Access::Read).unwrap();
        on_backend!(&mut connection, |c| passwords::table.select(passwords::hash).load(c)).unwrap()
    };
    // The query blocks, which an async thread must not do.
    tokio::task::block_in_place(read).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_users_log_in_with_their_old_passwords() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("users.csv");
        let hash = y_hash(PASSWORD);
        // The format in which psql exports a table of Prisma.
        let rows = [
            "id,email,password,name,role,emailVerified,createdAt",
            &format!(
                "1,Ada@Example.com,{hash},\"Lovelace, Ada\",ADMIN,2024-05-01 12:34:56.789,2024-04-30 08:00:00"
            ),
            "2,bob@example.com,,Bob,USER,,2024-05-02 08:00:00.5",
        ];
        fs::write(&file, rows.join("\n")).unwrap();

        let file = file.display().to_string();
        let text = succeeded(&drawbridge(&deployment, &["user", "import", &file], ""));
        assert!(text.contains("read 2, imported 2, existing 0, invalid 0"), "{text}");
        assert!(text.contains("password hash = password") && text.contains("ignored: id, name"), "{text}");
        assert!(text.contains("1 without a password"), "{text}");
        assert_eq!(stored_hash(&deployment), hash);

        let log_in = async |email, password| log_in(&deployment, email, password).await;
        log_in("ada@example.com", "another password").await.1.assert_status(401);
        log_in("bob@example.com", "").await.1.assert_status(401);
        let (mut ada, answer) = log_in("ada@example.com", PASSWORD).await;
        answer.assert_status(200);
        let rehashed = stored_hash(&deployment);
        assert!(rehashed.starts_with("$2b$10$"), "the login computes a stronger hash: {rehashed}");
        log_in("ada@example.com", PASSWORD).await.1.assert_status(200);

        let verified = ada.post(&format!("{}/api/verify", deployment.verify)).await.json();
        let user = &verified["data"]["user"];
        assert_eq!(user["roles"], serde_json::json!(["ADMIN"]), "{verified}");
        assert_eq!(user["email_verified"], true, "{verified}");
    }
}

/// A header and eleven rows, eight of which are invalid.
fn rows_with_faults() -> Vec<String> {
    let hash = y_hash("x");
    let expensive = hash.replace("$04$", "$15$");
    vec![
        "email,password_hash,disabled,created_at,roles".into(),
        format!("a@example.com,{hash},f,2024-05-01 00:00:00+00,\"editor,admin\""),
        format!("a@example,{hash},f,,"),
        "b@example.com,correct horse battery,f,,".into(),
        format!("c@example.com,{expensive},f,,"),
        format!("d@example.com,{hash},perhaps,,"),
        "e@example.com,,t,,".into(),
        format!("f@example.com,{hash}"),
        format!(",{hash},f,,"),
        "A@Example.COM,,f,,".into(),
        format!("g@example.com,{hash},f,yesterday,"),
        "h@example.com,,f,,\"{\"\"a,b\"\"}\"".into(),
    ]
}

#[test]
fn invalid_rows_are_named_and_the_others_imported() {
    for database in EmptyDatabase::both() {
        let lines = rows_with_faults();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();

        let output = database.import("users.csv", &lines, &[]);

        assert_eq!(output.status.code(), Some(1));
        let summary = stdout(&output);
        let errors = stderr(&output);
        assert!(summary.contains("read 11, imported 2, existing 1, invalid 8"), "{summary}{errors}");
        for reason in [
            "line 3: the e-mail address is invalid: After the @",
            "line 4: the password hash is not a bcrypt hash",
            "line 5: the password hash has the cost 15, above BCRYPT_COST_MAX (14)",
            "line 6: “disabled” is not yes, no or a time",
            "line 8: the row has 2 fields, but the header has 5",
            "line 9: the e-mail address is missing",
            "line 11: the creation time",
            "line 12: the roles",
            "8 rows are invalid",
        ] {
            assert!(errors.contains(reason), "{reason}: {errors}");
        }
        assert!(!errors.contains("correct horse") && !errors.contains("$2y$04"), "{errors}");
        assert_eq!(database.counts(), Counts { users: 2, passwords: 1, roles: 2 });
    }
}

#[test]
fn a_second_import_changes_nothing() {
    for database in EmptyDatabase::both() {
        let lines = rows_with_faults();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        database.import("users.csv", &lines, &[]);

        let again = database.import("users.csv", &lines, &["--skip-invalid"]);

        assert_eq!(again.status.code(), Some(0));
        let summary = stdout(&again);
        assert!(summary.contains("imported 0, existing 3, invalid 8"), "{summary}");
        assert_eq!(database.counts(), Counts { users: 2, passwords: 1, roles: 2 });
    }
}

#[test]
fn expensive_hashes_are_imported_if_the_operator_allows_it() {
    for database in EmptyDatabase::both() {
        let lines = rows_with_faults();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        database.import("users.csv", &lines, &[]);

        let mut command = database.command(&["user", "import", "users.csv"]);
        let output = command.env("BCRYPT_COST_MAX", "15").output().unwrap();

        let summary = stdout(&output);
        assert!(summary.contains("imported 1, existing 3, invalid 7"), "{summary}");
    }
}

#[test]
fn json_lines_and_other_column_names_are_read() {
    for database in EmptyDatabase::both() {
        let hash = y_hash("x");
        let first = format!(
            r#"{{"_id":{{"$oid":"1"}},"mail":"a@example.com","secret":"{hash}","createdAt":{{"$date":"2024-05-01T00:00:00Z"}}}}"#
        );
        let lines = [
            first.as_str(),
            r#"{"mail":"b@example.com","roles":["x","y","x"],"disabled":true,"emailVerified":1714566896789}"#,
            "",
            r#""hunter2""#,
            r#"{"mail":"c@example.com","secret":["hunter2"]}"#,
        ];

        let options = ["--email", "mail,e_mail", "--password-hash", "secret"];
        let output = database.import("users.jsonl", &lines, &options);
        let exported = succeeded(&database.user(&["export", "--format", "jsonl"]));

        assert_eq!(output.status.code(), Some(1));
        let summary = stdout(&output);
        assert!(summary.contains("read 4, imported 2"), "{summary}");
        let errors = stderr(&output);
        assert!(errors.contains("line 4: the row is not a JSON object"), "{errors}");
        assert!(errors.contains("line 5: the password hash"), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
        assert_eq!(database.counts(), Counts { users: 2, passwords: 1, roles: 2 });
        for part in [
            r#""created_at":"2024-05-01T00:00:00Z""#,
            r#""email":"b@example.com","email_verified":true,"disabled":true"#,
            r#""roles":["x","y"]"#,
        ] {
            assert!(exported.contains(part), "{part}: {exported}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_imported_is_refused() {
    let database = EmptyDatabase::postgres();
    // An unclosed quote makes the rest of the file one row, which is not kept in memory.
    let open = format!("\"{}", "x".repeat(20 << 20));

    for (name, lines, options, reason) in [
        ("users.txt", &["email"][..], &[][..], "pass --format csv or --format jsonl"),
        (
            "users.csv",
            &["mail,id", "a@example.com,1"],
            &[],
            "no column is named email; the columns are: mail, id",
        ),
        ("users.csv", &["email", "a@example.com"], &["--disabled", "banned"], "no column is named banned"),
        ("users.csv", &[], &[], "the file is empty"),
        ("users.csv", &["email", "a@example.com", &open], &[], "is a closing quote missing?"),
    ] {
        let output = database.import(name, lines, options);
        assert_eq!(output.status.code(), Some(1), "{reason}");
        assert!(stderr(&output).contains(reason), "{reason}: {}", stderr(&output));
    }
    for (file, reason) in [("-", "--format"), ("nothing.csv", "cannot read nothing.csv")] {
        let output = database.user(&["import", file]);
        assert!(stderr(&output).contains(reason), "{reason}: {}", stderr(&output));
    }
    let counts = Counts { users: 1, passwords: 0, roles: 0 };
    assert_eq!(database.counts(), counts, "the row before the unclosed quote is imported");
}

#[test]
fn a_dry_run_predicts_the_import_and_writes_nothing() {
    for database in EmptyDatabase::both() {
        succeeded(&database.import("known.csv", &["email", "a@example.com"], &[]));
        let lines = ["email,role", "A@example.com,x", "b@example.com,x", "c@example,x", "B@example.com,x"];

        let output = database.import("users.csv", &lines, &["--dry-run"]);

        assert_eq!(output.status.code(), Some(1));
        let text = stdout(&output);
        assert!(text.contains("line 2: A@example.com already has an account"), "{text}");
        assert!(text.contains("line 5: B@example.com appears earlier in the file"), "{text}");
        assert!(text.contains("read 4, would import 1, existing 2, invalid 1"), "{text}");
        assert_eq!(database.counts(), Counts { users: 1, passwords: 0, roles: 0 });
    }
}
