//! What an agent says of itself, for people.

use super::{Ink, escaped};
use crate::agent::Metadata;
use crate::agent::metadata::{ActionAdvice, Parameter, ParameterKind, Text};
use crate::model::{Agent, period};

/// Width of running text.
const WIDTH: usize = 96;

/// The description of an agent.
pub fn text(agent: &Agent, metadata: &Metadata, ink: Ink) -> String {
    let mut text = format!("{}  {}\n", ink.heading(&agent.to_string()), words(&metadata.shortdesc));
    let long = words(&metadata.longdesc);
    if !long.is_empty() {
        text.push_str(&format!("\n{}", wrapped(&long, "")));
    }
    if !metadata.parameters.is_empty() {
        text.push_str(&format!("\n{}\n", ink.heading("Parameters")));
        text.extend(metadata.parameters.iter().map(|parameter| self::parameter(parameter, ink)));
    }
    if !metadata.actions.is_empty() {
        text.push_str(&format!("\n{}\n", ink.heading("Actions")));
        text.extend(metadata.actions.iter().map(action));
    }
    text
}

fn parameter(parameter: &Parameter, ink: Ink) -> String {
    let mut traits = vec![match &parameter.kind {
        ParameterKind::String => "text".to_owned(),
        ParameterKind::Integer => "number".to_owned(),
        ParameterKind::Boolean => "yes or no".to_owned(),
        ParameterKind::Time => "time".to_owned(),
        ParameterKind::Select(values) => format!("one of {}", values.join(", ")),
    }];
    if parameter.is_required {
        traits.push("required".to_owned());
    }
    if parameter.is_reloadable {
        traits.push("changes without a restart".to_owned());
    }
    if parameter.unique_group.is_some() {
        traits.push("unique".to_owned());
    }
    if parameter.is_deprecated {
        traits.push("deprecated".to_owned());
    }
    if let Some(default) = parameter.default.as_ref().filter(|default| !default.is_empty()) {
        traits.push(format!("default {default}"));
    }
    let name = if parameter.is_required { ink.change(&parameter.name) } else { escaped(&parameter.name) };
    let long = words(&parameter.longdesc);
    let meaning = if long.is_empty() { words(&parameter.shortdesc) } else { long };
    format!("  {name}  ({})\n{}", escaped(&traits.join("; ")), wrapped(&meaning, "      "))
}

fn action(action: &ActionAdvice) -> String {
    let mut line = format!("  {}", escaped(&action.name));
    for (label, length) in [("every", action.interval), ("timeout", action.timeout)] {
        if let Some(length) = length.filter(|length| !length.is_zero()) {
            line.push_str(&format!("  {label} {}", period::format(length)));
        }
    }
    if let Some(role) = action.role {
        line.push_str(&format!("  as {role}"));
    }
    line.push('\n');
    line
}

fn words(text: &Text) -> String {
    escaped(&text.as_str().split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The text in lines of bounded width.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent.len() + line.len() + word.len() >= WIDTH {
            lines.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push_str(&format!("{indent}{line}\n"));
    }
    lines
}
