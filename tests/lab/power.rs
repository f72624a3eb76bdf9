//! The power switch of a lab: what its fence agent asks, it does, whatever wires are cut.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::lab::Lab;

/// How the fence agent behaves from now on: `work`, `slow 5`, `fail` or `lie`.
pub(crate) fn behave(lab: &Lab, how: &str) {
    lab.room().write("shared/power/mode", how);
}

/// Obeys the switch until it is over.
pub(crate) fn obey(lab: &Lab, is_over: &AtomicBool) {
    let folder = lab.room().path("shared/power");
    while !is_over.load(Ordering::Relaxed) {
        let questions = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for question in questions.filter(|path| path.extension().is_some_and(|end| end == "ask")) {
            answer(lab, &question);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn answer(lab: &Lab, question: &Path) {
    let text = fs::read_to_string(question).unwrap();
    let (action, name) = text.trim().split_once(' ').unwrap();
    let host = lab.host(name);
    if action == "off" || action == "reboot" {
        // What the host itself was asking for ends with it.
        forget(lab, name);
        if !question.exists() {
            return;
        }
    }
    match action {
        "off" => host.crash(),
        "on" if !host.is_on() => host.boot(),
        "reboot" => host.reset(),
        _ => {}
    }
    let state = if host.is_on() { "on" } else { "off" };
    let done = question.with_extension("done");
    fs::write(question, state).unwrap();
    fs::rename(question, done).unwrap();
}

fn forget(lab: &Lab, name: &str) {
    let folder = fs::read_dir(lab.room().path("shared/power")).into_iter().flatten().flatten();
    let own = folder.filter(|entry| entry.file_name().to_string_lossy().starts_with(&format!("{name}-")));
    own.for_each(|entry| fs::remove_file(entry.path()).unwrap());
}
