#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const TWO_NODES: &str = include_str!("../../tests/manifest/good/two-node.yaml");
const EXTENDED: &str = include_str!("../../tests/manifest/good/extended.yaml");

fn reading(text: &str) -> Reading {
    let mut sources = Sources::default();
    sources.add("m.yaml", text);
    read(&sources)
}

#[test]
fn the_two_node_story_is_read() {
    let reading = reading(TWO_NODES);
    assert!(reading.manifest.is_some(), "{:#?}", reading.diagnostics);
    let cluster = reading.manifest.unwrap().cluster;
    assert_eq!(cluster.resources.len(), 2);
    assert_eq!(cluster.constraints.len(), 4);
    assert_eq!(cluster.constraints[0].id().as_str(), "location-ClusterIP-node1");
}

#[test]
fn the_extended_sketch_is_read() {
    let reading = reading(EXTENDED);
    assert!(reading.manifest.is_some(), "{:#?}", reading.diagnostics);
}

/// A manifest of about ten megabytes: many resources, each with a preference, all in one chain.
fn giant() -> String {
    let mut text = String::from(
        "apiVersion: quorate/v1\nkind: Cluster\nnodes: {node1: , node2: }\nproperties: {stonith-enabled: false}\nresources:\n",
    );
    let count = 50_000;
    for number in 0..count {
        text.push_str(&format!("  r{number}: {{agent: ocf:heartbeat:Dummy, params: {{state: /run/d{number}}}, ops: [{{name: monitor, interval: 30s}}]}}\n"));
    }
    text.push_str("constraints:\n  location:\n");
    for number in 0..count {
        text.push_str(&format!("    - {{resource: r{number}, node: node{}, score: 50}}\n", number % 2 + 1));
    }
    text.push_str("  order:\n");
    for number in 1..count {
        text.push_str(&format!("    - {{first: r{}, then: r{number}}}\n", number - 1));
    }
    text
}

#[test]
fn work_grows_with_the_text_and_no_faster() {
    let text = giant();
    assert!(text.len() > 9_000_000 && text.len() < BYTES_MAX, "{}", text.len());
    let mut sources = Sources::default();
    sources.add("m.yaml", text);
    let (reading, nodes, reads) = read_measured(&sources);
    assert!(reads <= nodes, "{reads} values read of {nodes} nodes");
    assert!(reading.manifest.is_some());
    assert!(reading.diagnostics.len() <= findings::FINDINGS_MAX + 1);
}

#[test]
fn a_text_beyond_the_limit_is_refused_before_it_is_read() {
    let mut sources = Sources::default();
    sources.add("a.yaml", "#".repeat(BYTES_MAX));
    sources.add("b.yaml", "[".repeat(100));
    let reading = read(&sources);
    assert_eq!(reading.diagnostics.first().unwrap().code, "manifest-too-large");
}

#[test]
fn a_circle_is_found_though_a_member_has_another_error() {
    let text = "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}}\nresources:\n  \
        A: {agent: 'ocf:pacemaker:Dummy'}\n  B: {agent: 'ocf:pacemaker:Dummy'}\n  C: {agent: nonsense}\n\
        constraints:\n  order:\n    - {first: A, then: B}\n    - {first: B, then: C}\n    - {first: C, then: A}\n  \
        colocation:\n    - {resource: A, with: C, score: INFINITY}\n    - {resource: C, with: A, score: INFINITY}\n";
    let codes: Vec<&str> = reading(text).diagnostics.iter().map(|found| found.code).collect();
    for code in ["malformed-agent", "order-cycle", "colocation-cycle"] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
}

#[test]
fn a_hundred_thousand_errors_cost_no_more_than_the_text() {
    let mut text =
        String::from("apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {a: {}}\nresources:\n");
    for number in 0..100_000 {
        text.push_str(&format!(
            "  r{number}: {{agent: nonsense, password: 'not a field of resources, and hidden'}}\n"
        ));
    }
    let mut sources = Sources::default();
    sources.add("m.yaml", text);
    let (reading, nodes, reads) = read_measured(&sources);
    assert!(reading.manifest.is_none() && reads <= nodes, "{reads} values read of {nodes} nodes");
    assert!(reading.diagnostics.len() <= findings::FINDINGS_MAX + 1);
    assert!(reading.diagnostics.iter().any(|found| found.code == "more-findings"));
}
