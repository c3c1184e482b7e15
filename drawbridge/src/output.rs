use std::{
    fmt::Arguments,
    io::{Write, stderr, stdout},
};

/// Prints a line to standard output. A closed pipe, such as one to `head`, is not an error.
pub(crate) fn print_line(text: Arguments<'_>) {
    let _ = writeln!(stdout(), "{text}");
}

/// Prints a line for people to standard error, so that standard output contains only what a script reads.
pub(crate) fn print_note(text: Arguments<'_>) {
    let _ = writeln!(stderr(), "{text}");
}
