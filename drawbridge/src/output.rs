use std::{
    fmt::Arguments,
    io::{Write, stdout},
};

/// Prints a line to standard output. A closed pipe, such as one to `head`, is not an error.
pub(crate) fn print_line(text: Arguments<'_>) {
    let _ = writeln!(stdout(), "{text}");
}
