//! Laws that hold for every decision about every cluster, over random clusters.
//!
//! - `LAW_SEEDS=1000-3000 cargo test --test laws` tries these seeds; 2,000 unless told.
//! - `LAW_SEEDS=0-100000 cargo test --release --test laws -- --ignored` lists what breaks each law,
//!   with a count and the smallest seed. `LAW_LIST=1` also tells of each seed as it comes,
//!   `LAW_KEEP=FOLDER` writes the smallest cluster found for the first twenty of each,
//!   `LAW_FILE=cib.xml` tries one document, and `LAW_TRACE=FOLDER` writes what each plan leaves
//!   behind, as a document.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed test says so by panicking, and the environment says how long to look"
)]

#[path = "laws/contrary.rs"]
mod contrary;
#[path = "laws/explanation.rs"]
mod explanation;
mod generator;
#[path = "laws/graph.rs"]
mod graph;
#[path = "laws/input.rs"]
mod input;
#[path = "laws/outcome.rs"]
mod outcome;
#[path = "laws/reason.rs"]
mod reason;
#[path = "laws/restless.rs"]
mod restless;
#[path = "laws/result.rs"]
mod result;
#[path = "laws/ring.rs"]
mod ring;
#[path = "laws/trace.rs"]
mod trace;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use generator::{Kinds, NOW, Xml};
use quorate::cib::Cib;
use quorate::diagnostic::Sources;
use quorate::scheduler::assign::Placement;
use quorate::scheduler::{self, Schedule};

/// A cluster and what is decided about it.
pub(crate) struct Case<'c> {
    pub(crate) seed: u64,
    pub(crate) xml: &'c Xml,
    pub(crate) text: &'c str,
    pub(crate) cib: &'c Cib,
    pub(crate) placement: &'c Placement<'c>,
    pub(crate) schedule: &'c Schedule,
}

/// What is wrong with a decision, if anything.
type Law = fn(&Case<'_>) -> Option<String>;

/// Laws of what is done in which order, for any document.
const OF_TRANSITIONS: &[(&str, Law)] = &[
    ("what an action waits for is in the graph, and never itself", graph::can_be_carried_out),
    ("nothing is run on a node that is down", graph::spares_nodes_that_are_down),
    ("a real action is there once", graph::says_nothing_twice),
    ("an order that is told as a reason is in the graph", reason::tells_orders_that_are),
    ("nothing starts before it has stopped elsewhere", graph::never_runs_twice),
];

/// Laws that need to know how a document was made.
const LAWS: &[(&str, Law)] = &[
    ("the same input gives the same decision", input::is_determined),
    ("the order in which nodes and properties are written says nothing", input::ignores_order),
    ("what comes last and is tied to nothing changes nothing else", input::ignores_what_is_unrelated),
    ("nothing is placed where it must not be", result::respects_locations),
    ("what must be together or apart is so", result::respects_colocations),
    ("what must come first comes first", result::respects_orders),
    ("once the plan is carried out, nothing is left to do", outcome::settles),
    ("an explanation tells what is done, and why it stops", explanation::tells_what_is_done),
    ("an explanation shows the scores that were used", explanation::shows_the_scores_that_were_used),
    ("an explanation advises what helps", explanation::advises_what_helps),
];

/// Seeds that once broke a law.
const FOUND: &[u64] = &[
    2204, 4897, 6801, 11348, 13067, 15072, 17641, 19203, 22055, 23310, 30335, 31428, 34350, 35060, 43563,
    45030, 45172, 49136, 54036, 16622, 56450, 59347, 60017, 62042, 62985, 69889, 72551, 83485, 84778, 86371,
    91132, 94266, 94398, 100340, 110128, 121962, 131524, 142073, 160252, 95240, 95823, 96824, 97346, 98899,
    99416, 106143, 106983, 113745, 126961, 132014, 135227, 135862, 140574, 146988, 159828, 170550, 172003,
    174510, 180040, 180617, 186944, 187551, 187615, 191017, 197978, 221430, 227716, 229151, 238920, 279666,
];

#[test]
fn every_decision_keeps_the_laws() {
    for seed in seeds("0-2000").chain(FOUND.iter().copied()) {
        let cluster = generator::cluster(seed, Kinds::Every);
        let kept = [OF_TRANSITIONS, LAWS].concat();
        if let Some((name, _)) = broken(seed, &cluster, &kept).into_iter().next() {
            let why = |xml: &Xml| broken(seed, xml, &kept).into_iter().find(|(other, _)| *other == name);
            let small = generator::shrink(cluster, &mut |smaller| why(smaller).is_some());
            let why = why(&small).map(|(_, why)| why).unwrap_or_default();
            let last = seed + 1;
            panic!("{small}\nnot so: {name}: {why}\nreplay: LAW_SEEDS={seed}-{last} cargo test --test laws");
        }
    }
}

/// What the fuzzer found or began with: see `docs/reliability.md`.
#[test]
fn the_fuzzers_corpus_keeps_the_laws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = ["fuzz/corpus/cib", "examples/pacemaker", "src/cib/tests"];
    let files = corpus.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let mut count = 0;
    for file in files.map(|file| file.unwrap().path()) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        if read(&text).is_some() {
            let why = broken_by(0, &Xml::new("cib"), &text, OF_TRANSITIONS);
            assert!(why.is_empty(), "{}: {why:?}", file.display());
            count += 1;
        }
    }
    assert!(count > 5);
}

#[test]
#[ignore = "a hundred thousand clusters take minutes"]
fn very_many_decisions_keep_the_laws() {
    let mut tally: BTreeMap<&str, (usize, u64, String)> = BTreeMap::new();
    if let Ok(file) = env::var("LAW_FILE") {
        let text = fs::read_to_string(file).unwrap();
        let why = broken_by(0, &Xml::new("cib"), &text, &[OF_TRANSITIONS, LAWS].concat());
        assert!(why.is_empty(), "{why:?}");
        return;
    }
    let folder = env::var("LAW_KEEP").ok();
    let is_listed = env::var("LAW_LIST").is_ok();
    for seed in seeds("0-100000") {
        let cluster = generator::cluster(seed, Kinds::Every);
        for (name, why) in [OF_TRANSITIONS, LAWS].iter().flat_map(|laws| broken(seed, &cluster, laws)) {
            if is_listed {
                eprintln!("{seed}: {name}: {why}");
            }
            let entry = tally.entry(name).or_insert((0, seed, why));
            entry.0 += 1;
            if let Some(folder) = folder.as_deref().filter(|_| entry.0 <= 20) {
                keep(Path::new(folder), seed, &cluster, name);
            }
        }
    }
    for (name, (count, seed, why)) in &tally {
        eprintln!("{count:>7} not so: {name}; first at seed {seed}: {why}");
    }
    assert!(tally.is_empty(), "see above");
}

/// Writes the smallest cluster found that breaks the law of this name, and how it does.
fn keep(folder: &Path, seed: u64, cluster: &Xml, name: &str) {
    let laws: Vec<(&'static str, Law)> =
        [OF_TRANSITIONS, LAWS].concat().into_iter().filter(|(known, _)| *known == name).collect();
    let why = |xml: &Xml| broken(seed, xml, &laws).into_iter().next();
    let small = generator::shrink(cluster.clone(), &mut |smaller| why(smaller).is_some());
    let why = why(&small).map(|(_, why)| why.replace("--", "- -")).unwrap_or_default();
    let file = folder.join(format!("{}-{seed}.xml", name.replace(' ', "-")));
    fs::write(file, format!("{small}\n<!-- {name}: {why} -->\n")).unwrap();
}

fn seeds(usual: &str) -> std::ops::Range<u64> {
    let text = env::var("LAW_SEEDS").unwrap_or_else(|_| usual.to_owned());
    let (first, last) = text.split_once('-').unwrap();
    first.parse().unwrap()..last.parse().unwrap()
}

/// The laws that are broken, and how. A document that shrinking made unreadable breaks none.
fn broken(seed: u64, xml: &Xml, laws: &[(&'static str, Law)]) -> Vec<(&'static str, String)> {
    broken_by(seed, xml, &xml.to_string(), laws)
}

fn broken_by(seed: u64, xml: &Xml, text: &str, laws: &[(&'static str, Law)]) -> Vec<(&'static str, String)> {
    let Some(cib) = read(text) else { return Vec::new() };
    let (placement, schedule) = scheduler::decide(&cib.cluster, &cib.status, NOW);
    let case = Case { seed, xml, text, cib: &cib, placement: &placement, schedule: &schedule };
    laws.iter().filter_map(|(name, law)| law(&case).map(|why| (*name, why))).collect()
}

fn read(text: &str) -> Option<Cib> {
    let mut sources = Sources::default();
    sources.add("random", text);
    quorate::cib::read(&sources).ok()
}

/// The decision about a document, for comparing.
pub(crate) fn decide(text: &str) -> Option<Schedule> {
    let cib = read(text)?;
    Some(scheduler::schedule(&cib.cluster, &cib.status, NOW))
}
