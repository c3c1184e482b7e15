//! `drawbridge secrets`: what the programs of a deployment need to trust one another, made as files on the first
//! start. Each folder holds what one program reads, so that a container is given its own and no other.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use anyhow::Context;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    random::Random,
    secret::{MasterSecret, Purpose},
};

use crate::{cli::SecretsArgs, once::write_once, output};

/// Makes what is not there.
pub(crate) fn make(args: &SecretsArgs) -> anyhow::Result<()> {
    let (folder, postgres, redis) = (&args.folder, &args.postgres, &args.redis);
    // Nobody else on this machine has business in it; a container is given the folders below.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let master = master_secret(&folder.join("auth-service"))?;
    let password = |purpose| password(&master, purpose);
    let (owner, reader, cache) =
        (password(Purpose::PostgresOwner)?, password(Purpose::PostgresReader)?, password(Purpose::Redis)?);
    let redis_url = format!("redis://:{cache}@{redis}");
    let text = master.expose_secret().to_owned();
    let files = [
        ("auth-service", "database_url", format!("postgres://drawbridge:{owner}@{postgres}/drawbridge")),
        ("auth-service", "redis_url", redis_url.clone()),
        (
            "verify-service",
            "database_url",
            format!("postgres://drawbridge_reader:{reader}@{postgres}/drawbridge"),
        ),
        ("verify-service", "redis_url", redis_url.clone()),
        ("web-frontend", "master_secret", text),
        ("web-frontend", "redis_url", redis_url),
        ("postgres", "superuser_password", password(Purpose::PostgresSuperuser)?),
        ("postgres", "owner_password", owner),
        ("postgres", "reader_password", reader),
        ("redis", "password", cache.clone()),
        ("redis", "redis.conf", format!("requirepass {cache}")),
    ];
    let mut made = 0;
    for (of, name, content) in files {
        made += usize::from(write(&folder.join(of), name, &content)?);
    }
    match made {
        0 => output::line(format_args!("the secrets are there")),
        _ => output::line(format_args!("secrets made in {}", folder.display())),
    }
    Ok(())
}

/// The deployment's secret, drawn if it is not there.
fn master_secret(folder: &Path) -> anyhow::Result<SecretString> {
    const NAME: &str = "master_secret";
    write(folder, NAME, &STANDARD.encode(Random.bytes::<32>()))?;
    let path = folder.join(NAME);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

/// A password of 256 bits that needs no escaping in a URL.
fn password(master: &SecretString, purpose: Purpose) -> anyhow::Result<String> {
    let master = MasterSecret::parse(master.clone()).map_err(anyhow::Error::msg)?;
    let derived = master.derive(purpose);
    let (bytes, _) = derived.as_bytes().split_at(32);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Writes a file unless it is there. Whoever may enter the folder may read it, for the program runs as another
/// user than this one.
fn write(folder: &Path, name: &str, content: &str) -> anyhow::Result<bool> {
    let path = folder.join(name);
    let written = DirBuilder::new().recursive(true).mode(0o755).create(folder);
    let written = written.and_then(|()| write_once(&path, content, 0o444));
    written.with_context(|| format!("cannot make {}", path.display()))
}
