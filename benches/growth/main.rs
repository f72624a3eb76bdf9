//! How the cost of planning grows with the size of the input, stage by stage.
//!
//! ```text
//! cargo bench --bench growth                     # every shape
//! cargo bench --bench growth -- group order      # the shapes whose names begin so
//! cargo bench --bench growth -- --doublings 4 group
//! ```
//!
//! Each shape is measured at its smallest size and at doublings of it. The last column is the
//! exponent between the first and the last: 1 is linear, 2 is quadratic. Times are milliseconds of
//! processor time of this thread, the best of three. `cold` plans for nodes on which nothing has run yet,
//! `steady` once all of that has been done, and `wider` for the same with two nodes more, on which
//! everything has to be looked for.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark takes the time and prints")]

mod shapes;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use quorate::diagnostic::Sources;
use quorate::model::{AgentClass, Cluster, Node, NodeName, Overlay};
use quorate::plan::{self, Inputs, Prune};
use quorate::scheduler::{self, ChangeKind, Schedule};
use quorate::status::{ClusterStatus, HistoryEntry, NodeState, ResourceHistory, ResultCode, ResultStatus};
use quorate::view::Ink;
use quorate::view::plan::Detail;
use quorate::{manifest, view};
use shapes::{SHAPES, Shape};

const NOW: i64 = 1_790_000_000;
/// The digest that is recorded where a resource has no parameters.
const NO_PARAMETERS: &str = "f2317cad3d54cec5d7d7aa7d0bf35cf8";
const RUNS: usize = 3;
static START: LazyLock<Instant> = LazyLock::new(Instant::now);
const DOUBLINGS: usize = 2;

/// What is measured, in order.
const STAGES: [&str; 7] = [
    "validate",
    "schedule cold",
    "plan cold",
    "schedule steady",
    "plan steady",
    "schedule wider",
    "plan wider",
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let doublings = arguments
        .iter()
        .skip_while(|argument| *argument != "--doublings")
        .nth(1)
        .and_then(|number| number.parse().ok());
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--") && argument.parse::<usize>().is_err())
        .collect();
    let is_wanted = |shape: &&Shape| {
        wanted.is_empty() || wanted.iter().any(|start| shape.name.starts_with(start.as_str()))
    };
    for shape in SHAPES.iter().filter(is_wanted) {
        measure(shape, doublings.unwrap_or(DOUBLINGS));
    }
}

fn measure(shape: &Shape, doublings: usize) {
    let sizes: Vec<usize> = (0..=doublings).map(|doubling| shape.size << doubling).collect();
    let columns: Vec<Vec<Duration>> = sizes.iter().map(|size| stages(&(shape.write)(*size))).collect();
    print!("{:<38}", shape.name);
    sizes.iter().for_each(|size| print!("{size:>10}"));
    println!("{:>10}", "exponent");
    for (stage, name) in STAGES.iter().enumerate() {
        let row: Vec<Duration> = columns.iter().filter_map(|column| column.get(stage).copied()).collect();
        let (Some(first), Some(last)) = (row.first(), row.last()) else { continue };
        print!("    {name:<34}");
        row.iter().for_each(|time| print!("{:>10.1}", time.as_secs_f64() * 1000.0));
        let growth = (last.as_secs_f64() / first.as_secs_f64()).log2();
        println!("{:>10.2}", growth / f64::from(u32::try_from(doublings).unwrap_or(1)));
    }
}

/// How long each stage takes; those that a manifest with errors does not reach are left out.
fn stages(text: &str) -> Vec<Duration> {
    let mut sources = Sources::default();
    sources.add("growth.yaml", text);
    let (reading, validate) = time(|| {
        let reading = manifest::read(&sources);
        let shown = view::diagnostic::text(&reading.diagnostics, &sources, Ink::Plain);
        (reading, shown)
    });
    let mut times = vec![validate];
    let has_errors = reading.0.diagnostics.iter().any(quorate::diagnostic::Diagnostic::is_error);
    let Some(manifest) = reading.0.manifest.filter(|_| !has_errors) else { return times };
    let cluster = manifest.cluster;
    let mut status = fresh(&cluster);
    times.extend(plans(&Cluster::default(), &cluster, &status).0);
    let first = scheduler::schedule(&cluster, &status, NOW);
    record(&mut status, &first);
    let (rest, left) = plans(&cluster, &cluster, &status);
    if let Some(left) = left {
        println!("    once everything runs, there is still to do: {left}");
    }
    times.extend(rest);
    let wider = widened(&cluster);
    let new = fresh(&wider).nodes.into_iter().skip(cluster.nodes.len());
    status.nodes.extend(new);
    times.extend(plans(&cluster, &wider, &status).0);
    times
}

/// The same with two nodes more.
fn widened(cluster: &Cluster) -> Cluster {
    let mut wider = cluster.clone();
    wider.nodes.extend(["new0", "new1"].map(Node::member));
    wider
}

/// Times scheduling alone, and the whole plan with its text.
fn plans(in_force: &Cluster, declared: &Cluster, status: &ClusterStatus) -> ([Duration; 2], Option<String>) {
    let (schedule, alone) = time(|| scheduler::schedule(declared, status, NOW));
    let inputs = Inputs {
        generation: 1,
        in_force,
        overlay: Overlay::none(),
        status,
        now: NOW,
        declared,
        renames: &[],
        prune: Prune::No,
        origin: "growth.yaml",
    };
    let (_, whole) = time(|| view::plan::text(&plan::plan(&inputs).plan, Detail::Usual, Ink::Plain));
    ([alone, whole], schedule.changes.first().map(|change| format!("{change:?}")))
}

fn time<T>(mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut once = || {
        let start = moment();
        let done = work();
        (done, moment().saturating_sub(start))
    };
    let mut best = once();
    for _ in 1..RUNS {
        // What takes long need not be repeated to be told from noise.
        if best.1 > Duration::from_secs(2) {
            break;
        }
        let again = once();
        best.1 = best.1.min(again.1);
    }
    best
}

/// How long this thread has been running; where the system does not say, the time since the start.
fn moment() -> Duration {
    let spent = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.and_then(|text| text.split_whitespace().next()?.parse().ok());
    spent.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Every node up, nothing ever run.
fn fresh(cluster: &Cluster) -> ClusterStatus {
    let nodes = cluster
        .nodes
        .iter()
        .map(|node| NodeState { id: node.id.clone(), ..NodeState::online(node.name.as_str()) });
    ClusterStatus { has_quorum: true, nodes: nodes.collect(), ..ClusterStatus::default() }
}

/// Takes what was to be started as started, and everything else as probed.
fn record(status: &mut ClusterStatus, schedule: &Schedule) {
    let mut homes: BTreeMap<&str, Vec<&NodeName>> = BTreeMap::new();
    for change in schedule.changes.iter().filter(|change| change.kind == ChangeKind::Start) {
        let (Some(resource), Some(to)) = (&change.resource, &change.to) else { continue };
        homes.entry(resource.split(':').next().unwrap_or_default()).or_default().push(to);
    }
    for (resource, homes) in &homes {
        for node in &mut status.nodes {
            let is_home = homes.iter().any(|home| node.name.as_ref() == Some(home));
            let call = 1 + i64::try_from(node.resources.len()).unwrap_or_default();
            let rc = if is_home { ResultCode::OK } else { ResultCode::NOT_RUNNING };
            node.resources.push(ResourceHistory {
                id: (*resource).into(),
                class: AgentClass::Ocf,
                provider: Some("pacemaker".into()),
                kind: "Dummy".into(),
                container: None,
                shutdown_lock: None,
                entries: vec![HistoryEntry {
                    id: format!("{resource}_last_0").into(),
                    operation: if is_home { "start" } else { "monitor" }.into(),
                    call_id: Some(call),
                    rc: Some(rc),
                    transition_key: Some(format!("{call}:1:{}:growth", rc.0).into()),
                    status: Some(ResultStatus::Done),
                    last_rc_change: Some(NOW - 60),
                    op_digest: Some(NO_PARAMETERS.into()),
                    ..HistoryEntry::default()
                }],
            });
        }
    }
}
