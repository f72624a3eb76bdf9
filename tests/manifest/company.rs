//! No fault hides another: whichever two of a record's fields are wrong, both are told.

use std::collections::BTreeSet;

use quorate::diagnostic::{Diagnostic, Sources};
use quorate::manifest::read;

const HEAD: &str = "apiVersion: quorate/v1
kind: Cluster
name: web
nodes:
  node1: {addresses: [10.0.0.1]}
  node2: {addresses: [10.0.0.2]}
  node3: {addresses: [10.0.0.3]}
properties: {stonith-enabled: false}
";

const RESOURCES: &str = "resources:
  fence: {agent: stonith:fence_x}
  A: {agent: ocf:pacemaker:Dummy}
  B: {agent: ocf:pacemaker:Dummy}
";

/// A record: what stands before its fields (the last line begins one), what stands below them, and fields
/// that are wrong, one a line. Of those parted by `|` a record has one at a time.
struct Record {
    before: String,
    indent: usize,
    needs: &'static [&'static str],
    faults: &'static [&'static str],
}

fn record(
    before: &str,
    indent: usize,
    needs: &'static [&'static str],
    faults: &'static [&'static str],
) -> Record {
    Record { before: format!("{HEAD}{before}"), indent, needs, faults }
}

fn records() -> Vec<Record> {
    let constraints = |kind: &str| format!("{RESOURCES}constraints:\n  {kind}:\n    -\n");
    vec![
        record(
            "  node4:\n",
            4,
            &[],
            &[
                "addresses: [300.1.1.1]",
                "remote: perhaps",
                "standby: perhaps",
                "maintenance: perhaps",
                "score: many",
                "attributes: 3",
                "utilization: [1]",
                "zork: 1",
            ],
        )
        .at_nodes(),
        record(
            "resources:\n  A:\n",
            4,
            &["agent: ocf:pacemaker:Dummy"],
            &[
                "params: 3",
                "meta: {resource-stickyness: 1}",
                "meta: {is-managed: perhaps}",
                "ops: [{name: monitor, interval: soon}]",
                "utilization: {cpu: some}",
                "template: nowhere",
                "zork: 1",
            ],
        ),
        record(
            "resources:\n  A:\n    agent: ocf:pacemaker:Dummy\n    ops:\n      -\n",
            8,
            &["name: monitor"],
            &[
                "interval: soon",
                "timeout: never",
                "role: Master",
                "on-fail: cry",
                "enabled: perhaps",
                "start-delay: soon",
                "requires: luck",
                "meta: {timeout: never}",
                "params: 3",
                "zork: 1",
            ],
        ),
        record(
            &format!("{RESOURCES}  X:\n"),
            4,
            &["bundle: A"],
            &[
                "container: {type: podman, image: i, replicas: some}",
                "network: {ip-range-start: 300.1.1.1}",
                "ports: [{port: 99999}]",
                "mounts: [{source-dir: /x}]",
                "meta: {is-managed: perhaps}",
                "zork: 1",
            ],
        ),
        record(
            &constraints("location"),
            6,
            &[],
            &[
                "resource: Nope",
                "node: nowhere",
                "score: many",
                "role: Master",
                "resource-discovery: some",
                "zork: 1",
            ],
        ),
        record(
            &constraints("colocation"),
            6,
            &[],
            &[
                "resource: Nope",
                "with: Nowhere",
                "score: many",
                "role: Master",
                "with-role: Slave",
                "influence: perhaps",
                "zork: 1",
            ],
        ),
        record(
            &constraints("order"),
            6,
            &[],
            &[
                "first: Nope",
                "then: Nowhere",
                "first-action: cry",
                "then-action: cry",
                "kind: Some",
                "symmetrical: perhaps",
                "require-all: perhaps",
                "zork: 1",
            ],
        ),
        record(
            &format!("{RESOURCES}tickets: {{t: {{}}}}\nconstraints:\n  ticket:\n    -\n"),
            6,
            &[],
            &["resource: Nope", "ticket: nope", "role: Master", "loss-policy: cry", "zork: 1"],
        ),
        record(
            &format!("{RESOURCES}constraints:\n  order:\n    - sets:\n        -\n"),
            10,
            &[],
            &[
                "resources: [A, Nope]",
                "sequential: perhaps",
                "require-all: perhaps",
                "role: Master",
                "action: cry",
                "zork: 1",
            ],
        ),
        record(
            &format!("{RESOURCES}fencing:\n  -\n"),
            4,
            &["target-pattern: node.*"],
            &["target-attribute: 3", "levels: [{devices: [Nope]}]", "zork: 1"],
        ),
        record(
            &format!("{RESOURCES}alerts:\n  a:\n"),
            4,
            &["description: mine"],
            &[
                "path: relative",
                "select: [weather]",
                "recipients: [{}]",
                "meta: {timeout: never}",
                "params: 3",
                "zork: 1",
            ],
        ),
        record(
            &format!("{RESOURCES}acls:\n  roles: {{known: {{}}}}\n"),
            2,
            &[],
            &["users: {u: [nope]}", "groups: {g: [nope]}", "zork: 1"],
        ),
        record(
            &format!("{RESOURCES}acls:\n  roles:\n    r:\n      permissions:\n        -\n"),
            10,
            &["xpath: /cib"],
            &["kind: cry", "zork: 1"],
        ),
        record(
            &format!("{RESOURCES}corosync:\n"),
            2,
            &[],
            &[
                "token: 1ms",
                "token-coefficient: soon",
                "consensus: 1ms",
                "link-mode: some",
                "crypto: {cipher: rot13}",
                "links: [{port: 99999}]",
                "quorum: {expected-votes: 0}",
                "qdevice: {host: 10.0.0.1}",
                "zork: 1",
            ],
        ),
        record(
            &format!("{RESOURCES}isolation:\n"),
            2,
            &[],
            &[
                "carrier: [lo]",
                "ping: [10.0.0.1]",
                "arbiter: http://300.1.1.1/",
                "qdevice: true",
                "when: some",
                "within: 1s",
                "zork: 1",
            ],
        ),
        record(
            &format!("{RESOURCES}reconcile:\n"),
            2,
            &[],
            &["mode: some", "self-heal: perhaps", "prune: perhaps", "windows: [soon]", "zork: 1"],
        ),
        record(&format!("{RESOURCES}moved:\n  -\n"), 4, &[], &["from: A", "to: Nope", "zork: 1"]),
        record(&format!("{RESOURCES}secrets:\n  s:\n"), 4, &[], &["env: A B", "zork: 1"]),
        record(
            RESOURCES,
            0,
            &[],
            &[
                "tags: {t: [Nope]}",
                "tickets: 3",
                "tolerate: [nothing]",
                "defaults: {resource: {meta: {is-managed: perhaps}}}",
                "templates: {t: {}}",
                "zork: 1",
            ],
        ),
    ]
}

impl Record {
    /// A record of a section that the head has: its lines go there.
    fn at_nodes(mut self) -> Self {
        let own = self.before.split_off(HEAD.len());
        let (nodes, rest) = HEAD.split_at(HEAD.find("properties").unwrap_or(0));
        self.before = format!("{rest}{nodes}{own}");
        self
    }

    /// The lines of faults, among these, of which nothing is said.
    fn hidden<'f>(&self, faults: &[&'f str]) -> Vec<&'f str> {
        let mut text = self.before.clone();
        let pad = " ".repeat(self.indent);
        for field in self.needs.iter().chain(faults) {
            text.push_str(&format!("{pad}{field}\n"));
        }
        let first = self.before.lines().count() + self.needs.len();
        let mut sources = Sources::default();
        sources.add("web.yaml", text.as_str());
        let reading = read(&sources);
        let errors = reading.diagnostics.iter().filter(|found| found.is_error());
        let told: BTreeSet<usize> = errors.flat_map(|found| lines(found, &text)).collect();
        faults
            .iter()
            .enumerate()
            .filter(|(at, _)| !told.contains(&(first + at + 1)))
            .map(|(_, fault)| *fault)
            .collect()
    }
}

/// The lines, from 1 on, that a diagnostic underlines.
fn lines(found: &Diagnostic, text: &str) -> Vec<usize> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    found.labels.iter().map(|label| line(label.span.start)).collect()
}

fn key(fault: &str) -> &str {
    fault.split(':').next().unwrap_or_default()
}

#[test]
fn no_fault_of_a_record_hides_another() {
    let mut silent = Vec::new();
    for record in records() {
        let place = record.before.trim_end().lines().last().unwrap_or_default().to_owned();
        for (at, one) in record.faults.iter().enumerate() {
            for fault in record.hidden(&[one]) {
                silent.push(format!("{place}: `{fault}` alone"));
            }
            for other in record.faults.iter().skip(at + 1).filter(|other| key(other) != key(one)) {
                for fault in record.hidden(&[one, other]) {
                    silent.push(format!("{place}: `{fault}` beside the other of `{one}`, `{other}`"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "nothing is said of\n{}", silent.join("\n"));
}
