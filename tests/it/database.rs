//! PostgreSQL as operators set it up: encrypted, and with roles that may do what they need and no more.

use std::process::Command;

use tempfile::TempDir;
use tests::{PostgresServer, Stack, Visitor, free_port, fresh_postgres_database, program};

/// What auth-service says when it cannot start.
fn refusal(database_url: &str) -> String {
    let settings = [
        ("DATABASE_URL", database_url),
        ("REDIS_URL", "memory:"),
        ("MASTER_SECRET", "the master secret of the test suite"),
        ("FRONTEND_ORIGIN", "http://localhost:8080"),
        ("PORT", &free_port().to_string()),
    ];
    let output = Command::new(program("auth-service")).envs(settings).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_database_is_spoken_to_only_if_it_is_the_right_one() {
    let [own, other] =
        [(), ()].map(|()| rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap());
    let server = PostgresServer::with_tls(&own.signing_key.serialize_pem(), &own.cert.pem());
    let folder = TempDir::new().unwrap();
    let authorities = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (ours, theirs) =
        (authorities("ours.pem", own.cert.pem()), authorities("theirs.pem", other.cert.pem()));
    let plain = server.fresh_database();
    let by_name = plain.replace("127.0.0.1", "localhost");

    let text = refusal(&plain);
    assert!(text.contains("no encryption"), "in plain text it is not let in: {text}");
    let text = refusal(&format!("{by_name}?sslmode=verify-full&sslrootcert={theirs}"));
    assert!(text.contains("certificate"), "another authority: {text}");
    let text = refusal(&format!("{by_name}?sslmode=require"));
    assert!(text.contains("certificate"), "no public authority knows it: {text}");
    let text = refusal(&format!("{plain}?sslmode=verify-full&sslrootcert={ours}"));
    assert!(text.contains("certificate"), "another name than it has: {text}");

    let url = format!("{by_name}?sslmode=verify-full&sslrootcert={ours}");
    let stack = Stack::three_programs_on(url, |_, _| {});
    let mut ada = stack.signed_in("ada").await;
    let verify = format!("{}/api/verify", stack.verify);
    assert_eq!(ada.post(&verify).await.status, 200);
    let old = ada.clone();
    assert_eq!(ada.post(&format!("{}/api/logout", stack.frontend)).await.status, 200);
    tests::time_to_refusal(&mut old.clone(), &verify).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_service_reads_what_it_needs_and_auth_service_needs_no_right_to_change_the_schema() {
    let url = fresh_postgres_database();
    let sql = async |statements: &str| {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let done = client.batch_execute(statements).await;
        done.map_err(|error| error.code().map_or(error.to_string(), |code| code.code().to_owned()))
    };
    let name = url.rsplit_once('/').unwrap().1.to_owned();
    let [reader, writer] = ["reader", "writer"].map(|role| format!("{name}_{role}"));
    sql(&format!("CREATE ROLE {reader} LOGIN PASSWORD 'r'; CREATE ROLE {writer} LOGIN PASSWORD 'w'"))
        .await
        .unwrap();
    let missing = Command::new(program("drawbridge"))
        .arg("migrate")
        .envs([("DATABASE_URL", url.as_str()), ("DATABASE_READER", "nobody_of_that_name")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(text.contains("DATABASE_READER=nobody_of_that_name"), "{text}");
    // No master secret is needed for it.
    let migrated = Command::new(program("drawbridge"))
        .arg("migrate")
        .envs([("DATABASE_URL", url.as_str()), ("DATABASE_READER", reader.as_str())])
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    sql(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {writer}"))
        .await
        .unwrap();

    let as_role = |role: &str, password: &str| url.replace("postgres@", &format!("{role}:{password}@"));
    let (as_reader, as_writer) = (as_role(&reader, "r"), as_role(&writer, "w"));
    let stack = Stack::three_programs_on(as_writer, |program, settings| {
        if program == "verify-service" {
            settings.insert("DATABASE_URL", as_reader.clone());
            // Every question goes to the database.
            settings.insert("REDIS_URL", "memory:".to_owned());
        }
    });
    let mut ada = stack.signed_in("ada").await;
    assert_eq!(ada.post(&format!("{}/api/verify", stack.verify)).await.status, 200);
    let ready = Visitor::new().get(&format!("{}/health/ready", stack.verify)).await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    for forbidden in
        ["SELECT * FROM passwords", "SELECT * FROM signing_key_secrets", "UPDATE users SET version = 9"]
    {
        let denied = sql(&format!("SET ROLE {reader}; {forbidden}")).await.unwrap_err();
        assert_eq!(denied, "42501", "insufficient_privilege: {forbidden}");
    }
}
