//! Watching: the ways in which editors, git and others replace files, on the simulated engine.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "this test runs the program and changes files below it"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a watch may take to see a change: far more than it needs, for busy machines.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `quorate watch`, ended when dropped.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Watch {
    /// Watches `manifest`, named relative to `folder`.
    fn begin(folder: &Path, manifest: &str) -> Self {
        Self::begin_with(folder, manifest, &[])
    }

    /// The same with more arguments; what it prints and what it says are one.
    fn begin_with(folder: &Path, manifest: &str, more: &[&str]) -> Self {
        let (output, printed) = std::io::pipe().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(["watch", "-f", manifest, "--interval", "1h"])
            .args(more)
            .current_dir(folder)
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(printed.try_clone().unwrap())
            .stderr(printed)
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let errors = BufReader::new(output);
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines, seen: Vec::new() }
    }

    /// Waits for a line that contains `text`.
    fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let is_it = line.contains(text);
                    self.seen.push(line);
                    if is_it {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("`{text}` was not said, but this was:\n{}", self.seen.join("\n"));
                }
            }
        }
    }

    /// Lets it know as a service manager does that it should look again.
    fn hang_up(&self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    }

    /// Asks it to end, and gives its exit code.
    fn end(mut self) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.expect("No longer watching.");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn manifest(resources: &[&str]) -> String {
    let mut text = "apiVersion: quorate/v1\nkind: Cluster\nname: web\nnodes: {node1: {}, node2: {}}\n\
                    properties: {stonith-enabled: false}\nreconcile: {prune: true}\nresources:\n"
        .to_owned();
    for resource in resources {
        text.push_str(&format!("  {resource}: {{agent: 'ocf:pacemaker:Dummy'}}\n"));
    }
    text
}

#[test]
fn a_file_replaced_by_rename_is_seen_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cluster.yaml");
    fs::write(&file, manifest(&["A"])).unwrap();
    let mut watch = Watch::begin(folder.path(), "cluster.yaml");
    watch.expect("start A");
    watch.expect("In sync.");
    for resource in ["B", "C"] {
        let new = folder.path().join(".cluster.yaml.new");
        fs::write(&new, manifest(&["A", resource])).unwrap();
        fs::rename(&new, &file).unwrap();
        watch.expect(&format!("start {resource}"));
        watch.expect("In sync.");
    }
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn changes_by_hand_and_outside_of_windows_wait_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cluster.yaml");
    let held = |resources: &[&str], how: &str| manifest(resources).replace("prune: true", how);
    fs::write(&file, held(&["A"], "mode: manual")).unwrap();
    let mut watch = Watch::begin(folder.path(), "cluster.yaml");
    watch.expect("`quorate apply` puts it in force");
    let never = "prune: true, windows: ['date lt \"2020-01-01 00:00:00\"']";
    fs::write(&file, held(&["A", "B"], never)).unwrap();
    watch.expect("start A");
    watch.expect("In sync.");
    fs::write(&file, held(&["A"], never)).unwrap();
    watch.expect("none of `reconcile.windows` opens");
    fs::write(&file, held(&["A"], "prune: true")).unwrap();
    watch.expect("stop B");
    watch.expect("In sync.");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn a_state_that_cannot_be_written_is_tried_again_at_once_after_a_hangup() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cluster.yaml"), manifest(&["A"])).unwrap();
    let state = folder.path().join(".quorate");
    fs::write(&state, "in the way").unwrap();
    let mut watch = Watch::begin(folder.path(), "cluster.yaml");
    watch.expect("; it is tried again");
    fs::remove_file(&state).unwrap();
    watch.hang_up();
    watch.expect("can be read and written again");
    watch.expect("In sync.");
    // What runs already is looked at again, and nothing is wrong with it.
    watch.hang_up();
    watch.expect("Looking again.");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn a_bad_file_keeps_the_last_good_one_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cluster.yaml");
    fs::write(&file, manifest(&["A"])).unwrap();
    let mut watch = Watch::begin(folder.path(), "cluster.yaml");
    watch.expect("In sync.");
    fs::write(&file, "kind: [").unwrap();
    watch.expect("the last good one stays in force");
    fs::remove_file(&file).unwrap();
    watch.expect("the last good one stays in force");
    fs::write(&file, manifest(&["A", "B"])).unwrap();
    watch.expect("The manifest can be used again.");
    watch.expect("start B");
    watch.expect("In sync.");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn a_swapped_link_to_another_folder_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    for (version, resources) in [("1", &["A"][..]), ("2", &["A", "B"]), ("3", &["A", "B", "C"])] {
        let version = folder.path().join(version);
        fs::create_dir(&version).unwrap();
        fs::write(version.join("cluster.yaml"), manifest(resources)).unwrap();
    }
    let link = |target: &str, name: &str| {
        let new = folder.path().join("new-link");
        std::os::unix::fs::symlink(target, &new).unwrap();
        fs::rename(&new, folder.path().join(name)).unwrap();
    };
    // As in a mounted ConfigMap: the file is a link through a link that is swapped.
    link("1", "..data");
    link("..data/cluster.yaml", "cluster.yaml");
    let mut watch = Watch::begin(folder.path(), "cluster.yaml");
    watch.expect("start A");
    watch.expect("In sync.");
    for (version, resource) in [("2", "B"), ("3", "C")] {
        link(version, "..data");
        watch.expect(&format!("start {resource}"));
        watch.expect("In sync.");
    }
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn a_folder_that_is_replaced_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, resources: &[&str]| {
        let made = folder.path().join(name);
        fs::create_dir(&made).unwrap();
        fs::write(made.join("cluster.yaml"), manifest(resources)).unwrap();
    };
    make("site", &["A"]);
    let mut watch = Watch::begin(folder.path(), "site");
    watch.expect("In sync.");
    make("next", &["A", "B"]);
    fs::rename(folder.path().join("site"), folder.path().join("last")).unwrap();
    fs::rename(folder.path().join("next"), folder.path().join("site")).unwrap();
    watch.expect("start B");
    watch.expect("In sync.");
    // The watch followed the name, not the old folder.
    fs::write(folder.path().join("site/cluster.yaml"), manifest(&["A", "B", "C"])).unwrap();
    watch.expect("start C");
    watch.expect("In sync.");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn a_damaged_state_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cluster.yaml"), manifest(&["A"])).unwrap();
    let mut watch = Watch::begin(folder.path(), "cluster.yaml");
    watch.expect("In sync.");
    let state = folder.path().join(".quorate/simulated.json");
    let whole = fs::read(&state).unwrap();
    fs::write(&state, "").unwrap();
    watch.hang_up();
    watch.expect("it is tried again");
    fs::write(&state, whole).unwrap();
    watch.hang_up();
    watch.expect("can be read and written again");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn machines_hear_of_a_manifest_that_became_invalid_and_of_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cluster.yaml");
    let kept = |resources: &[&str]| manifest(resources).replace("prune: true", "prune: false");
    fs::write(&file, kept(&["A", "B"])).unwrap();
    let mut watch = Watch::begin_with(folder.path(), "cluster.yaml", &["-o", "ndjson"]);
    watch.expect("\"outcome\":\"converged\"");
    fs::write(&file, kept(&["A"]).replace("resources:", "resourcs:")).unwrap();
    watch.expect("\"type\":\"diagnostic\"");
    watch.expect("{\"type\":\"trouble\",\"message\":\"The manifest cannot be used");
    fs::write(&file, kept(&["A"])).unwrap();
    watch.expect("{\"type\":\"trouble_over\",\"message\":\"The manifest can be used again.\"}");
    watch.expect("{\"type\":\"kept\",\"objects\":[{\"address\":\"resource.B\",\"owner\":\"nobody\"}]}");
}
