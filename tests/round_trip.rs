//! Configurations survive the way from one form to another.
//!
//! For every case of the conformance suite (in `../shared`, or where `QUORATE_SHARED` points; without
//! it the tests say so and pass): a CIB written from the model reads as the same model, and a manifest
//! made from it leads to the same plan, action by action, change by change, score by score.
//!
//! `ROUND_TRIP_ONLY=text cargo test --test round_trip` takes only cases whose name contains the text.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "these tests read cases, run checkers and report"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, panic};

use quorate::cib::{self, Cib};
use quorate::diagnostic::Sources;
use quorate::manifest::{self, ConstraintIds};
use quorate::model::{Cluster, Overlay};
use quorate::plan::{self, Inputs, Prune};
use quorate::scheduler::{self, Schedule};
use serde_json::Value;

/// The moment of cases that name none.
const SOME_TIME: i64 = 1_800_000_000;

#[test]
fn a_cib_written_from_the_model_reads_as_the_same_model() {
    each_case(|case| {
        let cib = case.read();
        let written = cib::write(&cib.cluster);
        let again = read_cib(&written).cluster;
        let (before, after) = (serde_json::to_value(&cib.cluster), serde_json::to_value(&again));
        difference("", &before.unwrap(), &after.unwrap())?;
        let is_settled = cib::write(&again) == written;
        if is_settled { Ok(()) } else { Err("writing again gives another text".to_owned()) }
    });
}

#[test]
fn a_manifest_made_from_a_cib_leads_to_the_same_plan() {
    let mut tolerated: BTreeMap<String, usize> = BTreeMap::new();
    each_case(|case| {
        let cib = case.read();
        let adopted = manifest::adopt(cib.cluster.clone(), ConstraintIds::Keep, "cluster.yaml");
        let Some(manifest) = &adopted.reading.manifest else {
            let errors = adopted.reading.diagnostics.iter().filter(|found| found.is_error());
            let errors: Vec<_> = errors.map(|found| format!("{}: {}", found.code, found.message)).collect();
            return Err(format!("the manifest cannot be read: {}", errors.join("; ")));
        };
        for code in &manifest.settings.tolerated {
            *tolerated.entry(code.to_string()).or_default() += 1;
        }
        let before = schedule(&cib.cluster, &cib, case.now)?;
        let after = schedule(&manifest.cluster, &cib, case.now)?;
        same_plan(&before, &after)?;
        keep(&case.name, "yaml", &adopted.text);
        let again = manifest::adopt(manifest.cluster.clone(), ConstraintIds::Keep, "cluster.yaml");
        if again.text == adopted.text { Ok(()) } else { Err("importing again gives another text".to_owned()) }
    });
    eprintln!("tolerated: {tolerated:?}");
}

#[test]
fn a_manifest_made_from_a_cib_changes_nothing() {
    each_case(|case| {
        let cib = case.read();
        let adopted = manifest::adopt(cib.cluster.clone(), ConstraintIds::Keep, "cluster.yaml");
        let declared = adopted.reading.manifest.ok_or("the manifest cannot be read")?.cluster;
        for prune in [Prune::No, Prune::Yes] {
            let inputs = Inputs {
                declared: &declared,
                prune,
                ..Inputs::drift(&cib.cluster, Overlay::none(), &cib.status, case.now)
            };
            let plan = panic::catch_unwind(|| plan::plan(&inputs).plan).map_err(|_| "planning panics")?;
            if !plan.objects.is_empty() || !plan.leftovers.is_empty() {
                return Err(format!("{prune:?}: {:?} {:?}", plan.objects, plan.leftovers));
            }
        }
        Ok(())
    });
}

#[test]
fn a_cib_made_from_such_a_manifest_leads_to_the_same_plan() {
    each_case(|case| {
        let cib = case.read();
        let adopted = manifest::adopt(cib.cluster.clone(), ConstraintIds::Keep, "cluster.yaml");
        let manifest = adopted.reading.manifest.ok_or("the manifest cannot be read")?;
        let exported = read_cib(&cib::write(&cib::for_pacemaker(manifest.cluster))).cluster;
        let before = schedule(&cib.cluster, &cib, case.now)?;
        let after = schedule(&exported, &cib, case.now)?;
        same_plan(&before, &after)
    });
}

#[test]
fn exported_cibs_are_valid() {
    let schema = Path::new("/usr/share/pacemaker/pacemaker-3.9.rng");
    if !schema.exists() || !is_installed("xmllint") {
        eprintln!("SKIPPED: no schemas of Pacemaker 2.1.5, or no xmllint, on this host");
        return;
    }
    let mut files = Vec::new();
    each_case(|case| {
        files.push(keep(&case.name, "xml", &exported(case)?));
        Ok(())
    });
    if files.is_empty() {
        return;
    }
    let mut command = Command::new("xmllint");
    let output = command.arg("--noout").arg("--relaxng").arg(schema).args(&files).output().unwrap();
    let findings = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_fault = |line: &&str| !line.ends_with(" validates");
    let faults: Vec<&str> = findings.lines().filter(is_fault).collect();
    assert!(output.status.success() && faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pacemaker_has_no_more_to_say_of_an_exported_cib_than_of_the_original() {
    if !is_installed("crm_verify") {
        eprintln!("SKIPPED: no crm_verify on this host");
        return;
    }
    each_case(|case| {
        // Versions that do not know the new names of properties take them for nothing.
        let original = fs::read_to_string(&case.file).unwrap().replace("name=\"fencing-", "name=\"stonith-");
        let exported = in_place_of(&original, &exported(case)?);
        let was_content = is_content(&keep(&case.name, "original.xml", &original));
        if !was_content || is_content(&keep(&case.name, "verify.xml", &exported)) {
            return Ok(());
        }
        Err("crm_verify finds faults that the original has not".to_owned())
    });
}

/// The exported configuration with the head and the status of the original: nodes that were never
/// seen are findings, too, and old versions wrote history in another way.
fn in_place_of(original: &str, exported: &str) -> String {
    let from =
        |text: &str, mark: &str| text.find(mark).and_then(|at| text.get(at..)).unwrap_or("").to_owned();
    let head = from(original, "<cib ");
    let head = head.split('>').next().unwrap_or("");
    let schema = from(head, "validate-with=\"").split('"').nth(1).unwrap_or("").to_owned();
    let head = head.replace(&format!("\"{schema}\""), "\"pacemaker-3.9\"");
    let configuration = from(exported, "<configuration>").replace("  <status/>\n</cib>\n", "");
    let status = if original.contains("<status") { from(original, "<status") } else { "</cib>".to_owned() };
    format!("{head}>\n{configuration}{status}")
}

/// The case by way of a manifest to a CIB again.
fn exported(case: &Case) -> Result<String, String> {
    let adopted = manifest::adopt(case.read().cluster, ConstraintIds::Keep, "cluster.yaml");
    let manifest = adopted.reading.manifest.ok_or("the manifest cannot be read")?;
    Ok(cib::write(&cib::for_pacemaker(manifest.cluster)))
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn is_content(file: &Path) -> bool {
    Command::new("crm_verify").arg("--xml-file").arg(file).output().unwrap().status.success()
}

/// One case of the suite.
struct Case {
    name: String,
    now: i64,
    file: PathBuf,
}

impl Case {
    fn read(&self) -> Cib {
        read_cib(&fs::read_to_string(&self.file).unwrap())
    }
}

/// Checks every case, and fails with all that is wrong.
fn each_case(mut check: impl FnMut(&Case) -> Result<(), String>) {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    for case in &cases {
        if let Err(fault) = check(case) {
            faults.push(format!("{}: {fault}", case.name));
        }
    }
    let good = cases.len() - faults.len();
    eprintln!("{good} of {} cases", cases.len());
    assert!(faults.is_empty(), "{good} of {}:\n{}", cases.len(), faults.join("\n"));
}

fn cases() -> Option<Vec<Case>> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = env::var_os("QUORATE_SHARED").map_or_else(|| package.join("../shared"), PathBuf::from);
    let cases = shared.join("scheduler/conformance/cases");
    let Ok(index) = fs::read_to_string(cases.join("index.json")) else {
        assert!(env::var_os("QUORATE_SHARED_REQUIRED").is_none(), "the shared data is not there");
        eprintln!("SKIPPED: no conformance cases at {} (set QUORATE_SHARED)", cases.display());
        return None;
    };
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    let only = env::var("ROUND_TRIP_ONLY").unwrap_or_default();
    let all = index.iter().map(|case| {
        let name = case["name"].as_str().unwrap().to_owned();
        let now = case["now_epoch"].as_i64().unwrap_or(SOME_TIME);
        Case { file: cases.join("xml").join(format!("{name}.xml")), name, now }
    });
    Some(all.filter(|case| case.name.contains(&only)).collect())
}

fn read_cib(text: &str) -> Cib {
    let mut sources = Sources::default();
    sources.add("cib.xml", text);
    cib::read(&sources).unwrap()
}

/// Keeps what came out of a case where people can look at it.
fn keep(name: &str, extension: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("round-trip");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.{extension}"));
    fs::write(&file, text).unwrap();
    file
}

fn schedule(cluster: &Cluster, cib: &Cib, now: i64) -> Result<Schedule, String> {
    panic::catch_unwind(|| scheduler::schedule(cluster, &cib.status, now))
        .map_err(|_| "scheduling panics".to_owned())
}

fn same_plan(before: &Schedule, after: &Schedule) -> Result<(), String> {
    let kinds = [
        ("actions", before.transition == after.transition),
        ("changes", before.changes == after.changes),
        ("scores", before.scores == after.scores),
        ("recheck", before.recheck_by == after.recheck_by),
    ];
    let different: Vec<_> = kinds.iter().filter(|(_, is_same)| !is_same).map(|(kind, _)| *kind).collect();
    if different.is_empty() {
        return Ok(());
    }
    let (before, after) = (format!("{before:#?}"), format!("{after:#?}"));
    let lines = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    Err(format!("{} differ: {lines:?}", different.join(", ")))
}

/// The first difference of two models; where there was no id, one may have been made up, and a
/// condition that could not be read may have become one that never holds.
fn difference(path: &str, before: &Value, after: &Value) -> Result<(), String> {
    let differ = || Err(format!("{path}: {before} became {after}"));
    match (before, after) {
        (Value::Object(before), _) if before.contains_key("Invalid") => Ok(()),
        (Value::Null, Value::String(_)) if path.ends_with(".id") => Ok(()),
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            one.iter().try_for_each(|(key, value)| match other.get(key) {
                Some(other) => difference(&format!("{path}.{key}"), value, other),
                None => differ(),
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.try_for_each(|(at, (one, other))| difference(&format!("{path}[{at}]"), one, other))
        }
        (one, other) if one == other => Ok(()),
        (_, _) => differ(),
    }
}
