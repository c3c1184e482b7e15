//! `drawbridge secrets` creates the secrets of a deployment, once.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;
use tests::program;

/// A folder for secrets.
struct Secrets {
    top: PathBuf,
    _folder: TempDir,
}

impl Secrets {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self { top: folder.path().join("secrets"), _folder: folder }
    }

    /// Runs the command.
    fn run(&self) -> Output {
        Command::new(program("drawbridge")).arg("secrets").arg(&self.top).output().unwrap()
    }

    /// Runs the command, which must succeed.
    fn create(&self) {
        let output = self.run();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.top.join(name)).unwrap()
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.top.join(name)).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.top.join(name), text).unwrap();
    }
}

#[test]
fn concurrent_first_runs_create_the_same_secrets() {
    let secrets = Secrets::new();

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| secrets.create());
        }
    });

    assert_eq!(secrets.read("auth-service/web_frontend_key"), secrets.read("web-frontend/web_frontend_key"));
    let files: Vec<_> = fs::read_dir(secrets.top.join("auth-service")).unwrap().collect();
    assert_eq!(files.len(), 4, "no temporary file is left: {files:?}");
}

#[test]
fn each_program_gets_only_its_own_secrets() {
    let secrets = Secrets::new();

    secrets.create();

    for service in ["verify-service", "web-frontend"] {
        assert!(!secrets.top.join(service).join("master_secret").exists(), "{service}");
    }
    assert!(!secrets.top.join("verify-service/web_frontend_key").exists());
    assert!(secrets.read("web-frontend/web_frontend_key").starts_with("dbw_"));
    let owner_url = secrets.read("auth-service/database_url");
    let owner_password = secrets.read("postgres/owner_password");
    assert!(owner_url.contains("drawbridge:") && owner_url.contains(owner_password.trim()));
    let reader_url = secrets.read("verify-service/database_url");
    let reader_password = secrets.read("postgres/reader_password");
    assert!(reader_url.contains("drawbridge_reader:") && reader_url.contains(reader_password.trim()));
    assert_ne!(owner_password, reader_password);
    for service in ["auth-service", "verify-service", "web-frontend"] {
        let password = secrets.read(&format!("redis/{service}"));
        let password = password.trim();
        let url = secrets.read(&format!("{service}/redis_url"));
        assert!(url.contains(&format!("//{service}:{password}@")), "{service}");
        let redis = secrets.read("redis/redis.conf");
        assert!(redis.contains(&format!("user {service} on >{password} ")), "{service}");
    }
}

#[test]
fn a_lost_master_secret_is_not_replaced() {
    let secrets = Secrets::new();
    secrets.create();

    secrets.remove("auth-service/master_secret");
    let output = secrets.run();

    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("master secret is missing"), "{text}");
}

#[test]
fn existing_secrets_are_kept_and_missing_ones_restored() {
    let secrets = Secrets::new();
    secrets.create();
    let master = secrets.read("auth-service/master_secret");
    let reader_url = secrets.read("verify-service/database_url");

    secrets.remove("verify-service/database_url");
    secrets.write("verify-service/redis_url", "redis://elsewhere\n");
    secrets.create();

    assert_eq!(secrets.read("verify-service/database_url"), reader_url);
    assert_eq!(secrets.read("verify-service/redis_url"), "redis://elsewhere\n");
    assert_eq!(secrets.read("auth-service/master_secret"), master);
}

#[test]
fn an_older_folder_gets_the_key_of_web_frontend() {
    let secrets = Secrets::new();
    secrets.create();
    let master = secrets.read("auth-service/master_secret");
    secrets.remove("auth-service/web_frontend_key");
    secrets.remove("web-frontend/web_frontend_key");
    secrets.write("web-frontend/master_secret", &master);

    let output = secrets.run();

    assert_eq!(secrets.read("auth-service/web_frontend_key"), secrets.read("web-frontend/web_frontend_key"));
    assert_eq!(secrets.read("web-frontend/master_secret"), master, "web-frontend may still run with it");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("web-frontend/master_secret is no longer needed"), "{text}");
}

#[test]
fn auth_service_must_accept_the_key_of_web_frontend() {
    let secrets = Secrets::new();
    secrets.create();
    let key = secrets.read("web-frontend/web_frontend_key");
    let other = "dbw_another_key";

    secrets.remove("auth-service/web_frontend_key");
    secrets.write("auth-service/web_frontend_key", &format!("{other}, {key}"));
    secrets.create();
    secrets.remove("auth-service/web_frontend_key");
    secrets.write("auth-service/web_frontend_key", other);
    let output = secrets.run();

    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("does not contain the key in web-frontend/web_frontend_key"), "{text}");
}
