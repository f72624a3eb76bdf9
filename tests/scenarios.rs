//! Scenarios: what is planned, and why, in situations that operators meet.
//!
//! A scenario is a folder `tests/scenarios/TOPIC/CASE/` with
//! - `manifest.yaml`: what is wanted;
//! - `before.yaml`: what is in force before (without it: the same nodes without resources);
//! - `steps` (optional): what happens before the plan is made, one thing per line;
//! - instead of these, `cib.xml`: a Pacemaker CIB with what was seen of the cluster;
//! - `plan.txt`: the plan, rewritten by `UPDATE=1 cargo test --test scenarios` and then reviewed.
//!
//! Steps: `fail node N`, `fail resource R [N]`, `recover node N`, `cut N`, `inject R OP RC [N]`,
//! `attribute N NAME VALUE`, `advance TIME`, `react` (the cluster does what it should),
//! `prune` (the plan deletes what is not in the manifest).

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "this test reads files, and ends where a scenario is wrong"
)]

use std::fs;
use std::path::{Path, PathBuf};

use quorate::cib;
use quorate::diagnostic::Sources;
use quorate::engine::simulated::{Answer, Injection, Repeat, Simulated};
use quorate::engine::{Desired, Engine};
use quorate::manifest::{self, Manifest};
use quorate::model::{Cluster, NodeName, Overlay, Rename, ResourceId, period};
use quorate::plan::{self, Inputs, Prune};
use quorate::status::ResultCode;
use quorate::view::Ink;
use quorate::view::plan::{Detail, text};

#[tokio::test]
async fn scenarios_are_planned_as_reviewed() {
    let mut faults = Vec::new();
    for folder in scenarios() {
        let actual = plan_of(&folder).await;
        let file = folder.join("plan.txt");
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if actual == expected {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &actual).unwrap();
        } else {
            let difference = similar::TextDiff::from_lines(&expected, &actual)
                .unified_diff()
                .header("expected", "now")
                .to_string();
            faults.push(format!("{}\n{difference}", folder.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn every_example_is_canonical_and_valid_and_can_be_applied() {
    let mut files = Vec::new();
    collect(&root().join("examples"), &mut files);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    assert!(files.len() >= 8, "examples are missing");
    files.push(root().join("src/cli/verb/init/cluster.yaml"));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(manifest::format(&text).text, text, "{} is not in canonical form", file.display());
        let manifest = read(&file);
        let mut cluster = Simulated::in_memory(1);
        put_in_force(&mut cluster, &manifest.cluster).await;
        cluster.converge(&mut |_| {}).await.unwrap();
        let planned = plan_on(&mut cluster, &manifest, Prune::Yes).await;
        assert!(!planned.is_actionable(), "{} is not done:\n{}", file.display(), shown(&planned));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scenarios() -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&root().join("tests/scenarios"), &mut files);
    let mut folders: Vec<PathBuf> = files
        .iter()
        .filter(|file| file.ends_with("manifest.yaml") || file.ends_with("cib.xml"))
        .map(|file| file.parent().unwrap().to_owned())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "there are no scenarios");
    folders
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> Manifest {
    let mut sources = Sources::default();
    sources.add(file.display().to_string(), fs::read_to_string(file).unwrap());
    let reading = manifest::read(&sources);
    let text = quorate::view::diagnostic::text(&reading.diagnostics, &sources, Ink::Plain);
    reading.manifest.unwrap_or_else(|| panic!("{text}"))
}

/// The plan on a CIB, some minutes after what happened in it.
fn plan_on_cib(file: &Path) -> String {
    let mut sources = Sources::default();
    sources.add(file.display().to_string(), fs::read_to_string(file).unwrap());
    let cib = cib::read(&sources).unwrap();
    let plan = plan::plan(&Inputs::drift(&cib.cluster, Overlay::none(), &cib.status, 1_700_000_200)).plan;
    let ending = if plan.is_fulfilling() { "" } else { "[not everything will be as it should be]\n" };
    format!("{}{ending}", shown(&plan))
}

async fn plan_of(folder: &Path) -> String {
    let cib = folder.join("cib.xml");
    if cib.exists() {
        return plan_on_cib(&cib);
    }
    let manifest = read(&folder.join("manifest.yaml"));
    let before = folder.join("before.yaml");
    let in_force = if before.exists() {
        read(&before).cluster
    } else {
        let Cluster { name, nodes, properties, .. } = manifest.cluster.clone();
        Cluster { name, nodes, properties, ..Cluster::default() }
    };
    let mut cluster = Simulated::in_memory(1);
    put_in_force(&mut cluster, &in_force).await;
    cluster.converge(&mut |_| {}).await.unwrap();
    let mut prune = if manifest.settings.reconcile.prune { Prune::Yes } else { Prune::No };
    let steps = fs::read_to_string(folder.join("steps")).unwrap_or_default();
    for step in steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if step == "prune" {
            prune = Prune::Yes;
        } else {
            take(step, &mut cluster).await;
        }
    }
    shown(&plan_on(&mut cluster, &manifest, prune).await)
}

async fn put_in_force(cluster: &mut Simulated, wanted: &Cluster) {
    let base = cluster.observe().await.unwrap().generation;
    let desired = Desired { cluster: wanted.clone(), base, origin: "test".to_owned(), renames: Vec::new() };
    cluster.submit(desired).await.unwrap();
}

async fn plan_on(cluster: &mut Simulated, manifest: &Manifest, prune: Prune) -> plan::Plan {
    let observation = cluster.observe().await.unwrap();
    let rename = |path: &str| ResourceId::from(path.trim_start_matches("resources."));
    let moved = manifest.settings.moved.iter();
    let renames: Vec<Rename> =
        moved.map(|moved| Rename { from: rename(&moved.from), to: rename(&moved.to) }).collect();
    let inputs = Inputs {
        generation: observation.generation.0,
        in_force: &observation.in_force,
        status: &observation.status,
        overlay: &observation.overlay,
        now: observation.now,
        declared: &manifest.cluster,
        renames: &renames,
        prune,
        origin: "manifest.yaml",
    };
    plan::plan(&inputs).plan
}

fn shown(plan: &plan::Plan) -> String {
    text(plan, Detail::Usual, Ink::Plain)
}

async fn take(step: &str, cluster: &mut Simulated) {
    let words: Vec<&str> = step.split_whitespace().collect();
    let node = |name: &str| NodeName::from(name);
    match words.as_slice() {
        ["fail", "node", name] => cluster.fail_node(&node(name)).unwrap(),
        ["recover", "node", name] => cluster.recover_node(&node(name)).unwrap(),
        ["cut", name] => cluster.cut_link(&node(name)).unwrap(),
        ["fail", "resource", resource, place @ ..] => {
            let place = place.first().map(|name| node(name));
            cluster.fail_resource(&ResourceId::from(*resource), place.as_ref()).unwrap();
        }
        ["inject", resource, operation, code, place @ ..] => cluster
            .inject(Injection {
                resource: ResourceId::from(*resource),
                node: place.first().map(|name| node(name)),
                operation: (*operation).into(),
                answer: Answer::Code(ResultCode(code.parse().unwrap())),
                repeat: Repeat::Always,
            })
            .unwrap(),
        ["attribute", name, attribute, value] => {
            cluster.set_attribute(&node(name), attribute, Some(value)).unwrap();
        }
        ["find", "failures"] => {
            cluster.settle(&mut |_| {}).await.unwrap();
        }
        ["advance", length] => {
            cluster.advance(period::parse(length).unwrap(), &mut |_| {}).await.unwrap();
        }
        ["react"] => {
            cluster.converge(&mut |_| {}).await.unwrap();
        }
        _ => panic!("no such step: {step}"),
    }
}
