//! What differs between the manifest and what is in force, for people.

use std::collections::BTreeSet;

use similar::TextDiff;

use super::text::Detail;
use crate::plan::{AttributeChange, ObjectChange, ObjectChangeKind};
use crate::view::{Ink, fold};

/// What stands between the names of a list.
const LIST: &str = ", ";

/// Names that are longer do not push everybody's values to the right.
const COLUMN_MAX: usize = 80;

/// Values longer than this get lines of their own.
const LONG_VALUE: usize = 60;

/// One line of the configuration's difference.
struct Row {
    symbol: &'static str,
    address: String,
    path: String,
    value: String,
}

/// The difference, a line for each value.
pub(super) fn objects(objects: &[ObjectChange], detail: Detail, ink: Ink) -> String {
    let rows: Vec<Row> = objects.iter().flat_map(|object| rows(object, detail)).collect();
    let has_path = |row: &&Row| !row.path.is_empty();
    let address = widest(rows.iter().filter(has_path).map(|row| row.address.chars().count()));
    let name = |row: &Row| {
        if row.path.is_empty() {
            row.address.clone()
        } else {
            format!("{:address$}   {}", row.address, row.path)
        }
    };
    let width = widest(rows.iter().map(|row| name(row).chars().count()));
    rows.iter()
        .map(|row| {
            let line = format!("{:width$}   {}", name(row), indented(&row.value));
            let line = line.trim_end();
            match row.symbol {
                "+" => format!("  {} {line}\n", ink.good("+")),
                "-" => format!("  {} {line}\n", ink.bad("-")),
                " " => format!("    {line}\n"),
                symbol => format!("  {} {line}\n", ink.change(symbol)),
            }
        })
        .collect()
}

/// The width of a column, as far as that helps: what is longer sticks out.
fn widest(widths: impl Iterator<Item = usize>) -> usize {
    widths.filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0)
}

fn rows(object: &ObjectChange, detail: Detail) -> Vec<Row> {
    let (symbol, headline) = match &object.kind {
        ObjectChangeKind::Add => ("+", Some(object.headline.clone())),
        ObjectChangeKind::Delete => ("-", Some(object.headline.clone())),
        ObjectChangeKind::Change => ("~", None),
        ObjectChangeKind::Rename { from } => (">", Some(format!("was {from}"))),
    };
    let attributes: Vec<&AttributeChange> = match (&object.kind, detail) {
        (ObjectChangeKind::Add | ObjectChangeKind::Delete, Detail::Usual) => Vec::new(),
        (ObjectChangeKind::Add | ObjectChangeKind::Delete, Detail::All)
        | (ObjectChangeKind::Change | ObjectChangeKind::Rename { .. }, _) => {
            object.attributes.iter().collect()
        }
    };
    let mut rows = Vec::new();
    if let Some(value) = headline {
        let value = if detail == Detail::Usual { folded(&value) } else { value };
        rows.push(Row { symbol, address: object.address.to_string(), path: String::new(), value });
    }
    for attribute in attributes {
        let (symbol, address) =
            if rows.is_empty() { (symbol, object.address.to_string()) } else { (" ", String::new()) };
        let folded = if detail == Detail::Usual { list_change(attribute) } else { None };
        let value = folded.unwrap_or_else(|| value(attribute));
        rows.push(Row { symbol, address, path: attribute.path.clone(), value });
    }
    rows
}

fn value(attribute: &AttributeChange) -> String {
    match (&attribute.before, &attribute.after) {
        (Some(before), Some(after)) if is_long(before) || is_long(after) => difference(before, after),
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(before), None) => format!("{before} -> (none)"),
        (None, Some(after)) => after.clone(),
        (None, None) => String::new(),
    }
}

/// A value that lists many names: a few of them.
fn folded(value: &str) -> String {
    fold::names(&value.split(LIST).collect::<Vec<&str>>())
}

/// What differs between two lists of many names.
fn list_change(attribute: &AttributeChange) -> Option<String> {
    let (before, after) = (attribute.before.as_deref()?, attribute.after.as_deref()?);
    let names = |list: &str| list.split(LIST).map(str::to_owned).collect::<BTreeSet<String>>();
    let (old, new) = (names(before), names(after));
    if folded(before) == before && folded(after) == after {
        return None;
    }
    let list = |word: &str, names: Vec<&String>| {
        (!names.is_empty()).then(|| format!("{word} {}", fold::names(&names)))
    };
    let parts =
        [list("with", new.difference(&old).collect()), list("without", old.difference(&new).collect())];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(if parts.is_empty() { "in another order".to_owned() } else { parts.join(", ") })
}

fn is_long(value: &str) -> bool {
    value.contains('\n') || value.chars().count() > LONG_VALUE
}

/// Two long values, line by line.
fn difference(before: &str, after: &str) -> String {
    let lines = |change: similar::Change<&str>| {
        format!("\n{} {}", change.tag(), change.value().trim_end_matches('\n'))
    };
    TextDiff::from_lines(before, after).iter_all_changes().map(lines).collect()
}

/// Further lines of a value, below the first.
fn indented(value: &str) -> String {
    value.replace('\n', "\n        ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Address, ObjectKind};

    #[test]
    fn one_long_name_widens_no_other_line() {
        let added = |name: String| ObjectChange {
            address: Address::new(ObjectKind::Order, name),
            kind: ObjectChangeKind::Add,
            headline: "Mandatory".to_owned(),
            attributes: Vec::new(),
        };
        let text = objects(&[added("a-b".into()), added("x".repeat(5_000))], Detail::Usual, Ink::Plain);
        assert_eq!(text.lines().next(), Some("  + order.a-b   Mandatory"));
    }
}
