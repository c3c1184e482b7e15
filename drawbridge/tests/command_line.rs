//! The command's own messages. The integration suite tests what the commands do alongside running services.

#![expect(clippy::unwrap_used, reason = "an unexpected result must fail the test")]

use std::process::{Command, Output};

fn drawbridge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drawbridge")).args(arguments).output().unwrap()
}

fn help(arguments: &[&str]) -> String {
    String::from_utf8(drawbridge(arguments).stdout).unwrap()
}

#[test]
fn the_help_lists_every_command() {
    let main = help(&["--help"]);
    let user = help(&["user", "--help"]);
    let frontend = help(&["frontend", "--help"]);

    for command in
        ["up", "migrate", "secrets", "user", "audit", "keys", "frontend", "doctor", "--port", "--data"]
    {
        assert!(main.contains(command), "{command} is missing: {main}");
    }
    for command in ["add", "list", "disable", "delete", "set-password", "import", "export"] {
        assert!(user.contains(command), "{command} is missing: {user}");
    }
    for command in ["add", "list", "rotate-key", "preview-key", "remove", "apply"] {
        assert!(frontend.contains(command), "{command} is missing: {frontend}");
    }
}

#[test]
fn invalid_arguments_are_reported() {
    for (case, arguments) in [
        ("a port that is not a number", &["up", "--port", "nonsense"][..]),
        ("a port without two more after it", &["up", "--port", "65534"]),
        ("an unknown command", &["fly"]),
        ("a missing argument", &["user", "add"]),
    ] {
        let output = drawbridge(arguments);

        assert_eq!(output.status.code(), Some(2), "{case}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("error:"), "{case}");
    }
}
