//! `drawbridge secrets`: what the programs of a deployment need to trust one another, made as files on the first
//! start. Each folder holds what one program reads, so that a container is given its own and no other. No secret
//! follows from another one.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use anyhow::{Context, bail};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use drawbridge_core::random::Random;

use crate::{cli::SecretsArgs, once::write_once, output};

/// Whose the secrets are.
const PROGRAMS: [&str; 5] = ["auth-service", "verify-service", "web-frontend", "postgres", "redis"];

/// Makes what is not there.
pub(crate) fn make(args: &SecretsArgs) -> anyhow::Result<()> {
    let folder = Folder::open(&args.folder)?;
    let (postgres, redis) = (&args.postgres, &args.redis);
    let master = folder.master_secret()?;
    let password = |of, name| folder.secret(of, name, || URL_SAFE_NO_PAD.encode(Random.bytes::<32>()));
    password("postgres", "superuser_password")?;
    let owner = password("postgres", "owner_password")?;
    let reader = password("postgres", "reader_password")?;
    let services = ["auth-service", "verify-service", "web-frontend"];
    let [of_auth, of_verify, of_web] = services.map(|name| password("redis", name));
    let (of_auth, of_verify, of_web) = (of_auth?, of_verify?, of_web?);

    let redis_url = |name: &str, password: &str| format!("redis://{name}:{password}@{redis}");
    let of_owner = format!("postgres://drawbridge:{owner}@{postgres}/drawbridge");
    let of_reader = format!("postgres://drawbridge_reader:{reader}@{postgres}/drawbridge");
    for (of, name, content) in [
        ("web-frontend", "master_secret", master.clone()),
        ("web-frontend", "redis_url", redis_url("web-frontend", &of_web)),
        ("auth-service", "database_url", of_owner),
        ("auth-service", "redis_url", redis_url("auth-service", &of_auth)),
        ("verify-service", "database_url", of_reader),
        ("verify-service", "redis_url", redis_url("verify-service", &of_verify)),
        ("redis", "redis.conf", redis_users([&of_auth, &of_verify, &of_web])),
    ] {
        folder.secret(of, name, || content)?;
    }
    if folder.read("web-frontend", "master_secret")? != master {
        bail!(
            "web-frontend and auth-service have different master secrets in {}: give both the one that the \
             database's keys are sealed under",
            args.folder.display()
        );
    }
    output::line(format_args!("the secrets are in {}", args.folder.display()));
    Ok(())
}

/// Who may do what in Redis (its ACL): auth-service alone raises the watermark, verify-service puts user records,
/// web-frontend changes its page sessions and reads the rest, if it verifies by itself; whoever brings no password may ask whether the server is there.
fn redis_users([auth, verify, web]: [&str; 3]) -> String {
    const COMMANDS: &str = "+@all -@admin -@dangerous +info";
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

/// The folder of all of them.
struct Folder<'a>(&'a Path);

impl<'a> Folder<'a> {
    fn open(path: &'a Path) -> anyhow::Result<Self> {
        // Nobody else on this machine has business in it; a container is given the folders below.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    /// The deployment's secret. Where others are there and this one is gone, another one would be of no use: the
    /// keys in the database are sealed under the one that was.
    fn master_secret(&self) -> anyhow::Result<String> {
        let (of, name) = ("auth-service", "master_secret");
        let is_there = |of, name| self.0.join(of).join(name).exists();
        // In this order: whoever makes them at the same time makes this one first.
        if is_there("postgres", "owner_password") && !is_there(of, name) {
            bail!(
                "the master secret is gone from {}, and others are there: put it back, or remove all of them \
                 ({}) and the database to begin anew",
                self.0.join(of).display(),
                PROGRAMS.join(", ")
            );
        }
        self.secret(of, name, || STANDARD.encode(Random.bytes::<32>()))
    }

    /// What a file says, which is written unless it is there. Whoever may enter the folder may read it, for the
    /// program runs as another user than this one.
    fn secret(&self, of: &str, name: &str, content: impl FnOnce() -> String) -> anyhow::Result<String> {
        let path = self.0.join(of).join(name);
        let written = DirBuilder::new().recursive(true).mode(0o755).create(self.0.join(of));
        let written = written.and_then(|()| write_once(&path, &content(), 0o444));
        written.with_context(|| format!("cannot make {}", path.display()))?;
        self.read(of, name)
    }

    fn read(&self, of: &str, name: &str) -> anyhow::Result<String> {
        let path = self.0.join(of).join(name);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}
