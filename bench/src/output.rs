//! Output of the command.

use std::{
    fmt::Arguments,
    io::{Write, stderr, stdout},
};

/// Writes a line to standard output. A closed pipe, as after `head`, is not an error.
pub(crate) fn line(text: Arguments<'_>) {
    let _ = writeln!(stdout(), "{text}");
}

/// Writes a line about progress to standard error.
pub(crate) fn progress(text: Arguments<'_>) {
    let _ = writeln!(stderr(), "{text}");
}
