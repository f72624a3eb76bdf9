//! Node attributes, as a table and as JSON.

use super::{escaped, to_json};
use crate::plan::attribute::{AttributeOverview, Keep};

/// Attributes for people, one a line.
pub fn text(attributes: &[AttributeOverview]) -> String {
    if attributes.is_empty() {
        return "No attribute is set.\n".to_owned();
    }
    let rows: Vec<[String; 4]> = attributes
        .iter()
        .map(|known| {
            let keep = match known.keep {
                Keep::Manifest => "manifest",
                Keep::Lasting => "lasting",
                Keep::UntilReboot => "until reboot",
            };
            [known.node.as_str(), &known.name, &known.value, keep].map(escaped)
        })
        .collect();
    let width = |column: fn(&[String; 4]) -> &String| {
        rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
    };
    let (nodes, names, values) = (width(|row| &row[0]), width(|row| &row[1]), width(|row| &row[2]));
    let line = |[node, name, value, keep]: &[String; 4]| {
        format!("{node:nodes$}  {name:names$}  {value:values$}  {keep}\n")
    };
    rows.iter().map(line).collect()
}

/// Attributes for machines.
pub fn json(attributes: &[AttributeOverview]) -> String {
    to_json(&attributes)
}
