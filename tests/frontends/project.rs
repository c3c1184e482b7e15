use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of this repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A folder below the one in which `scripts/test-frontends` installs the packages of an example.
pub(crate) fn installed(name: &str) -> PathBuf {
    let folder = repository().join("target/tools/frontends").join(name);
    assert!(folder.join("node_modules").exists(), "{}: run scripts/test-frontends", folder.display());
    folder
}

/// Copies an example next to its installed packages, without what earlier runs have left. Returns the folder.
pub(crate) fn copy_example(example: &str) -> PathBuf {
    let folder = installed(&example.replace('/', "-"));
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        if entry.file_name() == "node_modules" || entry.file_name() == "installed" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        } else {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    copy_files(&repository().join("examples").join(example), &folder);
    folder
}

/// Copies a folder, except what its tools write.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    const WRITTEN: [&str; 4] = ["node_modules", ".next", "next-env.d.ts", "dist"];
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if WRITTEN.iter().any(|written| name == *written) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// Replaces text in a file, which must contain it once.
pub(crate) fn edit(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{}: {old}", file.display());
    fs::write(file, text.replace(old, new)).unwrap();
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&text));
}
