//! Floors: what the same machine achieves without the measured work.

use std::{fs, path::Path};

use crate::{
    affinity::Affinity,
    captured_response::CapturedResponse,
    error::Result,
    server::{Program, ServerProcess, ServerStart},
};

/// What a floor does before it replays a captured response.
#[derive(Debug, Clone)]
pub(crate) enum FloorKind {
    /// Nothing.
    Nothing,
    /// One `GET` of the record of the user named in the request.
    RedisGet {
        redis_url: String,
        /// Start of the record's key: everything before the user's ID.
        key_prefix: String,
    },
    /// One query by primary key for the user named in the request.
    UserQuery { database_url: String },
}

impl FloorKind {
    /// Starts a floor that replays `response`.
    pub(crate) fn start(
        self,
        response: &CapturedResponse,
        affinity: Affinity,
        folder: &Path,
    ) -> Result<ServerProcess> {
        let file = folder.join(format!("answer-{}.json", tests::free_port()));
        fs::write(&file, serde_json::to_vec(response)?)?;
        let mut arguments = vec!["--answer".to_owned(), file.display().to_string()];
        match self {
            Self::Nothing => arguments.push("nothing".to_owned()),
            Self::RedisGet { redis_url, key_prefix } => {
                arguments
                    .extend(["redis-get", "--url", &redis_url, "--prefix", &key_prefix].map(str::to_owned));
            }
            Self::UserQuery { database_url } => {
                arguments.extend(["user-query", "--database-url", &database_url].map(str::to_owned));
            }
        }
        start_program(&arguments, affinity, folder)
    }
}

/// Starts the program `floor`.
pub(crate) fn start_program(
    arguments: &[String],
    affinity: Affinity,
    log_folder: &Path,
) -> Result<ServerProcess> {
    ServerProcess::start(&ServerStart {
        program: Program::Workspace("floor"),
        arguments,
        settings: &[],
        affinity,
        log_folder,
        readiness_path: "/health/live",
    })
}
