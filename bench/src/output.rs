//! What the command says.

use std::{
    fmt::Arguments,
    io::{Write, stderr, stdout},
};

/// A line on standard output. A reader that has gone, such as `head`, is no fault.
pub(crate) fn line(text: Arguments<'_>) {
    let _ = writeln!(stdout(), "{text}");
}

/// A line on standard error: what is going on meanwhile.
pub(crate) fn progress(text: Arguments<'_>) {
    let _ = writeln!(stderr(), "{text}");
}
