//! Ids: every element that needs one gets one, and no two the same.

use std::collections::{BTreeMap, BTreeSet};

use super::element::{Element, Id};

/// Elements that another of the same content can refer to.
const REFERABLE: [&str; 6] =
    ["cluster_property_set", "meta_attributes", "instance_attributes", "utilization", "rule", "resource_set"];

/// Gives ids to those without, and makes one element of those that the model holds twice.
pub(super) fn settle(root: &mut Element) {
    let mut given = BTreeMap::new();
    count_given(root, &mut given);
    let mut written = Vec::new();
    refer(root, &given, &mut written);
    let mut taken = given.into_keys().collect();
    make(root, &mut taken);
}

fn count_given(element: &Element, given: &mut BTreeMap<String, usize>) {
    if let Id::Given(id) = &element.id {
        *given.entry(id.clone()).or_default() += 1;
    }
    element.children.iter().for_each(|child| count_given(child, given));
}

/// Puts a reference in place of what was written before: a CIB can use one set in several places.
fn refer(element: &mut Element, given: &BTreeMap<String, usize>, written: &mut Vec<Element>) {
    if let Id::Given(id) = &element.id
        && REFERABLE.contains(&element.name)
        && given.get(id).is_some_and(|count| *count > 1)
    {
        if written.contains(element) {
            let reference = Id::Reference(id.clone());
            *element = Element { id: reference, ..Element::new(element.name) };
            return;
        }
        written.push(element.clone());
    }
    element.children.iter_mut().for_each(|child| refer(child, given, written));
}

fn make(element: &mut Element, taken: &mut BTreeSet<String>) {
    if let Id::Made(proposal) = &element.id {
        let id = free(&fit(proposal), taken);
        taken.insert(id.clone());
        element.id = Id::Made(id);
    }
    element.children.iter_mut().for_each(|child| make(child, taken));
}

/// The proposal, or the proposal with the first number that makes it unique.
fn free(proposal: &str, taken: &BTreeSet<String>) -> String {
    if !taken.contains(proposal) {
        return proposal.to_owned();
    }
    let mut number = 1_usize;
    loop {
        let id = format!("{proposal}-{number}");
        if !taken.contains(&id) {
            return id;
        }
        number += 1;
    }
}

/// The text with only what an XML id may consist of.
fn fit(text: &str) -> String {
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut id: String = text.chars().map(|c| if is_fit(c) { c } else { '_' }).collect();
    if !id.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        id.insert(0, '_');
    }
    id
}
