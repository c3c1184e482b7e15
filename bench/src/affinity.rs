//! CPU affinity of the programs that the benchmark starts.

use std::process::Command;

/// The cores on which a program may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affinity {
    /// The operating system chooses.
    AnyCore,
    /// One core, by its number.
    Core(usize),
}

impl Affinity {
    /// Returns the command line that starts `program` with this affinity.
    pub(crate) fn command_line(self, program: &str) -> Vec<String> {
        match self {
            Self::AnyCore => vec![program.to_owned()],
            Self::Core(core) => {
                vec!["taskset".to_owned(), "-c".to_owned(), core.to_string(), program.to_owned()]
            }
        }
    }

    /// Returns a command that starts `program` with this affinity.
    pub(crate) fn command(self, program: &str) -> Command {
        match self {
            Self::AnyCore => Command::new(program),
            Self::Core(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string(), program]);
                command
            }
        }
    }
}
