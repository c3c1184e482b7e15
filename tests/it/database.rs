//! PostgreSQL with encrypted connections, and with roles that have only the rights they need.

use std::process::{Command, Output};

use tempfile::TempDir;
use tests::{
    Deployment, MASTER_SECRET, PostgresServer, Service, Visitor, free_port, fresh_postgres_database, program,
};

/// The error with which auth-service refuses to start.
fn start_error(database_url: &str) -> String {
    let settings = [
        ("DATABASE_URL", database_url),
        ("REDIS_URL", "memory:"),
        ("MASTER_SECRET", MASTER_SECRET),
        ("FRONTEND_ORIGIN", "http://localhost:8080"),
        ("PORT", &free_port().to_string()),
    ];
    let output = Command::new(program("auth-service")).envs(settings).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    text
}

/// Two certificates for `localhost`: the server's, and another one.
struct Certificates {
    server: rcgen::CertifiedKey<rcgen::KeyPair>,
    folder: TempDir,
}

impl Certificates {
    fn create() -> Self {
        let [server, other] =
            [(), ()].map(|()| rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap());
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("server.pem"), server.cert.pem()).unwrap();
        std::fs::write(folder.path().join("other.pem"), other.cert.pem()).unwrap();
        Self { server, folder }
    }

    fn start_server(&self) -> PostgresServer {
        PostgresServer::with_tls(&self.server.signing_key.serialize_pem(), &self.server.cert.pem())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

#[test]
fn a_database_with_a_wrong_certificate_is_refused() {
    let certificates = Certificates::create();
    let server = certificates.start_server();
    let by_address = server.fresh_database();
    let by_name = by_address.replace("127.0.0.1", "localhost");
    let [trusted, other] = ["server.pem", "other.pem"].map(|name| certificates.path(name));

    for (case, url, reason) in [
        ("plain text", by_address.clone(), "no encryption"),
        ("another authority", format!("{by_name}?sslmode=verify-full&sslrootcert={other}"), "certificate"),
        ("no public authority", format!("{by_name}?sslmode=require"), "certificate"),
        (
            "another host name",
            format!("{by_address}?sslmode=verify-full&sslrootcert={trusted}"),
            "certificate",
        ),
    ] {
        let text = start_error(&url);
        assert!(text.contains(reason), "{case}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_a_trusted_certificate_is_used() {
    let certificates = Certificates::create();
    let server = certificates.start_server();
    let url = server.fresh_database().replace("127.0.0.1", "localhost");
    let trusted = certificates.path("server.pem");
    let deployment =
        Deployment::builder().database(format!("{url}?sslmode=verify-full&sslrootcert={trusted}")).start();
    let verify = format!("{}/api/verify", deployment.verify);

    let mut ada = deployment.signed_in("ada").await;
    ada.post(&verify).await.assert_status(200);
    let mut old = ada.clone();
    ada.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);

    tests::time_to_refusal(&mut old, &verify).await;
}

/// A PostgreSQL database with a role that reads and a role that writes.
struct Roles {
    url: String,
    reader: String,
    writer: String,
}

impl Roles {
    async fn create() -> Self {
        let url = fresh_postgres_database();
        let name = url.rsplit_once('/').unwrap().1.to_owned();
        let roles = Self { url, reader: format!("{name}_reader"), writer: format!("{name}_writer") };
        let Self { reader, writer, .. } = &roles;
        roles
            .execute(&format!(
                "CREATE ROLE {reader} LOGIN PASSWORD 'r'; CREATE ROLE {writer} LOGIN PASSWORD 'w'"
            ))
            .await
            .unwrap();
        roles
    }

    /// Runs statements as the owner. An error is PostgreSQL's error code.
    async fn execute(&self, statements: &str) -> Result<(), String> {
        let (client, connection) = tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let result = client.batch_execute(statements).await;
        result.map_err(|error| error.code().map_or(error.to_string(), |code| code.code().to_owned()))
    }

    /// Runs `drawbridge migrate`, which needs no master secret.
    fn migrate(&self, reader: &str) -> Output {
        let mut command = Command::new(program("drawbridge"));
        command.arg("migrate").envs([("DATABASE_URL", self.url.as_str()), ("DATABASE_READER", reader)]);
        command.output().unwrap()
    }

    fn url_of(&self, role: &str, password: &str) -> String {
        self.url.replace("postgres@", &format!("{role}:{password}@"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_refuses_an_unknown_reader_role() {
    let roles = Roles::create().await;

    let output = roles.migrate("nobody_of_that_name");

    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("DATABASE_READER=nobody_of_that_name"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_work_with_the_rights_of_their_roles_only() {
    let roles = Roles::create().await;
    let Roles { reader, writer, .. } = &roles;
    let migrated = roles.migrate(reader);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let grant = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {writer}");
    roles.execute(&grant).await.unwrap();
    let deployment = Deployment::builder()
        .database(roles.url_of(writer, "w"))
        .setting_for(Service::Verify, "DATABASE_URL", roles.url_of(reader, "r"))
        // Without Redis, verify-service reads from the database every time.
        .setting_for(Service::Verify, "REDIS_URL", "memory:")
        .start();

    let mut ada = deployment.signed_in("ada").await;
    let verified = ada.post(&format!("{}/api/verify", deployment.verify)).await;
    let ready = Visitor::new().get(&format!("{}/health/ready", deployment.verify)).await;

    verified.assert_status(200);
    ready.assert_status(200);
    for forbidden in
        ["SELECT * FROM passwords", "SELECT * FROM signing_key_secrets", "UPDATE users SET version = 9"]
    {
        let error = roles.execute(&format!("SET ROLE {reader}; {forbidden}")).await.unwrap_err();
        assert_eq!(error, "42501", "insufficient_privilege: {forbidden}");
    }
}
