//! Names that nothing has: what there is instead.

use std::collections::BTreeSet;

use super::failure::Failure;
use crate::engine::Observation;
use crate::manifest::suggest;
use crate::model::id::without_number;
use crate::model::{Cluster, NodeName};

/// How many names are listed when none is similar.
const LISTED_MAX: usize = 20;

/// A usage error: there is no `kind` called `name` among those known.
pub(super) fn unknown(kind: &str, name: &str, known: &[String]) -> Failure {
    let failure = Failure::usage(format!("there is no {kind} `{name}`"));
    if let Some(similar) = suggest::similar(name, known.iter().map(String::as_str)) {
        return failure.help(format!("did you mean `{similar}`?"));
    }
    let mut seen = BTreeSet::new();
    let known: Vec<&str> = known.iter().map(String::as_str).filter(|name| seen.insert(*name)).collect();
    let listed = suggest::listed(known.iter().take(LISTED_MAX).copied());
    match known.as_slice() {
        [] => failure.help(format!("there is no {kind} at all")),
        [_] => failure.help(format!("there is {listed}")),
        few if few.len() <= LISTED_MAX => failure.help(format!("there are {listed}")),
        many => failure.help(format!("there are {}, such as {listed}", many.len())),
    }
}

/// Refuses a name of a node that is not among those known.
///
/// # Errors
/// A usage error that names what there is.
pub(super) fn check_node(node: &NodeName, known: &[String]) -> Result<(), Failure> {
    if known.iter().any(|name| node.is(name)) { Ok(()) } else { Err(unknown("node", node.as_str(), known)) }
}

/// Refuses a name of a resource that is neither in force nor remembered.
///
/// # Errors
/// A usage error that names what there is.
pub(super) fn check_resource(resource: &str, seen: &Observation) -> Result<(), Failure> {
    let mut known: Vec<String> = seen.in_force.resource_ids().into_iter().map(ToString::to_string).collect();
    if known.is_empty() {
        return Err(Failure::usage(format!("there is no resource `{resource}`"))
            .help("nothing is in force yet; `quorate apply` changes that"));
    }
    let remembered = seen.status.nodes.iter().flat_map(|node| &node.resources);
    known.extend(remembered.map(|history| without_number(&history.id).to_owned()));
    if known.iter().any(|name| name == resource) {
        Ok(())
    } else {
        Err(unknown("resource", resource, &known))
    }
}

/// The nodes that are configured or were seen.
pub(super) fn nodes_seen(seen: &Observation) -> Vec<String> {
    let mut known = nodes(&seen.in_force);
    known.extend(seen.status.nodes.iter().filter_map(|state| state.name.as_ref()).map(ToString::to_string));
    known
}

/// The nodes that a cluster configures.
pub(super) fn nodes(cluster: &Cluster) -> Vec<String> {
    cluster.nodes.iter().map(|node| node.name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_answered_with_the_right_one() {
        let known = ["WebSite".to_owned(), "ClusterIP".to_owned()];
        assert_eq!(unknown("resource", "Website", &known).help, ["did you mean `WebSite`?"]);
        assert_eq!(unknown("resource", "db", &known).help, ["there are `WebSite` and `ClusterIP`"]);
        let twice = ["n1".to_owned(), "n2".to_owned(), "n1".to_owned()];
        assert_eq!(unknown("node", "zz", &twice).help, ["there are `n1` and `n2`"]);
        assert_eq!(unknown("resource", "db", &[]).help, ["there is no resource at all"]);
    }
}
