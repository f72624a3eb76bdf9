//! Tree to model and status.
//!
//! One file per section of the document. Every function takes the [`Lowering`], where findings
//! are noted and references resolved, and an element.

mod access;
mod alerts;
mod bundle;
mod colocation;
mod constraints;
mod fencing;
mod history;
mod location;
mod nodes;
mod operations;
mod options;
mod resources;
mod rules;
mod sections;
mod status;
mod upgrade;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Cib;
use super::xml::{Element, Tree};
use crate::diagnostic::{Diagnostic, SourceId};
use crate::model::{Score, period, scalar};
use sections::Sections;

/// The newest rules a CIB may be written under; a newer one could mean what we do not know.
const NEWEST_FEATURE_SET: [u32; 3] = [3, 20, 5];

/// Lowers a parsed document.
pub(super) fn lower(tree: &Tree<'_>, source: SourceId) -> Result<Cib, Diagnostic> {
    let root = tree
        .root()
        .filter(|root| root.is("cib"))
        .ok_or_else(|| Diagnostic::error("not-a-cib", "the root element is not `cib`"))?;
    check_feature_set(root, source)?;
    let mut lowering = Lowering { tree, source, references: None, diagnostics: Vec::new() };
    for port in ["remote-tls-port", "remote-clear-port"] {
        if root.attribute(port).is_some() {
            lowering.unkept(root, port);
        }
    }
    let sections = Sections::find(&mut lowering, root);
    let mut cluster = sections.lower_cluster(&mut lowering);
    upgrade::upgrade(root, &mut cluster);
    let status = status::lower_status(&mut lowering, root, sections.status);
    let root = root.attributes().map(|(name, value)| (name.into(), value.into())).collect();
    let mut diagnostics = lowering.diagnostics;
    // What is referred to is read once per reference.
    let mut told = BTreeSet::new();
    diagnostics.retain(|found| told.insert((found.place(), found.code, found.message.clone())));
    Ok(Cib { cluster, status, root, diagnostics })
}

fn check_feature_set(root: Element<'_>, source: SourceId) -> Result<(), Diagnostic> {
    let Some(written) = root.attribute("crm_feature_set") else { return Ok(()) };
    let mut parts = written.split('.').map(|part| part.parse().unwrap_or(0_u32));
    let version: [u32; 3] = std::array::from_fn(|_| parts.next().unwrap_or(0));
    if version <= NEWEST_FEATURE_SET {
        return Ok(());
    }
    let [major, minor, patch] = NEWEST_FEATURE_SET;
    Err(Diagnostic::error("newer-feature-set", format!("written under feature set {written}"))
        .at(source, root.span(), "")
        .help(format!("the newest that this program knows is {major}.{minor}.{patch}")))
}

/// What lowering keeps at hand.
struct Lowering<'t> {
    tree: &'t Tree<'t>,
    source: SourceId,
    /// Elements by name and id, made when the first reference is met; `None` where several match.
    references: Option<BTreeMap<(&'t str, &'t str), Option<Element<'t>>>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Lowering<'t> {
    /// Notes that something is not as it should be.
    fn warn(&mut self, element: Element<'_>, code: &'static str, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(code, message).at(self.source, element.span(), ""));
    }

    /// Notes that an element is left out, and why.
    fn dropped(&mut self, element: Element<'_>, why: &str) {
        let id = element.attribute("id").map(|id| format!(" `{id}`")).unwrap_or_default();
        self.warn(element, "dropped-element", format!("{}{id} is ignored: {why}", element.name()));
    }

    /// Notes that an attribute is not kept: nothing here has a place for it.
    fn unkept(&mut self, element: Element<'_>, attribute: &str) {
        let id = element.attribute("id").map(|id| format!(" `{id}`")).unwrap_or_default();
        let message = format!("`{attribute}` of {}{id} is not kept", element.name());
        self.warn(element, "dropped-attribute", message);
    }

    /// An attribute without which the element is of no use.
    fn required(&mut self, element: Element<'t>, name: &str) -> Option<&'t str> {
        let value = element.attribute(name);
        if value.is_none() {
            self.dropped(element, &format!("it has no `{name}`"));
        }
        value
    }

    /// The element itself, or the one its `id-ref` names; `None` if that is not exactly one.
    fn resolve(&mut self, element: Element<'t>) -> Option<Element<'t>> {
        let Some(id) = element.attribute("id-ref") else { return Some(element) };
        let tree = self.tree;
        let references = self.references.get_or_insert_with(|| index_ids(tree));
        let found = references.get(&(element.name(), id)).copied().flatten();
        if found.is_none() {
            self.dropped(element, &format!("`{id}` does not name exactly one {}", element.name()));
        }
        found
    }

    /// A score written as `name`; unreadable ones count as zero.
    fn score(&mut self, element: Element<'_>, name: &str) -> Option<Score> {
        let text = element.attribute(name)?;
        let score = Score::parse(text);
        if score.is_none() {
            self.warn(element, "invalid-score", format!("`{text}` is not a score; it counts as 0"));
        }
        Some(score.unwrap_or_default())
    }

    /// A boolean written as `name`; unreadable ones count as unset.
    fn boolean(&mut self, element: Element<'_>, name: &str) -> Option<bool> {
        let text = element.attribute(name)?;
        let value = scalar::parse_boolean(text);
        if value.is_none() {
            self.warn(
                element,
                "invalid-boolean",
                format!("`{text}` is not a boolean; `{name}` counts as unset"),
            );
        }
        value
    }

    /// A period written as `name`; unreadable ones count as zero.
    fn period(&mut self, element: Element<'_>, name: &str) -> std::time::Duration {
        let text = element.attribute(name).unwrap_or("0");
        period::parse(text).unwrap_or_else(|| {
            self.warn(element, "invalid-period", format!("`{text}` is not a period; it counts as 0"));
            std::time::Duration::ZERO
        })
    }
}

fn index_ids<'t>(tree: &'t Tree<'t>) -> BTreeMap<(&'t str, &'t str), Option<Element<'t>>> {
    let mut index = BTreeMap::new();
    for element in tree.elements() {
        if let Some(id) = element.attribute("id") {
            index.entry((element.name(), id)).and_modify(|found| *found = None).or_insert(Some(element));
        }
    }
    index
}

/// A text that people wrote, if there is one.
fn description(element: Element<'_>) -> Option<String> {
    element.attribute("description").map(str::to_owned)
}

/// An attribute as shared text.
fn shared(element: Element<'_>, name: &str) -> Option<Arc<str>> {
    element.attribute(name).map(Into::into)
}
