//! Makes a failing cluster small: what can be left out while it still fails, is.

use std::collections::BTreeSet;

use super::Xml;

/// Sections that a document needs.
const KEPT: &[&str] = &["configuration", "status", "crm_config", "nodes", "resources", "constraints"];

/// Attributes that a document can do without.
const OPTIONAL: &[&str] = &[
    "boolean-op",
    "critical",
    "first-action",
    "influence",
    "kind",
    "loss-policy",
    "node-attribute",
    "on-fail",
    "require-all",
    "resource-discovery",
    "role",
    "rsc-role",
    "sequential",
    "standby",
    "symmetrical",
    "then-action",
    "timeout",
    "with-rsc-role",
];

/// Attributes of constraints that name a resource.
const NAMING: &[&str] = &["rsc", "with-rsc", "first", "then"];

/// The smallest cluster reached by leaving out elements and attributes, one after another and large
/// ones first, that still fails.
pub(crate) fn shrink(mut cluster: Xml, still_fails: &mut dyn FnMut(&Xml) -> bool) -> Xml {
    let mut has_shrunk = true;
    while has_shrunk {
        has_shrunk = false;
        let mut position = 1;
        while position < count(&cluster) {
            let mut smaller = cluster.clone();
            let is_smaller = remove(&mut smaller, &mut position.clone());
            if is_smaller && names_what_is_there(&smaller) && still_fails(&smaller) {
                cluster = smaller;
                has_shrunk = true;
            } else {
                position += 1;
            }
        }
        for name in OPTIONAL {
            let mut number = 0;
            while let Some(smaller) = without(&cluster, name, number) {
                if still_fails(&smaller) {
                    cluster = smaller;
                    has_shrunk = true;
                } else {
                    number += 1;
                }
            }
        }
    }
    cluster
}

/// Whether all that constraints name is there, as the schema asks.
fn names_what_is_there(cluster: &Xml) -> bool {
    let sections = || cluster.children.iter().flat_map(|child| &child.children);
    let resources = sections().filter(|section| matches!(section.name, "resources" | "tags"));
    let known: BTreeSet<&str> = resources.flat_map(|section| attributes(section, &["id"])).collect();
    let constraints = sections().filter(|section| section.name == "constraints");
    let mut named = constraints.flat_map(|section| attributes(section, NAMING));
    named.all(|name| known.contains(name))
}

/// The values of these attributes of an element and of all inside it.
fn attributes<'x>(xml: &'x Xml, names: &[&str]) -> Vec<&'x str> {
    let own = xml.attributes.iter().filter(|(name, _)| names.contains(name)).map(|(_, value)| value.as_str());
    own.chain(xml.children.iter().flat_map(|child| attributes(child, names))).collect()
}

fn count(xml: &Xml) -> usize {
    1 + xml.children.iter().map(count).sum::<usize>()
}

/// Removes the element at the position in document order, where the root is 0.
fn remove(xml: &mut Xml, position: &mut usize) -> bool {
    for index in 0..xml.children.len() {
        *position -= 1;
        if *position == 0 {
            let is_kept = KEPT.contains(&xml.children[index].name);
            if !is_kept {
                xml.children.remove(index);
            }
            return !is_kept;
        }
        let inside = count(&xml.children[index]) - 1;
        if *position <= inside {
            return remove(&mut xml.children[index], position);
        }
        *position -= inside;
    }
    false
}

/// The cluster without the attribute `name` of the `number`th element that has it, if there is one.
fn without(cluster: &Xml, name: &str, number: usize) -> Option<Xml> {
    let mut smaller = cluster.clone();
    drop_attribute(&mut smaller, name, &mut number.clone()).then_some(smaller)
}

fn drop_attribute(xml: &mut Xml, name: &str, number: &mut usize) -> bool {
    if let Some(index) = xml.attributes.iter().position(|(known, _)| *known == name) {
        if *number == 0 {
            xml.attributes.remove(index);
            return true;
        }
        *number -= 1;
    }
    xml.children.iter_mut().any(|child| drop_attribute(child, name, number))
}
