//! What the installed version does differently from the one that the specification describes.
//!
//! One function for each rule; `docs/conformance.md` says in words what each means. A rule sees the
//! cluster and what differs, and claims the differences only if it can explain all of them.

use crate::decision::Decision;

/// A rule's name and whether it explains the differences between decisions about a cluster.
type Rule = (&'static str, fn(&str, &[String]) -> bool);

const RULES: &[Rule] = &[
    ("score of an unassigned instance's role", promotion_of_an_unassigned_instance),
    ("scores only, the same decisions", scores_only),
    ("instances keep their nodes", instances_keep_their_nodes),
    ("maintenance of a node spreads", maintenance_of_a_node_spreads),
    ("mandatory colocations come first", mandatory_colocations_come_first),
    ("probes before restarts", probes_before_restarts),
];

/// The rule that explains all of the differences, if there is one.
pub(crate) fn explain(cib: &str, differences: &[String], theirs: &Decision) -> Option<&'static str> {
    if theirs.order.iter().any(|(before, after)| before == after) {
        return Some("loops are left in the graph");
    }
    RULES.iter().find(|(_, explains)| explains(cib, differences)).map(|(name, _)| *name)
}

/// An instance without a node has a promotion score of -INFINITY; it used to have 0.
fn promotion_of_an_unassigned_instance(_: &str, differences: &[String]) -> bool {
    differences.iter().all(|line| {
        let mut words = line.split(' ').skip(2);
        line.starts_with("score ") && words.next() == Some("promotion") && words.nth(1) == Some("-")
    })
}

/// Scores on the way to a decision are shown at other moments or in other sums, to no effect.
fn scores_only(_: &str, differences: &[String]) -> bool {
    differences.iter().all(|line| line.starts_with("score "))
}

/// Instances stay on the nodes where they are; they used to trade places when the numbers of
/// instances and nodes were chosen in another order. Seen only with clones.
fn instances_keep_their_nodes(cib: &str, differences: &[String]) -> bool {
    let trades = |line: &String| {
        line.starts_with("change only-theirs: move") || line.starts_with("change only-theirs: restart")
    };
    cib.contains("<clone ") && differences.iter().any(|line| trades(line) && line.contains(':'))
}

/// A resource that is active on a node in maintenance is in maintenance on its other nodes too.
fn maintenance_of_a_node_spreads(cib: &str, differences: &[String]) -> bool {
    let is_about =
        |line: &String| line.contains(" monitor ") || line.contains(" cancel ") || line.starts_with("score ");
    cib.contains("name=\"maintenance\" value=\"true\"") && differences.iter().all(is_about)
}

/// Mandatory colocations are honoured before finite ones, which then can be let go.
fn mandatory_colocations_come_first(cib: &str, _: &[String]) -> bool {
    let colocations = cib.lines().filter(|line| line.contains("<rsc_colocation"));
    let (mandatory, finite): (Vec<_>, Vec<_>) = colocations.partition(|line| line.contains("INFINITY\""));
    !mandatory.is_empty() && !finite.is_empty()
}

/// Probes of what others wait for come before the stops of those others, through more kinds of order.
fn probes_before_restarts(cib: &str, differences: &[String]) -> bool {
    let is_about = |line: &String| {
        line.starts_with("order only-ours: monitor ") && line.contains(" 0 - -> ")
            || line.starts_with("score ")
    };
    cib.contains("rsc_order") && differences.iter().all(is_about)
}
