//! What the command says of itself. How it works beside the services is in the integration suite.

#![expect(clippy::unwrap_used, reason = "a test that meets something unexpected must fail")]

use std::process::{Command, Output};

fn drawbridge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drawbridge")).args(arguments).output().unwrap()
}

#[test]
fn the_help_names_every_command() {
    let output = drawbridge(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    for command in ["up", "migrate", "user", "keys", "doctor", "--port", "--data"] {
        assert!(help.contains(command), "{command} is missing: {help}");
    }
    let help = String::from_utf8(drawbridge(&["user", "--help"]).stdout).unwrap();
    for command in ["add", "list", "disable", "delete", "set-password"] {
        assert!(help.contains(command), "{command} is missing: {help}");
    }
}

#[test]
fn what_it_does_not_understand_is_said() {
    for arguments in
        [&["up", "--port", "nonsense"][..], &["up", "--port", "65534"], &["fly"], &["user", "add"]]
    {
        let output = drawbridge(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("error:"), "{arguments:?}");
    }
}
