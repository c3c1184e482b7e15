//! The floors: what the same machine can do without the work that is measured.

use std::{fs, path::Path};

use crate::{answer::Answer, failure::Result, machine::Core, server::Server};

/// What a floor does before it answers with bytes that it was given.
#[derive(Debug, Clone)]
pub(crate) enum Floor {
    /// Nothing.
    Nothing,
    /// One `GET` of the record of the user that the request names.
    RedisGet {
        /// Where Redis is.
        url: String,
        /// What the record's key begins with.
        prefix: String,
    },
    /// One query by primary key for the user that the request names.
    UserQuery {
        /// Where the database is.
        database_url: String,
    },
}

impl Floor {
    /// Starts the floor that answers what `answer` says.
    pub(crate) fn start(self, answer: &Answer, core: Core, folder: &Path) -> Result<Server> {
        let file = folder.join(format!("answer-{}.json", tests::free_port()));
        fs::write(&file, serde_json::to_vec(answer)?)?;
        let mut arguments = vec!["--answer".to_owned(), file.display().to_string()];
        match self {
            Self::Nothing => arguments.push("nothing".into()),
            Self::RedisGet { url, prefix } => {
                arguments.extend(["redis-get".into(), "--url".into(), url, "--prefix".into(), prefix]);
            }
            Self::UserQuery { database_url } => {
                arguments.extend(["user-query".into(), "--database-url".into(), database_url]);
            }
        }
        Server::start("floor", &arguments, &[], (core, folder, "/health/live"))
    }
}
