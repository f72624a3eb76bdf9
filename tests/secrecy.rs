//! A secret that stands in a manifest is shown nowhere: whatever it is written as, and whatever is wrong
//! beside it.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "this test runs the program on files")]

use std::fs;
use std::process::{Command, Stdio};

use quorate::diagnostic::{Diagnostic, Sources};
use quorate::model::{Cluster, Overlay};
use quorate::plan::{Inputs, Prune, plan};
use quorate::status::{ClusterStatus, NodeState};
use quorate::view::{self, Ink, diagnostic};
use quorate::{cib, manifest};

#[path = "secrecy/slips.rs"]
mod slips;

use slips::MARK;

/// How a secret can be written below `params`; `N` stands for its name.
const SHAPES: [&str; 38] = [
    "      N: HUNTER\n",
    "      N: 'HUNTER' # mine\n",
    "      N: \"HUNTER\"\n",
    "      \"N\": HUNTER\n",
    "      N: |\n        HUNTER\n        HUNTER 2\n",
    "      N: >-\n        a\n\n        HUNTER\n",
    "      N: a\n        HUNTER\n",
    "      N: \"a\n        HUNTER\"\n",
    "      N: 'a\n\n        HUNTER'\n",
    "      N: [HUNTER]\n",
    "      N: [a,\n        HUNTER]\n",
    "      N:\n      - HUNTER\n",
    "      N:\n        - HUNTER\n        - b\n",
    "      N: {HUNTER}\n",
    "      N: {a: HUNTER}\n",
    "      N: {HUNTER: a}\n",
    "      N:\n        a: HUNTER\n        b: {c: [HUNTER]}\n",
    "      N: {secret: [HUNTER]}\n",
    "      N: {secret: a, b: HUNTER}\n",
    "      N: *plain\n",
    "      N: [*plain, *list]\n",
    "      N: {a: *map}\n",
    "      N: !!str HUNTER\n",
    "      N: &own HUNTER\n      b: *own\n",
    "      <<: {N: [HUNTER]}\n",
    "      b: http://user:HUNTER@host/\n      N: ''\n",
    "      N:HUNTER\n",
    "      N = HUNTER\n",
    "      N; HUNTER\n",
    "      N HUNTER\n",
    "      x: {N:HUNTER}\n",
    "      N: 'it's HUNTER'\n",
    "      N: \"abc\"HUNTER\n",
    "      N: \"say \"HUNTER\" now\"\n",
    "      N: !HUNTER\n",
    "      N: &HUNTER\n",
    "      x: [{name: N, value: HUNTER}]\n",
    "      x:\n      - value: HUNTER\n        name: N\n",
];

const NAMES: [&str; 6] = ["password", "secret", "secrets", "api-key", "snmp_community", "login.passwd"];

/// What goes wrong elsewhere: replaced by what.
const FAULTS: [(&str, &str); 14] = [
    ("", ""),
    ("    agent", "    agnet"),
    ("    params:", "    parms:"),
    ("    params:", "    meta:"),
    ("    params:", "    utilization:"),
    ("    params:", "    ops:"),
    ("      ip: 1\n", "      ip: [\n"),
    ("      ip: 1\n", "      ip: @1\n"),
    ("      ip: 1\n", "     ip: 1\n"),
    ("      ip: 1\n", "\tip: 1\n"),
    ("      ip: 1\n", "      ip: 1\n      ip: 2\n"),
    ("  A:\n", "  A: B: C\n"),
    ("ocf:heartbeat:Dummy", "Dummy"),
    ("kind: Cluster\n", ""),
];

fn text(shape: &str, name: &str, is_last: bool) -> String {
    let mut entry = shape.replace("\"N\"", &format!("\"{name}\""));
    for behind in [":", " =", ";", " H", ",", "\n"] {
        entry = entry.replace(&format!(" N{behind}"), &format!(" {name}{behind}"));
        entry = entry.replace(&format!("{{N{behind}"), &format!("{{{name}{behind}"));
    }
    let anchored = [
        ("*plain", "x-a: &plain HUNTER\n"),
        ("*list", "x-b: &list [HUNTER, {a: HUNTER}]\n"),
        ("*map", "x-c: &map\n  a: |\n    HUNTER\n"),
    ];
    let anchors: String =
        anchored.iter().filter(|(alias, _)| shape.contains(alias)).map(|(_, anchor)| *anchor).collect();
    let (before, after) = if is_last { ("      ip: 1\n", "") } else { ("", "      ip: 1\n") };
    format!(
        "apiVersion: quorate/v1\nkind: Cluster\nname: c\nnodes: {{n1: {{}}}}\nproperties: {{stonith-enabled: false}}\n{anchors}resources:\n  A:\n    \
         agent: ocf:heartbeat:Dummy\n    params:\n{before}{entry}{after}  B:\n    agent: ocf:heartbeat:Dummy\n"
    )
}

/// Everything that is printed of a text's faults.
fn told(text: &str) -> String {
    let mut sources = Sources::default();
    sources.add("m.yaml", text);
    told_of(&manifest::read(&sources).diagnostics, &sources)
}

fn told_of(found: &[Diagnostic], sources: &Sources) -> String {
    let mut told = diagnostic::text(found, sources, Ink::Plain);
    told += &diagnostic::json(found, sources);
    told += &diagnostic::records(found, sources);
    told += &diagnostic::github(found, sources);
    told += &diagnostic::sarif(found, sources);
    told
}

/// Everything that is printed of a plan that puts a cluster in force, or another in its place.
fn told_of_plan(in_force: &Cluster, declared: &Cluster) -> String {
    let status =
        ClusterStatus { has_quorum: true, nodes: vec![NodeState::online("n1")], ..ClusterStatus::default() };
    let inputs = Inputs {
        generation: 1,
        in_force,
        overlay: Overlay::none(),
        status: &status,
        now: 1_000,
        declared,
        renames: &[],
        prune: Prune::Yes,
        origin: "test",
    };
    let planned = plan(&inputs);
    let mut told = view::plan::text(&planned.plan, view::plan::Detail::All, Ink::Plain);
    told += &view::plan::json(&planned.plan);
    told += &view::plan::markdown(&planned.plan);
    told += &view::plan::write_saved(&planned.plan).unwrap();
    told + &view::recording::write(declared, &status, 1_000, &planned.schedule).unwrap_or_default()
}

/// How many texts of each grammar are tried: more where somebody asks for more.
fn seeds() -> u64 {
    std::env::var("QUORATE_SECRECY_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000)
}

fn claim(faults: &[(String, String)]) {
    let shown: Vec<String> =
        faults.iter().take(12).map(|(text, line)| format!("{text}\n---> {line}")).collect();
    assert!(faults.is_empty(), "{}\n{} in all", shown.join("\n\n"), faults.len());
}

fn line_with_mark(told: &str) -> Option<String> {
    told.lines().find(|line| line.contains(MARK)).map(|line| line.chars().take(400).collect())
}

#[test]
fn no_slip_in_a_manifest_shows_a_secret() {
    let mut faults = Vec::new();
    for seed in 0..seeds() {
        let text = slips::manifest(seed);
        let mut sources = Sources::default();
        sources.add("m.yaml", text.as_str());
        let read = manifest::read(&sources);
        let mut told = told_of(&read.diagnostics, &sources);
        if let Some(manifest) = &read.manifest {
            told += &told_of_plan(&Cluster::default(), &manifest.cluster);
            told += &told_of_plan(&manifest.cluster, &Cluster::default());
        }
        told += &view::difference("m.yaml", &text, &manifest::format(&text).text);
        told += &view::difference("m.yaml", &text, "");
        faults.extend(line_with_mark(&told).map(|line| (text, line)));
    }
    claim(&faults);
}

#[test]
fn no_slip_in_a_cib_shows_a_secret() {
    let mut faults = Vec::new();
    for seed in 0..seeds() {
        let text = slips::cib(seed);
        let mut sources = Sources::default();
        sources.add("cib.xml", text.as_str());
        let told = match cib::read(&sources) {
            Ok(cib) => told_of(&cib.diagnostics, &sources) + &told_of_plan(&Cluster::default(), &cib.cluster),
            Err(found) => told_of(&[found], &sources),
        };
        faults.extend(line_with_mark(&told).map(|line| (text, line)));
    }
    claim(&faults);
}

fn texts() -> impl Iterator<Item = String> {
    let named = SHAPES.iter().flat_map(|shape| NAMES.iter().map(move |name| (*shape, *name)));
    named.flat_map(|(shape, name)| [false, true].map(|is_last| text(shape, name, is_last)))
}

#[test]
fn no_finding_shows_a_secret() {
    let mut faults = Vec::new();
    let mut findings = 0;
    for text in texts() {
        for (sound, fault) in FAULTS {
            let text = text.replacen(sound, fault, 1);
            let told = told(&text);
            findings += told.matches("ruleId").count();
            faults.extend(line_with_mark(&told).map(|line| (text, line)));
        }
    }
    assert!(findings > 4_000, "only {findings} findings");
    claim(&faults);
}

#[test]
fn no_finding_of_a_damaged_text_shows_a_secret() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below.max(1) as u64)).unwrap()
    };
    let mut faults = Vec::new();
    for text in texts() {
        for _ in 0..4 {
            let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
            // A name that is damaged says nothing any more: its line stays whole.
            let line = draw(lines.len());
            if !NAMES.iter().any(|name| lines[line].contains(name)) && !lines[line].contains(MARK) {
                let at = draw(lines[line].len());
                match draw(4) {
                    0 => drop(lines[line].remove(at)),
                    1 => {
                        lines[line].insert(at, [':', '"', '\'', '{', '[', '}', '-', '#', '&', '|'][draw(10)]);
                    }
                    2 => lines[line].truncate(at),
                    _ => drop(lines.remove(line)),
                }
            }
            let text: String = lines.concat();
            faults.extend(line_with_mark(&told(&text)).map(|line| (text, line)));
        }
    }
    claim(&faults);
}

#[test]
fn no_verb_shows_a_secret_that_is_in_force() {
    // What is the same as a secret, and named otherwise, is no secret to anybody but its author.
    let sound = SHAPES.iter().filter(|shape| !shape.contains("*own")).filter(|shape| {
        let found = {
            let mut sources = Sources::default();
            sources.add("m.yaml", text(shape, "password", false));
            manifest::read(&sources)
        };
        found.manifest.is_some()
    });
    let mut tried = 0;
    for shape in sound {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cluster.yaml"), text(shape, "password", false)).unwrap();
        let script = "quorate validate; quorate plan -v --out plan.json --record decision.json; cat plan.json decision.json
            for form in json markdown; do quorate plan -o $form; done; quorate show plan.json -v
            quorate replay decision.json; quorate apply plan.json -v; quorate status; quorate status -o json
            sed -i 's/HUNTER/HUNTER3/; s/ip: 1/ip: 2/' cluster.yaml; quorate plan; quorate plan -o json
            quorate apply --auto-approve -o ndjson; quorate explain A; quorate graph --all; quorate drill -q
            quorate simulate fail resource A; quorate cleanup A; quorate plan -v --what-if node-down=n1";
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_quorate")).parent().unwrap();
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let shown = told.lines().find(|line| line.contains(MARK));
        assert_eq!(shown, None, "{shape}");
        assert!(told.contains("Done: generation"), "{told}");
        tried += 1;
    }
    assert!(tried > 5, "only {tried} shapes are sound");
}

#[test]
fn a_saved_plan_with_secrets_that_are_no_parameters_applies() {
    let manifest = "apiVersion: quorate/v1
kind: Cluster
name: c
nodes: {n1: {}, n2: {}}
properties: {stonith-enabled: false}
isolation: {arbiter: 'http://u:HUNTER@h/'}
resources:
  A: {agent: 'ocf:heartbeat:Dummy'}
  U1: {agent: 'ocf:heartbeat:Dummy'}
  U:
    bundle: U1
    container: {type: podman, image: 'http://u:HUNTER@h/i', replicas: 1}
    network: {ip-range-start: 10.0.0.9}
constraints:
  location:
    - {resource: A, rule: 'url eq \"http://u:HUNTER@h/\"', score: 5}
";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cluster.yaml"), manifest).unwrap();
    let quorate = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        let output = command.args(words.split(' ')).current_dir(folder.path()).env_clear().output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), told.into_owned())
    };
    assert_eq!(quorate("plan --out plan.json").0, Some(0));
    assert_eq!(line_with_mark(&fs::read_to_string(folder.path().join("plan.json")).unwrap()), None);
    let (code, told) = quorate("apply plan.json");
    assert_eq!(code, Some(0), "{told}");
    // What is in force is what the manifest says, and no stand-in.
    let (_, told) = quorate("plan");
    assert!(told.contains("Nothing to do"), "{told}");
    // It was for another generation, which machines are told by a document.
    let (code, told) = quorate("apply plan.json -o json");
    assert_eq!(code, Some(103), "{told}");
    assert!(told.contains("\"stale-plan\"") && told.contains("it was made on generation 0"), "{told}");
}
