//! Places for findings of those who know the model but not its text, such as agents.

use std::ops::Range;

use super::document::{Content, Document, Documents, NodeIndex};
use crate::diagnostic::{Diagnostic, Label, Part, SourceId, Sources, Subject};
use crate::model::period;

/// Points findings without a place at what they are about. What is written nowhere, such as an
/// operation that only has defaults, is pointed at by the nearest thing that is.
pub fn pin(sources: &Sources, diagnostics: &mut [Diagnostic]) {
    let documents = Documents::parse(sources, &mut Vec::new());
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| diagnostic.labels.is_empty()) {
        let Some(subject) = diagnostic.about.as_deref() else { continue };
        let found = match subject {
            Subject::Section(path) => section(&documents, path),
            Subject::Resource { id, part } => resource(&documents, id, part),
        };
        if let Some((source, span)) = found {
            diagnostic.labels.push(Label { source, span, text: String::new() });
        }
    }
}

type Spot = (SourceId, Range<usize>);

fn section(documents: &Documents, path: &str) -> Option<Spot> {
    documents.iter().find_map(|document| {
        let mut spot = None;
        let mut here = document.root?;
        for name in path.split('.') {
            let Some((key, value)) = entry(document, here, name) else { break };
            spot = Some(mark(document, key));
            here = value;
        }
        spot
    })
}

fn resource(documents: &Documents, id: &str, part: &Part) -> Option<Spot> {
    let (document, key, value) = named(documents, "resources", id)?;
    let template = entry(document, value, "template")
        .and_then(|(_, name)| named(documents, "templates", text(document, name)?));
    let own = part_of(document, value, part);
    let inherited = || template.and_then(|(document, _, value)| part_of(document, value, part));
    own.or_else(inherited).or_else(|| Some(mark(document, key)))
}

/// The entry of a name in a section, in whichever document has it.
fn named<'d>(
    documents: &'d Documents,
    kind: &str,
    name: &str,
) -> Option<(&'d Document, NodeIndex, NodeIndex)> {
    documents.iter().find_map(|document| {
        let (_, all) = entry(document, document.root?, kind)?;
        let (key, value) = entry(document, all, name)?;
        Some((document, key, value))
    })
}

fn part_of(document: &Document, resource: NodeIndex, part: &Part) -> Option<Spot> {
    match part {
        Part::Whole => None,
        Part::Agent => entry(document, resource, "agent").map(|(_, value)| mark(document, value)),
        Part::ParamName(name) => param(document, resource, name).map(|(key, _)| mark(document, key)),
        Part::Param(name) => param(document, resource, name).map(|(_, value)| mark(document, value)),
        Part::Operation { name, interval, field } => {
            let (_, all) = entry(document, resource, "ops")?;
            let said = |item: NodeIndex, field: &str| entry(document, item, field).map(|(_, value)| value);
            let is_it = |item: &NodeIndex| {
                let is_named = said(*item, "name").and_then(|value| text(document, value)) == Some(&**name);
                let written = said(*item, "interval").and_then(|value| text(document, value));
                is_named && written.and_then(period::parse).unwrap_or_default() == *interval
            };
            let item = items(document, all).iter().copied().find(is_it)?;
            Some(mark(document, said(item, field).unwrap_or(item)))
        }
    }
}

/// A parameter, in a plain map or in one of the blocks that rules guard.
fn param(document: &Document, resource: NodeIndex, name: &str) -> Option<(NodeIndex, NodeIndex)> {
    let (_, params) = entry(document, resource, "params")?;
    entry(document, params, name).or_else(|| {
        let blocks = items(document, params).iter();
        blocks.copied().find_map(|block| entry(document, entry(document, block, "params")?.1, name))
    })
}

fn entry(document: &Document, mapping: NodeIndex, name: &str) -> Option<(NodeIndex, NodeIndex)> {
    match &document.resolved(mapping).1.content {
        Content::Mapping(entries) => {
            entries.iter().copied().find(|(key, _)| text(document, *key) == Some(name))
        }
        Content::Scalar(_) | Content::Sequence(_) | Content::Alias(_) => None,
    }
}

fn items(document: &Document, list: NodeIndex) -> &[NodeIndex] {
    match &document.resolved(list).1.content {
        Content::Sequence(items) => items,
        Content::Scalar(_) | Content::Mapping(_) | Content::Alias(_) => &[],
    }
}

fn text(document: &Document, node: NodeIndex) -> Option<&str> {
    match &document.resolved(node).1.content {
        Content::Scalar(scalar) => Some(&scalar.text),
        Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_) => None,
    }
}

fn mark(document: &Document, node: NodeIndex) -> Spot {
    (document.source, document.mark(node))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::time::Duration;

    use super::*;

    const MANIFEST: &str = "\
corosync:
  quorum: {two-node: true}
templates:
  web:
    agent: ocf:t:web
    params: {port: 80}
resources:
  A:
    template: web
    params:
      - {rule: '#uname eq n1', params: {ip: 1}}
    ops:
      - {name: monitor, interval: 1min}
      - {name: monitor, interval: 10s, timeout: 5s}
";

    fn underlined(subject: Subject) -> String {
        let mut sources = Sources::default();
        sources.add("m.yaml", MANIFEST);
        let mut found = [Diagnostic::warning("x", "y").about(subject)];
        pin(&sources, &mut found);
        let label = found[0].labels.first().unwrap();
        MANIFEST[label.span.clone()].to_owned()
    }

    fn of_resource(part: Part) -> String {
        underlined(Subject::Resource { id: "A".into(), part })
    }

    fn operation(seconds: u64, field: &'static str) -> Part {
        Part::Operation { name: "monitor".into(), interval: Duration::from_secs(seconds), field }
    }

    #[test]
    fn findings_are_pinned_to_what_they_are_about() {
        assert_eq!(of_resource(Part::Whole), "A");
        assert_eq!(of_resource(Part::ParamName("ip".into())), "ip");
        assert_eq!(of_resource(Part::Param("ip".into())), "1");
        assert_eq!(of_resource(operation(10, "timeout")), "5s");
        assert_eq!(of_resource(operation(60, "timeout")), "{name: monitor, interval: 1min}");
        assert_eq!(underlined(Subject::Section("corosync.quorum.two-node".into())), "two-node");
    }

    #[test]
    fn what_comes_from_a_template_or_is_not_written_is_still_pinned() {
        assert_eq!(of_resource(Part::Agent), "ocf:t:web");
        assert_eq!(of_resource(Part::Param("port".into())), "80");
        assert_eq!(of_resource(operation(99, "timeout")), "A");
        assert_eq!(underlined(Subject::Section("corosync.token".into())), "corosync");
    }
}
