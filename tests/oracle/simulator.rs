//! The installed simulator as a black box: a CIB in, a decision out.

use std::process::Command;
use std::{env, fs, process};

use quorate::cib::Limits;
use quorate::cib::xml::{self, Element};

use crate::decision::{self, Decision, Step};

pub(crate) fn is_installed() -> bool {
    Command::new("crm_simulate").arg("--version").output().is_ok()
}

/// What the simulator decides, or why it refuses to.
pub(crate) fn decide(cib: &str) -> Result<Decision, String> {
    let folder = env::temp_dir();
    let input = folder.join(format!("oracle-{}.xml", process::id()));
    let graph = folder.join(format!("oracle-{}-graph.xml", process::id()));
    fs::write(&input, cib).unwrap();
    let _ = fs::remove_file(&graph);
    let mut command = Command::new("crm_simulate");
    command.env("TZ", "UTC").arg("--xml-file").arg(&input).arg("--save-graph").arg(&graph);
    let output = command.args(["--show-scores", "--output-as=xml"]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let drawn = fs::read_to_string(&graph);
    let _ = (fs::remove_file(&input), fs::remove_file(&graph));
    let (true, Ok(drawn)) = (output.status.success(), drawn) else {
        return Err(format!("{shown}{}", String::from_utf8_lossy(&output.stderr)));
    };
    let mut decision = Decision::default();
    decision.take_steps(&steps(&drawn));
    read_result(&shown, &mut decision);
    Ok(decision)
}

/// A cluster some time later: what the simulator decides has been done, and then a monitor failed.
/// `choice` says which; every other one is of a part of a bundle, if there is one. Nothing if no monitor runs.
pub(crate) fn later(cib: &str, choice: u64) -> Option<String> {
    let mut text = cib.to_owned();
    for _ in 0..2 {
        text = change_input(&text, &["--simulate"])?;
    }
    let mut running = running_monitors(&text);
    let is_in_bundle = |monitor: &String| monitor.starts_with("Box");
    if choice.is_multiple_of(2) && running.iter().any(is_in_bundle) {
        running.retain(is_in_bundle);
    }
    let position = usize::try_from(choice).unwrap().checked_rem(running.len())?;
    change_input(&text, &["--op-inject", &running[position]])
}

/// What the simulator makes of a CIB when told so.
fn change_input(cib: &str, arguments: &[&str]) -> Option<String> {
    let folder = env::temp_dir();
    let input = folder.join(format!("oracle-{}.xml", process::id()));
    let output = folder.join(format!("oracle-{}-later.xml", process::id()));
    fs::write(&input, cib).unwrap();
    let mut command = Command::new("crm_simulate");
    command.env("TZ", "UTC").arg("--quiet").arg("--xml-file").arg(&input).arg("--save-output").arg(&output);
    command.args(arguments).output().unwrap();
    let changed = fs::read_to_string(&output).ok();
    let _ = (fs::remove_file(&input), fs::remove_file(&output));
    changed
}

/// The recurring monitors that found something running, as failures to inject.
fn running_monitors(cib: &str) -> Vec<String> {
    let tree = xml::parse(cib, &Limits::default()).unwrap();
    let mut running = Vec::new();
    for state in tree.elements().filter(|element| element.is("node_state")) {
        let resources = state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
        for resource in resources.into_iter().flat_map(Element::children) {
            for entry in resource.children_named("lrm_rsc_op") {
                let interval = attribute(entry, "interval");
                let has_found = matches!(entry.attribute("rc-code"), Some("0" | "8"));
                if has_found && interval != "0" && entry.attribute("operation") == Some("monitor") {
                    let (id, node) = (attribute(resource, "id"), attribute(state, "uname"));
                    running.push(format!("{id}_monitor_{interval}@{node}=1"));
                }
            }
        }
    }
    running
}

fn steps(graph: &str) -> Vec<Step> {
    let tree = xml::parse(graph, &Limits::default()).unwrap();
    let mut steps = Vec::new();
    for synapse in tree.root().unwrap().children_named("synapse") {
        let inputs = synapse.child("inputs").into_iter().flat_map(|inputs| inputs.children_named("trigger"));
        let after: Vec<String> =
            inputs.flat_map(Element::children).map(|action| attribute(action, "id")).collect();
        for action in synapse.child("action_set").into_iter().flat_map(Element::children) {
            steps.push(Step { id: attribute(action, "id"), real: real(action), after: after.clone() });
        }
    }
    steps
}

fn attribute(element: Element<'_>, name: &str) -> String {
    element.attribute(name).unwrap_or("-").to_owned()
}

/// An action in the words of [`Decision`], unless it is a pseudo action.
fn real(action: Element<'_>) -> Option<String> {
    if action.is("pseudo_event") {
        return None;
    }
    let attributes = action.child("attributes")?;
    let meta = |name: &str| attributes.attribute(name);
    let mut task = attribute(action, "operation");
    if task == "stonith" {
        task = meta("CRM_meta_stonith_action")?.to_owned();
    }
    let resource =
        action.child("primitive").map_or_else(|| "-".to_owned(), |primitive| attribute(primitive, "id"));
    let interval = meta("CRM_meta_interval").unwrap_or("0");
    let notify = match (task.as_str(), meta("CRM_meta_notify_key_type"), meta("CRM_meta_notify_operation")) {
        ("notify", Some(kind), Some(operation)) => format!("{kind}-{operation}"),
        _ => "-".to_owned(),
    };
    let node = attribute(action, "on_node");
    Some(format!("{task} {resource} {node} {interval} {notify}"))
}

fn read_result(shown: &str, decision: &mut Decision) {
    let tree = xml::parse(shown, &Limits::default()).unwrap();
    for element in tree.elements() {
        if element.is("node_weight") {
            // The installed version has an older name for this one.
            let pool = attribute(element, "function").replace("_allocate", "_assign");
            let (id, node, score) =
                (attribute(element, "id"), attribute(element, "node"), attribute(element, "score"));
            decision.scores.insert(format!("{pool} {id} {node} {score}"));
        } else if element.is("promotion_score") {
            let (id, node, score) =
                (attribute(element, "id"), attribute(element, "node"), attribute(element, "score"));
            decision.scores.insert(format!("promotion {id} {node} {score}"));
        } else if element.is("rsc_action") || element.is("node_action") {
            decision.changes.extend(change(element));
        }
    }
}

/// A change in the words of [`Decision`].
fn change(element: Element<'_>) -> Option<String> {
    let named = |name: &str| element.attribute(name);
    let verb = named("action").or_else(|| named("task"))?;
    if element.is("node_action") {
        let operation = verb.trim_start_matches("Fence (").trim_end_matches(')');
        // A guest is named with what launches it.
        let node = named("node")?.split(' ').next()?;
        return Some(format!("fence {operation} {node}"));
    }
    let resource = named("resource")?;
    let nodes = [named("source").or_else(|| named("node")), named("dest")];
    Some(decision::change(verb, resource, nodes, named("blocked") == Some("true")))
}
