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
