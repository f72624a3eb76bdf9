//! Operations that agents advertise, written out.

use std::collections::BTreeMap;

use super::{Formatted, format};
use crate::manifest::document::{Content, Document, Node, NodeIndex};
use crate::manifest::write::scalar::{Context, written};

/// An operation as an agent's metadata advertises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvertisedOperation {
    /// `start`, `monitor`, ...
    pub name: String,
    /// Further options in order, such as `interval`, `timeout` and `role`.
    pub options: Vec<(String, String)>,
}

/// Adds to every resource and template the operations that its agent advertises and that it does
/// not have under that name, then formats. Agents are keyed by their full names.
pub fn expand_ops(text: &str, advertised: &BTreeMap<String, Vec<AdvertisedOperation>>) -> Formatted {
    let Some(document) = super::parse(text) else { return format(text) };
    let mut insertions: Vec<(usize, String)> = Vec::new();
    for section in ["resources", "templates"] {
        let Some(section) = document.root.and_then(|root| field(&document, root, section)) else { continue };
        let Content::Mapping(entries) = &document.node(section).content else { continue };
        for (_, entry) in entries {
            insertions.extend(insertion(&document, *entry, advertised));
        }
    }
    let mut expanded = text.to_owned();
    insertions.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    for (at, new) in insertions {
        expanded.insert_str(at, &new);
    }
    // A text that did not take the insertions well is better left alone.
    if super::parse(&expanded).is_some() { format(&expanded) } else { format(text) }
}

fn field(document: &Document, mapping: NodeIndex, name: &str) -> Option<NodeIndex> {
    let Content::Mapping(entries) = &document.node(mapping).content else { return None };
    entries.iter().find(|(key, _)| scalar(document, *key) == Some(name)).map(|(_, value)| *value)
}

fn scalar(document: &Document, index: NodeIndex) -> Option<&str> {
    match &document.node(index).content {
        Content::Scalar(scalar) => Some(&scalar.text),
        Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_) => None,
    }
}

/// Where to insert what into the text for one resource.
fn insertion(
    document: &Document,
    entry: NodeIndex,
    advertised: &BTreeMap<String, Vec<AdvertisedOperation>>,
) -> Option<(usize, String)> {
    let agent = field(document, entry, "agent").and_then(|agent| scalar(document, agent))?;
    let ops = field(document, entry, "ops");
    let present: Vec<&str> = match ops.map(|ops| &document.node(ops).content) {
        Some(Content::Sequence(items)) => {
            items.iter().filter_map(|item| scalar(document, field(document, *item, "name")?)).collect()
        }
        Some(Content::Scalar(_) | Content::Mapping(_) | Content::Alias(_)) | None => Vec::new(),
    };
    let missing: Vec<String> = advertised
        .get(agent)?
        .iter()
        .filter(|operation| !present.contains(&operation.name.as_str()))
        .map(record)
        .collect();
    if missing.is_empty() {
        return None;
    }
    let Some(ops) = ops else { return Some(new_field(document, document.node(entry), &missing)) };
    let node = document.node(ops);
    let Content::Sequence(items) = &node.content else { return None };
    if node.is_flow {
        let comma = if items.is_empty() { "" } else { ", " };
        return Some((node.span.end - 1, format!("{comma}{}", missing.join(", "))));
    }
    // The items' own column, with the dash in front.
    let first = document.node(*items.first()?).span.start;
    let indent = column(document, first).checked_sub(2)?;
    Some((line_end(document, node.span.end), lines(&missing, indent)))
}

fn record(operation: &AdvertisedOperation) -> String {
    let options =
        operation.options.iter().map(|(name, value)| format!(", {name}: {}", written(value, Context::Flow)));
    format!("{{name: {}{}}}", operation.name, options.collect::<String>())
}

fn lines(records: &[String], indent: usize) -> String {
    records.iter().map(|record| format!("\n{}- {record}", " ".repeat(indent))).collect()
}

/// A whole `ops` field, as the last of its resource.
fn new_field(document: &Document, entry: &Node, records: &[String]) -> (usize, String) {
    if entry.is_flow {
        return (entry.span.end - 1, format!(", ops: [{}]", records.join(", ")));
    }
    let indent = column(document, entry.span.start);
    let field = format!("\n{}ops:{}", " ".repeat(indent), lines(records, indent + 2));
    (line_end(document, entry.span.end), field)
}

fn column(document: &Document, at: usize) -> usize {
    let before = document.text.get(..at).unwrap_or("");
    before.len() - before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of the last line of something, behind its comment.
fn line_end(document: &Document, at: usize) -> usize {
    let at = document.text.get(..at).unwrap_or("").trim_end().len();
    document.text.get(at..).and_then(|rest| rest.find('\n')).map_or(document.text.len(), |length| at + length)
}
