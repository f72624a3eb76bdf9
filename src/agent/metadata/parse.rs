//! Reads an agent's XML. Agents are written by many hands: what is not known is passed over, what
//! is missing has a default; only what cannot be understood at all is an error.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{ActionAdvice, Metadata, MetadataError, Parameter, ParameterKind};
use crate::model::{Role, period, scalar};

/// Longer metadata is refused.
pub(super) const LENGTH_MAX: usize = 1024 * 1024;
/// Deeper metadata is refused.
const DEPTH_MAX: usize = 32;

pub(super) fn parse(text: &str) -> Result<Metadata, MetadataError> {
    if text.len() > LENGTH_MAX {
        return Err(MetadataError::NotMetadata(format!("is longer than {LENGTH_MAX} bytes")));
    }
    if text.trim().is_empty() {
        return Err(MetadataError::NotMetadata("is empty".to_owned()));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut draft = Draft::default();
    loop {
        let event = reader.read_event();
        let at = reader.buffer_position();
        let not_xml = |problem: String| MetadataError::NotXml { at, problem };
        match event.map_err(|error| not_xml(error.to_string()))? {
            Event::Start(element) => draft.open(&element).map_err(not_xml)?,
            Event::End(_) => draft.close(),
            Event::Text(text) => draft.text.push_str(&text.xml10_content()),
            Event::CData(text) => draft.text.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|error| not_xml(error.to_string()))?;
                draft.entity(&name.xml10_content(), character);
            }
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => return draft.finish(at),
        }
    }
}

type Attributes = BTreeMap<String, String>;

/// The metadata as far as it has been read.
#[derive(Default)]
struct Draft {
    metadata: Metadata,
    /// The elements that are open, outermost first.
    path: Vec<String>,
    /// The attributes of the innermost element.
    attributes: Attributes,
    /// The text since the innermost element began.
    text: String,
    has_root: bool,
}

impl Draft {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        if self.path.len() >= DEPTH_MAX {
            return Err(format!("elements are nested more than {DEPTH_MAX} deep"));
        }
        let name = element.name().as_ref().to_owned();
        self.attributes = attributes(element)?;
        self.text.clear();
        match (self.path.len(), name.as_str()) {
            (0, "resource-agent") => self.begin_agent(),
            (2, "parameter") if self.is_in("parameters") => self.begin_parameter(),
            (3, "content") if self.is_in("parameter") => self.content(),
            (3, "deprecated") if self.is_in("parameter") => self.deprecate(),
            (2, "action") if self.is_in("actions") => self.action(),
            (4, "option") if self.is_in("content") => self.option(),
            (_, _) => {}
        }
        self.path.push(name);
        Ok(())
    }

    fn close(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let text = unindented(&std::mem::take(&mut self.text));
        let language = self.attributes.get("lang").map_or("en", String::as_str);
        let (depth, parameter) = (self.path.len(), self.metadata.parameters.last_mut());
        match (depth, name.as_str(), parameter) {
            (1, "longdesc", _) => self.metadata.longdesc.add(language, text),
            (1, "shortdesc", _) => self.metadata.shortdesc.add(language, text),
            (3, "longdesc", Some(parameter)) => parameter.longdesc.add(language, text),
            (3, "shortdesc", Some(parameter)) => parameter.shortdesc.add(language, text),
            (4, "replaced-with", Some(parameter)) => parameter.replaced_with.push(text),
            (_, _, _) => {}
        }
    }

    fn entity(&mut self, name: &str, character: Option<char>) {
        let known = character.or(match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        });
        match known {
            Some(character) => self.text.push(character),
            None => self.text.push_str(&format!("&{name};")),
        }
    }

    fn finish(self, at: u64) -> Result<Metadata, MetadataError> {
        if let Some(open) = self.path.last() {
            return Err(MetadataError::NotXml { at, problem: format!("`{open}` is not closed") });
        }
        if !self.has_root {
            return Err(MetadataError::NotMetadata("has no `resource-agent` element".to_owned()));
        }
        Ok(self.metadata)
    }

    fn is_in(&self, parent: &str) -> bool {
        self.path.last().is_some_and(|name| name == parent)
    }

    fn begin_agent(&mut self) {
        self.has_root = true;
        self.metadata.name = self.attributes.get("name").cloned().unwrap_or_default();
        self.metadata.version = self.attributes.get("version").cloned();
        if let Some(text) = self.attributes.get("shortdesc") {
            // Fence agents say it in an attribute.
            self.metadata.shortdesc.add("en", text.clone());
        }
    }

    fn begin_parameter(&mut self) {
        let Some(name) = self.attributes.get("name").cloned() else { return };
        let unique_group = self.attributes.get("unique-group").cloned();
        let unique_group = unique_group.or_else(|| self.is_set("unique").then(|| name.clone()));
        self.metadata.parameters.push(Parameter {
            unique_group,
            is_required: self.is_set("required"),
            is_reloadable: self.is_set("reloadable"),
            is_deprecated: self.is_set("deprecated"),
            name,
            ..Parameter::default()
        });
        self.note_replacement();
    }

    /// Fence agents say it the other way round: the new parameter names the old one.
    fn note_replacement(&mut self) {
        let (Some(old), Some(new)) = (self.attributes.get("obsoletes"), self.attributes.get("name")) else {
            return;
        };
        if let Some(parameter) = self.metadata.parameters.iter_mut().find(|known| known.name == *old) {
            parameter.is_deprecated = true;
            parameter.replaced_with.push(new.clone());
        }
    }

    fn is_set(&self, flag: &str) -> bool {
        self.attributes.get(flag).and_then(|value| scalar::parse_boolean(value)) == Some(true)
    }

    fn deprecate(&mut self) {
        if let Some(parameter) = self.metadata.parameters.last_mut() {
            parameter.is_deprecated = true;
        }
    }

    fn content(&mut self) {
        let Some(parameter) = self.metadata.parameters.last_mut() else { return };
        parameter.default = self.attributes.get("default").cloned();
        parameter.kind = match self.attributes.get("type").map(String::as_str) {
            Some("integer") => ParameterKind::Integer,
            Some("boolean") => ParameterKind::Boolean,
            Some("second" | "time" | "timeout" | "duration") => ParameterKind::Time,
            Some("select") => ParameterKind::Select(Vec::new()),
            Some(_) | None => ParameterKind::String,
        };
    }

    fn option(&mut self) {
        let value = self.attributes.get("value").cloned();
        let parameter = self.metadata.parameters.last_mut();
        if let (Some(value), Some(ParameterKind::Select(options))) =
            (value, parameter.map(|known| &mut known.kind))
        {
            options.push(value);
        }
    }

    fn action(&mut self) {
        let Some(name) = self.attributes.get("name").cloned() else { return };
        let period = |key: &str| self.attributes.get(key).and_then(|text| period::parse(text.trim()));
        self.metadata.actions.push(ActionAdvice {
            name,
            timeout: period("timeout"),
            interval: period("interval").filter(|interval| !interval.is_zero()),
            start_delay: period("start-delay").filter(|delay| !delay.is_zero()),
            depth: self.attributes.get("depth").and_then(|depth| depth.trim().parse().ok()),
            role: self.attributes.get("role").and_then(|role| Role::parse(role)),
        });
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<Attributes, String> {
    let mut found = Attributes::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        found.insert(attribute.key.as_ref().to_owned(), value.into_owned());
    }
    Ok(found)
}

/// The text without the indentation and the blank lines around it that XML brings.
fn unindented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let inner = lines.iter().skip(1).filter(|line| !line.is_empty());
    let margin = inner.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let cut = lines.iter().map(|line| line.get(margin..).unwrap_or_else(|| line.trim_start()));
    let first = lines.first().map(|line| line.trim_start()).unwrap_or_default();
    let kept: Vec<&str> = std::iter::once(first).chain(cut.skip(1)).collect();
    kept.join("\n").trim_matches('\n').trim().to_owned()
}
