//! On a terminal: the prompt, colours, progress and Ctrl-C. `script` of util-linux makes the
//! terminal; where it is missing, these tests say so and do nothing.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this test runs the program on a terminal of its own"
)]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const MANIFEST: &str = "examples/two-node-web/3-together.yaml";

/// Runs a command line on a terminal, types `keys` when it asks, and gives what was on the screen.
/// `None` where no terminal can be made.
fn on_terminal(command: &str, keys: &str, folder: &Path) -> Option<String> {
    typing(command, &[("is taken as yes:", keys)], folder)
}

/// The same, with keys that are typed once something stands on the screen, one after another.
fn typing(command: &str, keys: &[(&str, &str)], folder: &Path) -> Option<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_quorate")).parent().unwrap();
    // A test that runs in the background of a shell was told to ignore Ctrl-C, and so would all below it.
    let started = Command::new("env")
        .args([
            "--default-signal=INT",
            "script",
            "--quiet",
            "--command",
            &format!("{command}; echo \"[$?]\""),
            "/dev/null",
        ])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.unwrap();
    let screen = talk(&mut child, keys);
    if child.wait().unwrap().code() == Some(127) {
        eprintln!("SKIPPED: there is no script(1) to make a terminal with");
        return None;
    }
    Some(screen)
}

/// Types keys once what they wait for stands on the screen.
fn talk(child: &mut Child, mut keys: &[(&str, &str)]) -> String {
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut screen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = output.read(&mut buffer).unwrap();
        if count == 0 {
            return String::from_utf8_lossy(&screen).replace('\r', "");
        }
        screen.extend_from_slice(&buffer[..count]);
        // The keys are typed once; the terminal stays open until the command ends.
        if let [(awaited, typed), later @ ..] = keys
            && String::from_utf8_lossy(&screen).contains(awaited)
        {
            input.write_all(typed.as_bytes()).unwrap();
            input.flush().unwrap();
            keys = later;
        }
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(root.join(MANIFEST), folder.path().join("cluster.yaml")).unwrap();
    folder
}

#[test]
fn only_yes_is_yes() {
    let folder = folder();
    let Some(screen) = on_terminal("quorate apply", "y\n", folder.path()) else { return };
    assert!(screen.contains("not confirmed; nothing was changed") && screen.contains("[1]"), "{screen}");
    let screen = on_terminal("quorate status", "", folder.path()).unwrap();
    assert!(screen.contains("Nothing is in force yet"), "{screen}");
}

#[test]
fn a_person_confirms_and_sees_progress_in_colour() {
    let folder = folder();
    let Some(screen) = on_terminal("quorate apply", "yes\n", folder.path()) else { return };
    assert!(screen.contains("\u{1b}[32mok    \u{1b}[0m  start ClusterIP on node1"), "{screen}");
    assert!(screen.contains("Done: generation 1 holds.") && screen.contains("[0]"), "{screen}");
    let screen = on_terminal("NO_COLOR=1 quorate status", "", folder.path()).unwrap();
    assert!(screen.contains("Healthy, Synced") && !screen.contains('\u{1b}'), "{screen}");
}

#[test]
fn a_drill_shows_how_far_it_is_and_leaves_only_the_report() {
    let folder = folder();
    let Some(seen) = on_terminal("quorate drill", "", folder.path()) else { return };
    let (before, report) = seen.rsplit_once("\u{1b}[2K").unwrap();
    assert!(before.contains("0 of 6 failures tried"), "{seen}");
    assert!(report.contains("Drill: 6 failures") && !report.contains("tried"), "{seen}");
}

#[test]
fn ctrl_c_at_the_prompt_changes_nothing() {
    let folder = folder();
    let Some(screen) = on_terminal("quorate apply", "\u{3}", folder.path()) else { return };
    assert!(!screen.contains("generation 1"), "{screen}");
    let screen = on_terminal("quorate status", "", folder.path()).unwrap();
    assert!(screen.contains("Nothing is in force yet"), "{screen}");
}

/// This host with one service that takes its time; `None` where it cannot be run.
fn slow_host(test: &str) -> Option<tempfile::TempDir> {
    let dummy = Path::new("/usr/lib/ocf/resource.d/pacemaker/Dummy");
    if !rustix::process::geteuid().is_root() || !dummy.exists() {
        eprintln!("SKIPPED {test}: needs root and {}", dummy.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let (name, state) = (name.trim(), folder.path().join("state-of"));
    let member = |id: &str| {
        let state = state.with_extension(id);
        format!(
            "  {id}: {{agent: ocf:pacemaker:Dummy, params: {{state: {}, op_sleep: 2}}}}\n",
            state.display()
        )
    };
    let text = format!(
        "apiVersion: quorate/v1\nkind: Cluster\nname: one\nnodes: {{{name}: {{}}}}\n\
         properties: {{fencing-enabled: false}}\nresources:\n{}{}  G: {{group: [A, B]}}\n",
        member("A"),
        member("B")
    );
    std::fs::write(folder.path().join("cluster.yaml"), text).unwrap();
    Some(folder)
}

const LOCAL: &str = "trap : INT; quorate --engine local --state-dir state";

#[test]
fn ctrl_c_lets_the_action_at_hand_end_and_begins_no_other() {
    let Some(folder) = slow_host("ctrl_c_lets_the_action_at_hand_end_and_begins_no_other") else { return };
    let command = format!("{LOCAL} apply --auto-approve");
    let Some(screen) = typing(&command, &[("...     start A", "\u{3}")], folder.path()) else { return };
    assert!(screen.contains("Interrupted: what has begun is let end"), "{screen}");
    assert!(screen.contains("  start A on ") && !screen.contains("start B"), "{screen}");
    assert!(screen.contains("interrupted") && screen.contains("[130]"), "{screen}");
    assert!(folder.path().join("state-of.A").exists() && !folder.path().join("state-of.B").exists());
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_the_next_command_settles_what_began() {
    let Some(folder) = slow_host("a_second_ctrl_c_ends_at_once_and_the_next_command_settles_what_began")
    else {
        return;
    };
    let command = format!("{LOCAL} apply --auto-approve");
    let keys = [("...     start A", "\u{3}"), ("Ctrl-C again ends at once", "\u{3}")];
    let Some(screen) = typing(&command, &keys, folder.path()) else { return };
    assert!(screen.contains("interrupted at once") && screen.contains("[130]"), "{screen}");
    let screen = on_terminal(&command, "", folder.path()).unwrap();
    assert!(screen.contains("Done: generation") && screen.contains("[0]"), "{screen}");
    assert!(folder.path().join("state-of.B").exists());
}

/// Whether an agent runs that was told of this folder.
fn runs_agent(folder: &Path) -> bool {
    let told = format!("OCF_RESKEY_state={}", folder.display());
    let mut processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes.any(|process| {
        let read = |what| std::fs::read(process.path().join(what)).unwrap_or_default();
        String::from_utf8_lossy(&read("environ")).contains(&told)
            && String::from_utf8_lossy(&read("cmdline")).contains("\0start\0")
    })
}

#[test]
fn agents_outlive_a_command_that_was_interrupted_twice() {
    let Some(folder) = slow_host("agents_outlive_a_command_that_was_interrupted_twice") else { return };
    let apply = || {
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_quorate"), "--engine", "local"]);
        command.args(["--state-dir", "state", "apply", "--auto-approve"]).current_dir(folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    let mut first = apply().spawn().unwrap();
    while !runs_agent(folder.path()) {
        assert!(first.try_wait().unwrap().is_none(), "it ended before an agent began");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let process = rustix::process::Pid::from_child(&first);
    let mut said = first.stderr.take().unwrap();
    let mut buffer = [0; 4096];
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let mut text = String::new();
    while !text.contains("Ctrl-C again") {
        let count = said.read(&mut buffer).unwrap();
        assert!(count > 0, "{text}");
        text += &String::from_utf8_lossy(&buffer[..count]);
    }
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    said.read_to_string(&mut text).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(130), "{text}");
    let second = apply().output().unwrap();
    let text = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.success() && text.contains("begun by an earlier command, still runs"), "{text}");
}
