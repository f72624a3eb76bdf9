//! A tree of values as text: short collections in one line, the others in blocks.

use serde_yaml::Value;

use super::scalar::{Context, written};

/// Columns that a collection in one line may reach.
pub(in crate::manifest) const WIDTH: usize = 100;

/// Writes a manifest's tree; absent and empty fields are left out, sections are set apart.
pub(super) fn lay_out(value: &Value) -> String {
    let mut out = String::new();
    let Value::Mapping(sections) = value else { return out };
    for (key, section) in sections {
        if is_absent(section) {
            continue;
        }
        let is_block = matches!(section, Value::Mapping(_) | Value::Sequence(_));
        if is_block {
            out.push('\n');
        }
        let key = scalar(key, Context::Block);
        match section {
            Value::Mapping(_) if !is_named_section(&key) && fits(section, key.len() + 2) => {
                out.push_str(&format!("{key}: {}\n", inline(section)));
            }
            Value::Mapping(entries) => {
                out.push_str(&format!("{key}:\n"));
                entries
                    .iter()
                    .filter(|(_, value)| !is_absent(value))
                    .for_each(|(key, value)| entry(&mut out, key, value, 2));
            }
            Value::Sequence(items) => {
                out.push_str(&format!("{key}:\n"));
                items.iter().for_each(|item| list_item(&mut out, item, 2));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {
                out.push_str(&format!("{key}: {}\n", scalar(section, Context::Block)));
            }
        }
    }
    out
}

/// Sections whose entries grow with time stay blocks, so that each entry has a line.
fn is_named_section(key: &str) -> bool {
    !matches!(key, "reconcile" | "isolation")
}

/// A field that says nothing. An empty entry (`node1: {}`) says that it exists.
fn is_absent(value: &Value) -> bool {
    matches!(value, Value::Null)
}

fn entry(out: &mut String, key: &Value, value: &Value, indent: usize) {
    let key = scalar(key, Context::Block);
    let pad = " ".repeat(indent);
    if fits(value, indent + key.chars().count() + 2) {
        out.push_str(&format!("{pad}{key}: {}\n", inline(value)));
        return;
    }
    out.push_str(&format!("{pad}{key}:\n"));
    match value {
        Value::Mapping(entries) => entries
            .iter()
            .filter(|(_, value)| !is_absent(value))
            .for_each(|(key, value)| entry(out, key, value, indent + 2)),
        Value::Sequence(items) => items.iter().for_each(|item| list_item(out, item, indent + 2)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
    }
}

fn list_item(out: &mut String, item: &Value, indent: usize) {
    let pad = " ".repeat(indent);
    if inline(item).chars().count() + indent + 2 <= WIDTH
        || !matches!(item, Value::Mapping(_) | Value::Sequence(_))
    {
        out.push_str(&format!("{pad}- {}\n", inline(item)));
        return;
    }
    let mut block = String::new();
    match item {
        Value::Mapping(entries) => entries
            .iter()
            .filter(|(_, value)| !is_absent(value))
            .for_each(|(key, value)| entry(&mut block, key, value, indent + 2)),
        Value::Sequence(items) => items.iter().for_each(|item| list_item(&mut block, item, indent + 2)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
    }
    // The dash takes the place of the first entry's last two blanks of indentation.
    out.push_str(&format!("{pad}- {}", block.trim_start()));
}

/// Whether a value goes on the line of its key. Lists of records never do: each has its line.
fn fits(value: &Value, column: usize) -> bool {
    match value {
        Value::Mapping(_) | Value::Sequence(_) => {
            !has_records(value) && depth(value) <= 3 && column + inline(value).chars().count() <= WIDTH
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => true,
    }
}

fn has_records(value: &Value) -> bool {
    match value {
        Value::Mapping(entries) => entries.values().any(has_records),
        Value::Sequence(items) => {
            items.iter().any(|item| matches!(item, Value::Mapping(_)) || has_records(item))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Mapping(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        Value::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => 0,
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Mapping(entries) => {
            let present = entries.iter().filter(|(_, value)| !is_absent(value));
            let parts: Vec<String> = present
                .map(|(key, value)| format!("{}: {}", scalar(key, Context::Flow), inline(value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Sequence(items) => {
            let parts: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {
            scalar(value, Context::Flow)
        }
    }
}

fn scalar(value: &Value, context: Context) -> String {
    match value {
        Value::String(text) => written(text, context),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => "null".to_owned(),
    }
}
