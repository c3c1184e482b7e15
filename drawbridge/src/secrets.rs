//! `drawbridge secrets`: creates the secrets with which the programs of a deployment authenticate to each other.
//!
//! Each folder contains what one program reads, so a container mounts only its own folder. No secret is derived from
//! another one.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use clap::Args;
use drawbridge_core::random::Random;

use crate::{output::print_line, web_frontend_key::new_web_frontend_key, write_once::write_once};

#[derive(Args)]
pub(crate) struct SecretsArgs {
    /// Folder for the files
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Host and port of PostgreSQL, as seen by the services
    #[arg(long, value_name = "HOST[:PORT]", default_value = "postgres")]
    postgres: String,
    /// Host and port of Redis, as seen by the services
    #[arg(long, value_name = "HOST[:PORT]", default_value = "redis")]
    redis: String,
}

/// The programs, each of which has its own folder.
const PROGRAMS: [&str; 5] = ["auth-service", "verify-service", "web-frontend", "postgres", "redis"];

/// Creates every secret that does not exist.
pub(crate) fn create(args: &SecretsArgs) -> anyhow::Result<()> {
    let folder = SecretsFolder::open(&args.folder)?;
    // This comes first, so that only one of several concurrent first starts creates everything.
    folder.ensure_master_secret()?;
    create_postgres_secrets(&folder, &args.postgres)?;
    create_redis_secrets(&folder, &args.redis)?;
    create_web_frontend_key(&folder)?;
    print_line(format_args!("the secrets are in {}", args.folder.display()));
    if folder.contains("web-frontend", "master_secret") {
        print_line(format_args!(
            "web-frontend/master_secret is no longer needed: remove it when web-frontend runs with its own key"
        ));
    }
    Ok(())
}

/// Creates the key of web-frontend. auth-service may also accept a second one.
fn create_web_frontend_key(folder: &SecretsFolder) -> anyhow::Result<()> {
    let name = "web_frontend_key";
    let key = folder.ensure("web-frontend", name, new_web_frontend_key)?;
    let accepted = folder.ensure("auth-service", name, || key.clone())?;
    if !accepted.split(',').any(|accepted| accepted.trim() == key.trim()) {
        bail!(
            "auth-service/{name} in {} does not contain the key in web-frontend/{name}: add it, after a comma",
            folder.0.display()
        );
    }
    Ok(())
}

fn create_postgres_secrets(folder: &SecretsFolder, host: &str) -> anyhow::Result<()> {
    folder.ensure_password("postgres", "superuser_password")?;
    let owner = folder.ensure_password("postgres", "owner_password")?;
    let reader = folder.ensure_password("postgres", "reader_password")?;
    folder.ensure("auth-service", "database_url", || {
        format!("postgres://drawbridge:{owner}@{host}/drawbridge")
    })?;
    folder.ensure("verify-service", "database_url", || {
        format!("postgres://drawbridge_reader:{reader}@{host}/drawbridge")
    })?;
    Ok(())
}

fn create_redis_secrets(folder: &SecretsFolder, host: &str) -> anyhow::Result<()> {
    let passwords = RedisPasswords {
        auth: folder.ensure_password("redis", "auth-service")?,
        verify: folder.ensure_password("redis", "verify-service")?,
        web: folder.ensure_password("redis", "web-frontend")?,
    };
    for (service, password) in [
        ("auth-service", &passwords.auth),
        ("verify-service", &passwords.verify),
        ("web-frontend", &passwords.web),
    ] {
        folder.ensure(service, "redis_url", || format!("redis://{service}:{password}@{host}"))?;
    }
    folder.ensure("redis", "redis.conf", || passwords.access_control_list())?;
    Ok(())
}

struct RedisPasswords {
    auth: String,
    verify: String,
    web: String,
}

impl RedisPasswords {
    /// The Redis users, and what each of them may do.
    ///
    /// Only auth-service raises the watermark. verify-service writes user records. web-frontend changes its page
    /// sessions and reads the rest, which an embedded guard needs. Without a password, a client may only check whether
    /// the server is up.
    fn access_control_list(&self) -> String {
        const COMMANDS: &str = "+@all -@admin -@dangerous +info";
        let Self { auth, verify, web } = self;
        let lines = [
            "user default on nopass resetkeys resetchannels -@all +ping".to_owned(),
            format!("user auth-service on >{auth} ~{{drawbridge}}* resetchannels {COMMANDS}"),
            format!(
                "user verify-service on >{verify} ~{{drawbridge}}:*:user:* %R~{{drawbridge}}:* resetchannels {COMMANDS}"
            ),
            format!(
                "user web-frontend on >{web} ~{{drawbridge}}-page:* %R~{{drawbridge}}:* resetchannels {COMMANDS}"
            ),
        ];
        lines.join("\n")
    }
}

/// The folder that contains a folder for each program.
struct SecretsFolder<'a>(&'a Path);

impl<'a> SecretsFolder<'a> {
    /// Opens the folder, or creates it for its owner only. A container mounts one of the folders in it.
    fn open(path: &'a Path) -> anyhow::Result<Self> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
        created.with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }

    /// The master secret of auth-service, created if no secret exists yet.
    fn ensure_master_secret(&self) -> anyhow::Result<String> {
        let (program, name) = ("auth-service", "master_secret");
        // The owner's password is created after the master secret, so if it exists, the master secret must exist as
        // well. A new master secret could not open the keys in the database. Check in this order: another process may
        // be creating both.
        if self.contains("postgres", "owner_password") && !self.contains(program, name) {
            bail!(
                "the master secret is missing from {}, but other secrets exist: restore it, or start over by removing \
                 all secrets ({}) and the database",
                self.0.join(program).display(),
                PROGRAMS.join(", ")
            );
        }
        self.ensure(program, name, || STANDARD.encode(Random.bytes::<32>()))
    }

    fn contains(&self, program: &str, name: &str) -> bool {
        self.0.join(program).join(name).exists()
    }

    fn ensure_password(&self, program: &str, name: &str) -> anyhow::Result<String> {
        self.ensure(program, name, || URL_SAFE_NO_PAD.encode(Random.bytes::<32>()))
    }

    /// The content of a file, which is created if it does not exist.
    ///
    /// Everyone who can enter the folder can read the file, because the program runs as another user.
    fn ensure(&self, program: &str, name: &str, content: impl FnOnce() -> String) -> anyhow::Result<String> {
        let folder = self.0.join(program);
        let path = folder.join(name);
        let created = DirBuilder::new().recursive(true).mode(0o755).create(&folder);
        let written = created.and_then(|()| write_once(&path, &content(), 0o444));
        written.with_context(|| format!("cannot create {}", path.display()))?;
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}
