//! Planning as a whole process, beside the program that does the same job today.
//!
//! ```text
//! cargo bench --bench plan                    # the usual sizes
//! cargo bench --bench plan -- 64x2000         # one size, nodes x primitives
//! cargo bench --bench plan -- 32x1000 probed  # with a probe of everything on every node
//! ```
//!
//! Each input is written to a file and given to `quorate plan --cib` and, where it is installed, to
//! `crm_simulate`, in turns, so that noise hits both; each prints what it would show to people. The
//! table shows the median wall time of each and their ratio. The steady cluster also checks itself:
//! its plan must be empty.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark runs programs, takes the time and prints"
)]

mod shops;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use shops::{History, State, Street};

/// Nodes and primitives of the usual inputs.
const SIZES: [(usize, usize); 4] = [(2, 10), (8, 100), (16, 500), (32, 1000)];

/// Time for which one input is repeated, and how often at least.
const PATIENCE: Duration = Duration::from_secs(4);
const LEAST_RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let asked: Vec<_> = arguments.iter().filter_map(|argument| parse_size(argument)).collect();
    let sizes = if asked.is_empty() { SIZES.to_vec() } else { asked };
    let history =
        if arguments.iter().any(|argument| argument == "probed") { History::Probed } else { History::Active };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    fs::create_dir_all(&folder).unwrap();
    println!(
        "{:<12} {:<8} {:>9} {:>12} {:>12} {:>7}",
        "size", "state", "input", "quorate", "crm_simulate", "ratio"
    );
    for (nodes, primitives) in sizes {
        for state in [State::Steady, State::Lost, State::Cold] {
            let street = Street { nodes, primitives, state, history };
            compare(&folder, street);
        }
    }
}

/// `NODESxPRIMITIVES`.
fn parse_size(text: &str) -> Option<(usize, usize)> {
    let (nodes, primitives) = text.split_once('x')?;
    Some((nodes.parse().ok()?, primitives.parse().ok()?))
}

fn compare(folder: &Path, street: Street) {
    let text = street.to_cib();
    let file = folder.join(format!("{}x{}-{:?}.xml", street.nodes, street.primitives, street.state));
    fs::write(&file, &text).unwrap();
    if street.state == State::Steady {
        check_steady(&file);
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while ours.len() < LEAST_RUNS || start.elapsed() < PATIENCE {
        ours.extend(time(&mut quorate(&file, "text")));
        theirs.extend(time(&mut crm_simulate(&file)));
        if ours.is_empty() {
            break;
        }
    }
    println!(
        "{:<12} {:<8} {:>6} kB {:>12} {:>12} {:>7}",
        format!("{}x{}", street.nodes, street.primitives),
        format!("{:?}", street.state),
        text.len() / 1000,
        show(median(&mut ours)),
        show(median(&mut theirs)),
        median(&mut theirs).zip(median(&mut ours)).map_or_else(
            || "-".to_owned(),
            |(theirs, ours)| format!("{:.1}", theirs.as_secs_f64() / ours.as_secs_f64())
        ),
    );
}

fn quorate(file: &Path, form: &str) -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_quorate")));
    command.arg("plan").arg("--cib").arg(file).args(["--now", &Street::now().to_string(), "-o", form]);
    command
}

fn crm_simulate(file: &Path) -> Command {
    let mut command = Command::new("crm_simulate");
    command.arg("-x").arg(file).args(["-R", "-Q"]);
    command
}

/// How long a run takes; `None` if the program is missing or fails.
fn time(command: &mut Command) -> Option<Duration> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let is_fine = command.status().ok()?.success();
    is_fine.then(|| start.elapsed())
}

fn median(times: &mut [Duration]) -> Option<Duration> {
    times.sort();
    times.get(times.len() / 2).copied()
}

fn show(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.1} ms", time.as_secs_f64() * 1000.0))
}

/// A cluster in which everything runs where it should gives a plan without actions.
fn check_steady(file: &Path) {
    let Ok(output) = quorate(file, "transition").output() else { return };
    let Ok(plan) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else { return };
    let actions = plan["actions"].as_array().map_or(0, Vec::len);
    if actions > 0 {
        println!("  {actions} actions planned for a steady cluster: something is wrong");
    }
}
