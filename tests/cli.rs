//! Transcripts: commands as people type them, with what they print and how they end.
//!
//! A transcript is a file in `tests/cli/`. Lines that begin with `$ ` are commands, run by a shell
//! one after another in one empty directory that has a copy of `examples/`. Below each is what it
//! printed: standard output as it is, standard error with `! ` before it, and the exit code in
//! brackets if it is not zero. Lines that begin with `# ` right above a command are for readers.
//! `UPDATE=1 cargo test --test cli` writes what is printed now; the difference is then reviewed.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this test runs the program on files"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use quorate::diagnostic::Sources;
use quorate::manifest;

#[test]
fn transcripts_hold() {
    let mut faults = Vec::new();
    for file in transcripts() {
        let expected = fs::read_to_string(&file).unwrap();
        let actual = replay(&expected);
        if actual == expected {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &actual).unwrap();
        } else {
            let difference = similar::TextDiff::from_lines(&expected, &actual)
                .unified_diff()
                .header("expected", "now")
                .to_string();
            faults.push(format!("{}\n{difference}", file.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, session) = readme.split_once("## A session\n\n```console\n").unwrap();
    let (session, _) = session.split_once("\n```").unwrap();
    let expected = format!("{session}\n");
    // A terminal shows both streams alike.
    let replayed = replay(session).replace("\n! ", "\n").replace("\n\n\n", "\n\n");
    let difference = similar::TextDiff::from_lines(&expected, format!("{}\n", replayed.trim_end()))
        .unified_diff()
        .header("README.md", "now")
        .to_string();
    assert!(difference.is_empty(), "{difference}");
}

#[test]
fn what_documents_show_of_manifests_is_right() {
    let mut checked = 0;
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let file = entry.unwrap().path();
        let page = fs::read_to_string(&file).unwrap();
        for block in page.split("```yaml\n").skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            let head = match block.contains("apiVersion:") {
                true => "",
                false => "apiVersion: quorate/v1\nkind: Cluster\nname: page\nnodes: {n1: {}}\n",
            };
            let mut sources = Sources::default();
            sources.add(file.display().to_string(), format!("{head}{block}"));
            let found = manifest::read(&sources).diagnostics;
            let errors: Vec<_> =
                found.into_iter().filter(quorate::diagnostic::Diagnostic::is_error).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", file.display());
            checked += 1;
        }
        // Rules: spans of code that begin like one.
        for rule in page.split('`').skip(1).step_by(2).filter(|code| code.starts_with("date ")) {
            assert!(manifest::rule::parse(rule).is_ok(), "{}: {rule}", file.display());
            checked += 1;
        }
    }
    assert!(checked > 2, "only {checked} are checked");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in ["completions bash", "schema", "man"] {
        let output = shell(&format!("(quorate {arguments}; echo $? >&2) | head -c 1"), root());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "0\n", "{arguments}");
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let output = shell("quorate man --dir pages && ls pages && quorate --help", folder.path());
    let text = String::from_utf8_lossy(&output.stdout);
    for verb in ["plan", "apply", "watch", "status", "simulate", "resource"] {
        assert!(text.contains(&format!("quorate-{verb}.1")), "{verb} has none");
    }
    assert!(text.contains("103  the saved plan is stale"), "the exit codes are not in the help");
}

fn transcripts() -> Vec<PathBuf> {
    let folder = root().join("tests/cli");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "console"));
    files.sort();
    assert!(!files.is_empty(), "there are no transcripts");
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the commands of a transcript again, and writes down what they print now.
fn replay(transcript: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("examples"), &folder.path().join("examples"));
    let mut replayed = String::new();
    let mut remarks = String::new();
    for line in transcript.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            writeln!(replayed, "{remarks}{line}").unwrap();
            replayed.push_str(&run(command, folder.path()));
            remarks.clear();
        } else if line.starts_with("# ") {
            writeln!(remarks, "{line}").unwrap();
        } else {
            // What stood above was output.
            remarks.clear();
        }
    }
    replayed
}

/// Runs a command line with `quorate` in the path and little else.
fn shell(command: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_quorate")).parent().unwrap();
    Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("LC_ALL", "C")
        .env("USER", "somebody")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn run(command: &str, folder: &Path) -> String {
    let output = shell(command, folder);
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        writeln!(text, "! {line}").unwrap();
    }
    match output.status.code() {
        Some(0) => {}
        code => {
            writeln!(text, "[{}]", code.map_or_else(|| "signal".to_owned(), |code| code.to_string()))
                .unwrap();
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push('\n');
    text
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

/// How each shell loads its completions and proves that it has them.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", ". ./script && complete -p quorate"),
    ("zsh", "autoload -U compinit && compinit -u -d ./dump && . ./script && whence -w _quorate"),
    ("fish", "source ./script; and complete -C 'quorate pl'"),
];

#[test]
fn completions_load_in_their_shells_and_offer_only_what_is_for_people() {
    for (name, load) in COMPLETIONS {
        let folder = tempfile::tempdir().unwrap();
        let written = shell(&format!("quorate completions {name} > script"), folder.path());
        assert!(written.status.success(), "{name}");
        let script = fs::read_to_string(folder.path().join("script")).unwrap();
        assert!(script.contains("simulate") && !script.contains("api-stream"), "{name}");
        if !shell(&format!("command -v {name}"), folder.path()).status.success() {
            eprintln!("SKIPPED completions of {name}: it is not installed");
            continue;
        }
        fs::write(folder.path().join("load"), load).unwrap();
        let loaded = shell(&format!("HOME=$PWD {name} ./load"), folder.path());
        let said = String::from_utf8_lossy(&loaded.stdout).into_owned();
        assert!(loaded.status.success() && loaded.stderr.is_empty(), "{name}: {loaded:?}");
        assert!(said.contains("quorate") || said.contains("plan"), "{name}: {said}");
    }
}
