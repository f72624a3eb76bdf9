//! Many seeds, or one of them again.

#![expect(clippy::disallowed_methods, reason = "a person asks for seeds, and wants to know how fast they go")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use quorate::cluster::Event;
use quorate::scheduler::ActionKind;

use crate::checkers::Violation;
use crate::run::run;
use crate::scenario::{Scenario, Step};
use crate::shrink::shrink;
use crate::world::trace::{Report, Seen, Stamped};

/// Seeds that every test run tries.
const USUAL: Range<u64> = 0..250;
/// Seeds among these whose violations are known and not mended yet; docs/reliability.md has what is known
/// of them. One that holds again is to be taken from here.
const OPEN: [u64; 0] = [];
/// Seeds of a campaign, unless others are asked for.
const MANY: Range<u64> = 0..20_000;

/// The claim that a daemon does not panic.
pub(crate) const NO_PANIC: &str = "no daemon panics";

/// How often something has to happen in a hundred seeds, about half of what does.
const LEAST: [(&str, u64); 11] = [
    ("start", 1700),
    ("stop", 1000),
    ("promote", 200),
    ("demote", 130),
    ("fencing", 110),
    ("failure", 60),
    ("loss of power", 130),
    ("daemon up", 350),
    ("change of rings", 600),
    ("accepted change", 300),
    ("change given up", 2),
];

/// What happened in many runs, and how often.
#[derive(Default)]
struct Activity {
    counts: BTreeMap<&'static str, u64>,
}

impl Activity {
    fn count(&mut self, trace: &[Stamped]) {
        for what in trace.iter().filter_map(|stamped| kind(&stamped.seen)) {
            *self.counts.entry(what).or_default() += 1;
        }
    }
}

/// What kind of happening this is, if it is counted.
fn kind(seen: &Seen) -> Option<&'static str> {
    match seen {
        Seen::Begun(begun) if begun.target.is_some() => Some("fencing"),
        Seen::Begun(begun) => {
            ["start", "stop", "promote", "demote"].into_iter().find(|task| *task == begun.task)
        }
        Seen::Ended { report: Report::Exit(1) | Report::Killed, .. } => Some("failure"),
        Seen::PowerOff { .. } => Some("loss of power"),
        Seen::DaemonUp { .. } => Some("daemon up"),
        Seen::Rings { .. } => Some("change of rings"),
        Seen::Answered { is_accepted: true, .. } => Some("accepted change"),
        Seen::Dropped { .. } => Some("change given up"),
        _ => None,
    }
}

/// What many runs came to.
#[derive(Default)]
struct Tally {
    seeds: u64,
    seconds: i64,
    faults: usize,
    actions: usize,
    slowest_recovery: i64,
    longest_message: usize,
    activity: Activity,
    failed: Vec<(u64, Violation)>,
}

impl Tally {
    fn try_seed(&mut self, seed: u64) {
        let scenario = Scenario::draw(seed);
        self.seeds += 1;
        self.faults += scenario.steps.len();
        match std::panic::catch_unwind(|| run(&scenario)) {
            Ok(outcome) => {
                self.seconds += outcome.length / 1000;
                self.slowest_recovery = self.slowest_recovery.max(outcome.recovery);
                self.longest_message = self.longest_message.max(outcome.world.longest_message);
                self.actions += outcome.world.begun().len();
                self.activity.count(&outcome.world.trace);
                if let Some(violation) = outcome.violation {
                    println!("seed {seed}: {}: {}", violation.claim, violation.what);
                    self.failed.push((seed, violation));
                }
            }
            Err(_) => {
                println!("seed {seed}: {NO_PANIC}");
                let violation = Violation { claim: NO_PANIC, at: 0, what: "see above".to_owned() };
                self.failed.push((seed, violation));
            }
        }
    }

    fn print(&self, begin: Instant) {
        let minutes = begin.elapsed().as_secs_f64() / 60.0;
        let Self { seeds, seconds, faults, actions, slowest_recovery, longest_message, .. } = self;
        println!(
            "{seeds} seeds, {seconds} cluster-seconds, {faults} faults, {actions} actions in {minutes:.1} minutes, \
             {:.0} seeds a minute; {} violations; slowest recovery {} s, longest message {longest_message} bytes",
            f64::from(u32::try_from(*seeds).unwrap()) / minutes,
            self.failed.len(),
            slowest_recovery / 1000,
        );
    }

    /// Fails where too little happens for the claims to say anything.
    fn demand_activity(&self) {
        let Activity { counts } = &self.activity;
        println!("{counts:?}");
        for (what, least) in LEAST {
            let count = counts.get(what).copied().unwrap_or(0);
            assert!(count >= least * self.seeds / 100, "{count} times {what} in {} seeds", self.seeds);
        }
    }

    /// Fails with the first violation, shrunk.
    fn demand(&self) {
        let Some((seed, violation)) = self.failed.first() else { return };
        let small = shrink(&Scenario::draw(*seed), violation.claim);
        let kept: Vec<String> = small.steps.iter().map(|step| step.number.to_string()).collect();
        panic!(
            "{} of {} seeds fail, seed {seed} first: {}: {}\n{}\nplay it again:\n\
             QUORATE_SIM_SEED={seed} QUORATE_SIM_STEPS={} cargo test --test simulator -- replay --nocapture",
            self.failed.len(),
            self.seeds,
            violation.claim,
            violation.what,
            small.describe(),
            kept.join(","),
        );
    }
}

fn campaign(seeds: impl Iterator<Item = u64>) {
    let begin = Instant::now();
    let mut tally = Tally::default();
    let is_one_enough = std::env::var("QUORATE_SIM_FIRST").is_ok();
    for seed in seeds {
        tally.try_seed(seed);
        if is_one_enough && !tally.failed.is_empty() {
            panic!("seed {seed} breaks a claim");
        }
        if tally.seeds.is_multiple_of(1000) {
            tally.print(begin);
        }
    }
    tally.print(begin);
    tally.demand();
    // A few seeds that somebody asked for need not have everything in them.
    if tally.seeds >= 100 {
        tally.demand_activity();
    }
}

/// Seeds that are asked for: `QUORATE_SIM_SEEDS=1000..2000`; with `QUORATE_SIM_FIRST` set, up to the first
/// that fails, which is not shrunk.
fn seeds(usual: Range<u64>) -> Range<u64> {
    let text = std::env::var("QUORATE_SIM_SEEDS").unwrap_or_default();
    let ends = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    ends.map_or(usual, |(from, to)| from..to)
}

#[test]
fn whatever_happens_no_claim_is_broken() {
    campaign(seeds(USUAL).filter(|seed| !OPEN.contains(seed)));
}

#[test]
#[ignore = "long: cargo test --release --test simulator -- --ignored --nocapture"]
fn many_seeds_break_no_claim() {
    campaign(seeds(MANY));
}

/// Plays one seed again and tells what was seen: `QUORATE_SIM_SEED=123`, with `QUORATE_SIM_STEPS=1,4`
/// only these of its faults.
#[test]
fn replay() {
    let Some(seed) = std::env::var("QUORATE_SIM_SEED").ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let mut scenario = Scenario::draw(seed);
    if let Ok(text) = std::env::var("QUORATE_SIM_STEPS") {
        let kept: Vec<usize> = text.split(',').filter_map(|number| number.parse().ok()).collect();
        let is_kept = |step: &Step| kept.contains(&step.number);
        scenario = scenario.with(scenario.steps.iter().filter(|step| is_kept(step)).cloned().collect());
    }
    println!("{}", scenario.describe());
    let outcome = run(&scenario);
    let beginning = outcome.world.trace.first().map_or(0, |stamped| stamped.at);
    for stamped in &outcome.world.trace {
        let is_routine = matches!(&stamped.seen, Seen::Begun(begun) if begun.task == "monitor")
            || matches!(&stamped.seen, Seen::Ended { begun, .. } if begun.task == "monitor");
        if !is_routine {
            println!("{:>8}  {}", stamped.at - beginning, tell(&stamped.seen));
        }
    }
    if std::env::var("QUORATE_SIM_EVENTS").is_ok() {
        for (at, host, event) in &outcome.world.events {
            println!("{:>8}  n{} tells: {}", at - beginning, host + 1, told(event));
        }
    }
    if std::env::var("QUORATE_SIM_PORTRAIT").is_ok() {
        println!("{}", outcome.world.portrait());
    }
    if let Some(Violation { claim, at, what }) = outcome.violation {
        panic!("at {}: {claim}: {what}", at - beginning);
    }
}

/// What a daemon told, in one line; of a decision, what it is to do and what it was made from.
fn told(event: &Event) -> String {
    let Event::Scheduled(decision) = event else {
        return format!("{event:?}").chars().take(400).collect();
    };
    let actions = decision.schedule.transition.actions.iter();
    let actions = actions.filter(|action| action.kind != ActionKind::Pseudo);
    let actions: Vec<String> = actions
        .map(|action| {
            let node = action.node.as_ref().map_or("", |node| node.as_str());
            let after: Vec<u32> = action.after.iter().map(|first| first.0).collect();
            format!("{} {} on {node} after {after:?}", action.id.0, action.key)
        })
        .collect();
    let nodes = decision.status.nodes.iter().map(|state| {
        let (member, process, join) = (state.member, state.process, &state.join);
        let attributes = state.attributes.iter().flat_map(|set| &set.pairs);
        let attributes: Vec<String> =
            attributes.map(|pair| format!("{}={}", pair.name, pair.value.to_text())).collect();
        let (is_up, is_fenced) = (state.expected_up, state.is_fenced);
        format!("{}: {member:?} {process:?} {join:?} up {is_up} fenced {is_fenced} {attributes:?}", state.id)
    });
    let nodes: Vec<String> = nodes.collect();
    format!("decided {} as {:?}: {actions:?} from {nodes:?}", decision.transition, decision.because)
}

/// What was seen, in one line.
fn tell(seen: &Seen) -> String {
    match seen {
        Seen::Begun(begun) => {
            format!("n{} begins {} {} {:?}", begun.host + 1, begun.task, begun.resource, begun.target)
        }
        Seen::Ended { begun, report } => {
            format!(
                "n{} ends {} {} {:?}: {report:?}",
                begun.host + 1,
                begun.task,
                begun.resource,
                begun.target
            )
        }
        other => format!("{other:?}"),
    }
}
