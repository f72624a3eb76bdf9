//! The oracle: an installed `crm_simulate` decides the same about random clusters.
//!
//! Without the program the test says so and passes. What the installed version is known to do
//! differently from the one that our specification describes is listed in `oracle/versions.rs`, by
//! rule; every other difference fails, with a command that replays it and the smallest cluster found.
//!
//! - `ORACLE_SEEDS=1000-6000 cargo test --test oracle -- --ignored` compares these seeds.
//! - `ORACLE_KEEP=1` goes on after a difference and lists them all, without shrinking;
//!   `ORACLE_KEEP=FOLDER` writes the smallest cluster found for each into the folder.
//! - `ORACLE_KINDS=every` adds remote and guest nodes, bundles, shutdown locks and dates.
//! - `cargo test --test oracle recovers -- --ignored` asks about the same clusters later, after a failure.
//! - `ORACLE_RULES=no` excuses nothing.
//! - `ORACLE_FILE=cib.xml` compares one file instead.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this test runs a program and reports"
)]

#[path = "oracle/decision.rs"]
mod decision;
mod generator;
#[path = "oracle/simulator.rs"]
mod simulator;
#[path = "oracle/versions.rs"]
mod versions;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use decision::Decision;
use generator::{Kinds, NOW, Xml};
use quorate::diagnostic::Sources;
use quorate::scheduler::Release;
use quorate::{cib, scheduler};

#[test]
#[ignore = "a thousand clusters take minutes"]
fn the_installed_simulator_decides_the_same() {
    if !simulator::is_installed() {
        eprintln!("SKIPPED: crm_simulate is not installed");
        return;
    }
    if let Ok(file) = env::var("ORACLE_FILE") {
        let found = compare(&fs::read_to_string(file).unwrap());
        assert!(matches!(found, Verdict::Same), "{found}");
        return;
    }
    let kinds = if env::var_os("ORACLE_KINDS").is_some() { Kinds::Every } else { Kinds::Usual };
    let kept = env::var("ORACLE_KEEP").ok();
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    for seed in seeds() {
        let cluster = generator::cluster(seed, kinds);
        let mut verdict = compare(&cluster.to_string());
        let is_looked_for = env::var_os("ORACLE_RULES").is_some();
        if let (Verdict::Differs(_), Some(what)) =
            (&verdict, versions::by_name(seed, kinds).filter(|_| !is_looked_for))
        {
            verdict = Verdict::Known(vec![what]);
        }
        *tally.entry(verdict.title()).or_default() += 1;
        let Verdict::Differs(differences) = &verdict else { continue };
        let Some(folder) = &kept else { panic!("{}", report(seed, cluster, &verdict)) };
        eprintln!("seed {seed}: {}", differences.join("; "));
        if folder != "1" {
            fs::write(Path::new(folder).join(format!("{seed}.xml")), report(seed, cluster, &verdict))
                .unwrap();
        }
    }
    for (title, count) in &tally {
        eprintln!("{count:>7} {title}");
    }
    assert!(!tally.contains_key(DIFFERS), "see above");
}

/// Once a cluster of any kind has come to rest, a monitor fails: so bundles and guests have a history.
#[test]
#[ignore = "some hundreds of clusters take minutes"]
fn the_installed_simulator_recovers_the_same() {
    if !simulator::is_installed() {
        eprintln!("SKIPPED: crm_simulate is not installed");
        return;
    }
    let kept = env::var("ORACLE_KEEP").ok().filter(|kept| kept != "1");
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    for seed in seeds() {
        let cluster = generator::cluster(seed, Kinds::Every).to_string();
        let Some(later) = simulator::later(&cluster, seed) else { continue };
        let verdict = compare(&later);
        *tally.entry(verdict.title()).or_default() += 1;
        let Verdict::Differs(differences) = &verdict else { continue };
        eprintln!("seed {seed}: {}", differences.join("; "));
        if let Some(folder) = &kept {
            fs::write(Path::new(folder).join(format!("{seed}-later.xml")), later).unwrap();
        }
    }
    for (title, count) in &tally {
        eprintln!("{count:>7} {title}");
    }
    assert!(!tally.contains_key(DIFFERS), "see above");
}

const DIFFERS: &str = "differs";

/// The seeds to try: a few hundred unless told.
fn seeds() -> std::ops::Range<u64> {
    let text = env::var("ORACLE_SEEDS").unwrap_or_else(|_| "0-300".to_owned());
    let (first, last) = text.split_once('-').unwrap();
    first.parse().unwrap()..last.parse().unwrap()
}

/// The smallest cluster found that is decided differently in the same way, and what differs.
fn report(seed: u64, cluster: Xml, verdict: &Verdict) -> String {
    let kind = verdict.kind();
    let small = generator::shrink(cluster, &mut |smaller| compare(&smaller.to_string()).kind() == kind);
    let verdict = compare(&small.to_string());
    let last = seed + 1;
    let replay = format!("ORACLE_SEEDS={seed}-{last} cargo test --test oracle -- --ignored");
    let comment = format!("{verdict}\nreplay: {replay}").replace("--", "- -");
    format!("{small}\n<!--\n{comment}\n-->\n")
}

/// What comes of a comparison.
enum Verdict {
    Same,
    /// The simulator refuses the cluster, so there is nothing to compare.
    Refused(String),
    /// Explained by the rules of these names.
    Known(Vec<&'static str>),
    Differs(Vec<String>),
}

impl Verdict {
    fn title(&self) -> String {
        match self {
            Self::Same => "same".to_owned(),
            Self::Refused(_) => "refused".to_owned(),
            Self::Known(rules) => format!("known: {}", rules.join(" + ")),
            Self::Differs(_) => DIFFERS.to_owned(),
        }
    }

    /// What shrinking must preserve.
    fn kind(&self) -> String {
        match self {
            Self::Differs(differences) => {
                let first = differences.first().map_or("", String::as_str);
                let level = first.split(' ').take(3).collect::<Vec<_>>();
                format!("{DIFFERS} {}", level.join(" "))
            }
            Self::Same | Self::Refused(_) | Self::Known(_) => self.title(),
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Differs(differences) => f.write_str(&differences.join("\n")),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Same | Self::Known(_) => f.write_str(&self.title()),
        }
    }
}

fn compare(text: &str) -> Verdict {
    let mut theirs = match simulator::decide(text) {
        Ok(decision) => decision,
        Err(why) => return Verdict::Refused(why),
    };
    let mut sources = Sources::default();
    sources.add("random", text);
    let cib = cib::read(&sources).unwrap();
    let (placement, schedule) = scheduler::decide_as(Release::Earlier, &cib.cluster, &cib.status, NOW);
    let ours = Decision::of(&schedule);
    let facts = &placement.facts;
    for resource in &facts.resources {
        let nodes = resource.active_on.iter().map(|node| facts.node(*node).name.to_string());
        theirs.active.extend(nodes.map(|node| (resource.id.to_string(), node)));
    }
    let differences = ours.differences(&theirs);
    if differences.is_empty() {
        return Verdict::Same;
    }
    if env::var_os("ORACLE_RULES").is_some() {
        return Verdict::Differs(differences);
    }
    match versions::explain(text, &theirs, &differences) {
        Ok(rules) => Verdict::Known(rules),
        Err(left) => Verdict::Differs(left),
    }
}
