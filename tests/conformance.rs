//! Conformance: the scheduler decides as Pacemaker's does.
//!
//! The cases, their expected results and the scorer live outside this project, in `../shared` (or
//! where `QUORATE_SHARED` points); without them, or without `python3`, the test says so and passes.
//! Every case is planned in process, the plans are written to a folder, and `score.py` judges them
//! on all levels at once. `conformance/ratchet.txt` lists what passed before: it may only grow.
//!
//! - `UPDATE=1 cargo test --test conformance` takes new passes into the ratchet.
//! - `CONFORMANCE_LIST=M1 cargo test --test conformance` runs one list, and prints what fails.
//! - `CONFORMANCE_ONLY=text` runs only cases whose name contains the text.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this test reads cases, runs the scorer and reports"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, panic, thread};

use quorate::diagnostic::Sources;
use quorate::{cib, scheduler, view};
use serde_json::Value;

/// Beyond this a case counts as failed, even in an unoptimized build.
const LONGEST: Duration = Duration::from_secs(30);

/// Levels passed, by case.
type Passes = BTreeMap<String, BTreeSet<String>>;

#[test]
fn decisions_match_the_expected_ones() {
    let Some(bench) = Bench::find("plans") else { return };
    let failures = bench.plan_all();
    let report = bench.score();
    print_totals(&report);
    let passes = passes(&report);
    if bench.is_partial() {
        print_failures(&report, &failures);
    }
    check_ratchet(&bench, &passes);
}

#[test]
fn every_case_can_be_read() {
    let Some(bench) = Bench::find("read") else { return };
    for name in bench.names() {
        let file = bench.file(&name);
        let mut sources = Sources::default();
        sources.add(name.clone(), fs::read_to_string(file).unwrap());
        let cib = cib::read(&sources);
        assert!(cib.is_ok(), "{name}: {cib:?}");
    }
}

/// Where the cases are and where the plans go.
struct Bench {
    conformance: PathBuf,
    plans: PathBuf,
    list: String,
    only: Option<String>,
}

impl Bench {
    /// The bench, or `None` with a word about what is missing.
    fn find(purpose: &str) -> Option<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shared = env::var_os("QUORATE_SHARED").map_or_else(|| package.join("../shared"), PathBuf::from);
        let conformance = shared.join("scheduler/conformance");
        if !conformance.join("score.py").exists() {
            assert!(env::var_os("QUORATE_SHARED_REQUIRED").is_none(), "the shared data is not there");
            eprintln!("SKIPPED: no conformance cases at {} (set QUORATE_SHARED)", conformance.display());
            return None;
        }
        if Command::new("python3").arg("--version").output().is_err() {
            assert!(env::var_os("QUORATE_SHARED_REQUIRED").is_none(), "the scorer needs python3");
            eprintln!("SKIPPED: the scorer needs python3");
            return None;
        }
        let plans = Path::new(env!("CARGO_TARGET_TMPDIR")).join(purpose);
        let _ = fs::remove_dir_all(&plans);
        fs::create_dir_all(&plans).unwrap();
        Some(Self {
            conformance,
            plans,
            list: env::var("CONFORMANCE_LIST").unwrap_or_else(|_| "dev".to_owned()),
            only: env::var("CONFORMANCE_ONLY").ok(),
        })
    }

    fn is_partial(&self) -> bool {
        self.list != "dev" || self.only.is_some()
    }

    fn list_file(&self) -> PathBuf {
        self.conformance.join("lists").join(format!("{}.txt", self.list))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.conformance.join("cases/xml").join(format!("{name}.xml"))
    }

    fn names(&self) -> Vec<String> {
        let list = fs::read_to_string(self.list_file()).unwrap();
        let is_wanted = |name: &&str| self.only.as_ref().is_none_or(|text| name.contains(text));
        list.split_whitespace().filter(is_wanted).map(str::to_owned).collect()
    }

    /// Plans every case; says of each that could not be planned why.
    fn plan_all(&self) -> BTreeMap<String, String> {
        panic::set_hook(Box::new(|_| {}));
        let moments = self.moments();
        let mut failures = BTreeMap::new();
        for name in self.names() {
            let now = moments.get(&name).copied().flatten().unwrap_or(SOME_TIME_LATER);
            match plan(self.file(&name), now) {
                Ok(json) => fs::write(self.plans.join(format!("{name}.json")), json).unwrap(),
                Err(why) => {
                    failures.insert(name, why);
                }
            }
        }
        let _ = panic::take_hook();
        failures
    }

    fn moments(&self) -> BTreeMap<String, Option<i64>> {
        let index = fs::read_to_string(self.conformance.join("cases/index.json")).unwrap();
        let index: Vec<Value> = serde_json::from_str(&index).unwrap();
        index
            .iter()
            .map(|case| (case["name"].as_str().unwrap().to_owned(), case["now_epoch"].as_i64()))
            .collect()
    }

    fn score(&self) -> Value {
        let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join("score.json");
        let mut command = Command::new("python3");
        command.arg(self.conformance.join("score.py"));
        command.arg("--plans").arg(&self.plans).arg("--list").arg(self.list_file());
        if let Some(only) = &self.only {
            command.arg("--only").arg(only.replace('.', "[.]"));
        }
        let output = command.arg("--json").arg(&report).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap()
    }
}

/// Cases without a moment of their own are to be decided at any time after all that happened.
const SOME_TIME_LATER: i64 = 1_782_864_000;

/// Plans one case in a thread of its own, so that neither a panic nor an endless loop ends the test.
fn plan(file: PathBuf, now: i64) -> Result<String, String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let outcome = panic::catch_unwind(|| plan_here(&file, now));
        let _ = sender.send(outcome.unwrap_or_else(|payload| Err(panic_text(payload.as_ref()))));
    });
    receiver
        .recv_timeout(LONGEST)
        .unwrap_or_else(|_| Err("took too long, or overflowed its stack".to_owned()))
}

fn plan_here(file: &Path, now: i64) -> Result<String, String> {
    let mut sources = Sources::default();
    sources.add(file.display().to_string(), fs::read_to_string(file).unwrap());
    let cib = cib::read(&sources).map_err(|fault| fault.message)?;
    Ok(view::transition::json(&scheduler::schedule(&cib.cluster, &cib.status, now)))
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    format!("panic: {}", text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("?"))
}

fn passes(report: &Value) -> Passes {
    let results = report["results"].as_object().unwrap();
    let levels = |result: &Value| {
        let levels = result["levels"].as_object().unwrap().iter();
        levels.filter(|(_, passed)| **passed == Value::Bool(true)).map(|(level, _)| level.clone()).collect()
    };
    results.iter().map(|(name, result)| (name.clone(), levels(result))).collect()
}

fn print_totals(report: &Value) {
    eprintln!("{} cases, order pairs {}", report["cases"], report["order_pairs"]);
    for (level, total) in report["totals"].as_object().unwrap() {
        eprintln!("  {level:<4} {:>4} of {}", total["pass"], report["cases"]);
    }
}

fn print_failures(report: &Value, failures: &BTreeMap<String, String>) {
    for (name, result) in report["results"].as_object().unwrap() {
        let reasons = result["reasons"].as_object().unwrap();
        if let Some(why) = failures.get(name) {
            eprintln!("{name}: {why}");
        } else if !reasons.is_empty() {
            eprintln!("{name}:");
            for (level, why) in reasons {
                eprintln!("    {level:<4} {}", why.as_str().unwrap_or_default());
            }
        }
    }
}

fn check_ratchet(bench: &Bench, passes: &Passes) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/ratchet.txt");
    let mut ratchet = read_ratchet(&fs::read_to_string(&file).unwrap_or_default());
    let mut lost = Vec::new();
    for (name, levels) in passes {
        let kept = ratchet.entry(name.clone()).or_default();
        lost.extend(kept.difference(levels).map(|level| format!("{name} {level}")));
        kept.extend(levels.iter().cloned());
    }
    if env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&file, write_ratchet(&ratchet)).unwrap();
    }
    assert!(lost.is_empty(), "passed before, plans are in {}:\n{}", bench.plans.display(), lost.join("\n"));
}

/// One line for each case: its name, then the levels it passed.
fn read_ratchet(text: &str) -> Passes {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some((words.next()?, words.collect()))
        })
        .collect()
}

fn write_ratchet(ratchet: &Passes) -> String {
    let mut text =
        String::from("# What passes, by case. Written by `UPDATE=1 cargo test --test conformance`.\n");
    for (name, levels) in ratchet.iter().filter(|(_, levels)| !levels.is_empty()) {
        let levels: Vec<_> = levels.iter().map(String::as_str).collect();
        text.push_str(&format!("{name} {}\n", levels.join(" ")));
    }
    text
}
