//! The tour with curl in the README works as printed.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;
use tests::Deployment;

/// The commands of one paragraph, and the expected response to the last command.
struct Step {
    commands: String,
    /// Empty for a paragraph without a request.
    status: String,
    /// Excerpts of the response, in which `…` means any text.
    excerpts: Vec<String>,
}

impl Step {
    /// Reads a paragraph: commands, followed by comments with the status and the excerpts.
    fn parse(paragraph: &str) -> Self {
        let is_comment = |line: &&str| line.starts_with("# ");
        let lines: Vec<_> = paragraph.lines().skip_while(is_comment).collect();
        let commands = lines.iter().filter(|line| !is_comment(line)).map(|line| format!("{line}\n"));
        let mut comments = lines.iter().filter_map(|line| line.strip_prefix("# ")).map(str::to_owned);
        Self {
            commands: commands.collect(),
            status: comments.next().unwrap_or_default(),
            excerpts: comments.collect(),
        }
    }
}

/// Reads the first `sh` block below the heading.
fn read_steps(heading: &str) -> Vec<Step> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let section = readme.split(heading).nth(1).unwrap();
    let block = section.split("```sh\n").nth(1).unwrap().split("\n```").next().unwrap();
    block.split("\n\n").map(Step::parse).collect()
}

/// Returns true if the parts of `pattern` around `…` occur in `text` in this order.
fn matches(text: &str, pattern: &str) -> bool {
    let mut rest = Some(text);
    for part in pattern.split('…') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, rest)| rest);
    }
    rest.is_some()
}

#[test]
fn the_tour_in_the_readme_works_as_printed() {
    let deployment = Deployment::builder().one_process().start();
    // curl sends the cookie to `localhost` only.
    let verify = deployment.verify.replace("127.0.0.1", "localhost");
    let folder = TempDir::new().unwrap();
    let steps = read_steps("## A tour with curl");
    assert!(steps.len() > 6, "only {} paragraphs", steps.len());
    let mut variables = String::new();

    for Step { commands, status, excerpts } in steps {
        if status.is_empty() {
            variables += &commands;
            continue;
        }
        let script = format!("set -eu\ncurl() {{ command curl -sS \"$@\"; }}\n{variables}{commands}")
            .replace("localhost:8080", &deployment.frontend)
            .replace("localhost:8082", &verify);
        let output = Command::new("sh").args(["-c", &script]).current_dir(&folder).output().unwrap();
        let answer = String::from_utf8_lossy(&output.stdout);

        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{commands}{answer}{output:?}");
        for excerpt in excerpts {
            assert!(matches(&answer, &excerpt), "no {excerpt}\n{commands}{answer}");
        }
    }
}
