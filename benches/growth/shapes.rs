//! Manifests of any size in shapes that used to hurt: one group of everything, long chains, large
//! sets, clones of large groups, many nodes, mistakes by the thousand.

use std::fmt::Write;

/// One shape of manifest, and the sizes at which it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// The smallest size; it is doubled for each further column.
    pub(crate) size: usize,
    pub(crate) write: fn(usize) -> String,
}

/// Every shape.
pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "plain", size: 1250, write: plain },
    Shape { name: "group", size: 1250, write: group },
    Shape { name: "groups-of-100", size: 1250, write: groups },
    Shape { name: "order-chain", size: 1250, write: order_chain },
    Shape { name: "colocation-chain", size: 1250, write: colocation_chain },
    Shape { name: "both-chain", size: 1250, write: both_chain },
    Shape { name: "order-star", size: 1250, write: order_star },
    Shape { name: "colocation-star", size: 1250, write: colocation_star },
    Shape { name: "apart", size: 1250, write: apart },
    Shape { name: "order-set", size: 1250, write: order_set },
    Shape { name: "order-sets-parallel", size: 1250, write: order_sets_parallel },
    Shape { name: "colocation-set", size: 1250, write: colocation_set },
    Shape { name: "clone-of-group", size: 125, write: clone_of_group },
    Shape { name: "clones", size: 100, write: clones },
    Shape { name: "nodes", size: 50, write: nodes },
    Shape { name: "order-cycle", size: 5000, write: order_cycle },
    Shape { name: "colocation-cycle", size: 5000, write: colocation_cycle },
    Shape { name: "bad-references", size: 4000, write: bad_references },
    Shape { name: "long-line", size: 1 << 20, write: long_line },
    Shape { name: "flow-line", size: 10_000, write: flow_line },
];

const HEAD: &str =
    "apiVersion: quorate/v1\nkind: Cluster\nname: growth\nproperties: {stonith-enabled: false}\n";

/// Five nodes and so many primitives.
fn base(nodes: usize, primitives: usize) -> String {
    let mut text = head(nodes);
    text.push_str("resources:\n");
    for number in 0..primitives {
        let _ = writeln!(
            text,
            "  r{number}: {{agent: ocf:pacemaker:Dummy, ops: [{{name: monitor, interval: 10s}}]}}"
        );
    }
    text
}

fn head(nodes: usize) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("nodes:\n");
    for node in 0..nodes {
        let _ = writeln!(text, "  node{node}: {{addresses: [10.0.{}.{}]}}", node / 250, 1 + node % 250);
    }
    text
}

fn list(range: std::ops::Range<usize>) -> String {
    range.map(|number| format!("r{number}")).collect::<Vec<_>>().join(", ")
}

fn plain(n: usize) -> String {
    base(5, n)
}

fn group(n: usize) -> String {
    format!("{}  all: {{group: [{}]}}\n", base(5, n), list(0..n))
}

fn groups(n: usize) -> String {
    let mut text = base(5, n);
    for group in 0..n.div_ceil(100) {
        let members = list(group * 100..n.min(group * 100 + 100));
        let _ = writeln!(text, "  g{group}: {{group: [{members}]}}");
    }
    text
}

fn order_chain(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  order:\n");
    orders(&mut text, n);
    text
}

fn orders(text: &mut String, n: usize) {
    for then in 1..n {
        let _ = writeln!(text, "    - {{first: r{}, then: r{then}}}", then - 1);
    }
}

fn colocations(text: &mut String, n: usize) {
    for dependent in 1..n {
        let _ = writeln!(text, "    - {{resource: r{dependent}, with: r{}, score: INFINITY}}", dependent - 1);
    }
}

fn colocation_chain(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  colocation:\n");
    colocations(&mut text, n);
    text
}

fn both_chain(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  order:\n");
    orders(&mut text, n);
    text.push_str("  colocation:\n");
    colocations(&mut text, n);
    text
}

fn order_star(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  order:\n");
    for then in 1..n {
        let _ = writeln!(text, "    - {{first: r0, then: r{then}}}");
    }
    text
}

fn colocation_star(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  colocation:\n");
    for dependent in 1..n {
        let _ = writeln!(text, "    - {{resource: r{dependent}, with: r0, score: INFINITY}}");
    }
    text
}

/// Neighbours that would rather not share a node.
fn apart(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  colocation:\n");
    for dependent in 1..n {
        let _ = writeln!(text, "    - {{resource: r{dependent}, with: r{}, score: -50}}", dependent - 1);
    }
    text
}

fn order_set(n: usize) -> String {
    format!("{}constraints:\n  order:\n    - sets: [{{resources: [{}]}}]\n", base(5, n), list(0..n))
}

/// Half of them before the other half, as two sets without order inside.
fn order_sets_parallel(n: usize) -> String {
    format!(
        "{}constraints:\n  order:\n    - sets: [{{resources: [{}], sequential: false, require-all: false}}, {{resources: [{}], sequential: false}}]\n",
        base(5, n),
        list(0..n / 2),
        list(n / 2..n)
    )
}

fn colocation_set(n: usize) -> String {
    format!(
        "{}constraints:\n  colocation:\n    - {{sets: [{{resources: [{}]}}], score: INFINITY}}\n",
        base(5, n),
        list(0..n)
    )
}

/// A clone of a group of so many members, on five nodes.
fn clone_of_group(n: usize) -> String {
    format!("{}  everywhere: {{clone: all}}\n", group(n))
}

/// So many clones on five nodes, one after the other and each with the last.
fn clones(n: usize) -> String {
    let mut text = base(5, n);
    for clone in 0..n {
        let _ = writeln!(text, "  c{clone}: {{clone: r{clone}, meta: {{interleave: true}}}}");
    }
    text.push_str("constraints:\n  order:\n");
    for then in 1..n {
        let _ = writeln!(text, "    - {{first: c{}, then: c{then}}}", then - 1);
    }
    text.push_str("  colocation:\n");
    for then in 1..n {
        let _ = writeln!(text, "    - {{resource: c{then}, with: c{}, score: INFINITY}}", then - 1);
    }
    text
}

/// Two hundred primitives on so many nodes.
fn nodes(n: usize) -> String {
    base(n, 200)
}

fn order_cycle(n: usize) -> String {
    let mut text = order_chain(n);
    let _ = writeln!(text, "    - {{first: r{}, then: r0}}", n - 1);
    text
}

fn colocation_cycle(n: usize) -> String {
    let mut text = colocation_chain(n);
    let _ = writeln!(text, "    - {{resource: r0, with: r{}, score: INFINITY}}", n - 1);
    text
}

fn bad_references(n: usize) -> String {
    let mut text = base(5, n);
    text.push_str("constraints:\n  order:\n");
    for number in 0..n {
        let _ = writeln!(text, "    - {{first: x{number}, then: y{number}}}");
    }
    text
}

/// One value of so many bytes.
fn long_line(n: usize) -> String {
    let value = "x".repeat(n);
    format!("{}resources:\n  r0: {{agent: ocf:pacemaker:Dummy, params: {{fake: \"{value}\"}}}}\n", head(2))
}

/// Everything on one line.
fn flow_line(n: usize) -> String {
    let mut text = head(2);
    text.push_str("resources: {");
    for number in 0..n {
        let _ = write!(text, "r{number}: {{agent: ocf:pacemaker:Dummy}}, ");
    }
    text.push_str("}\n");
    text
}
