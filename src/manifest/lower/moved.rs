//! Renamings.

use std::collections::BTreeMap;

use super::Lower;
use crate::manifest::document::Place;
use crate::manifest::settings::Moved;
use crate::manifest::typed::At;
use crate::manifest::vocabulary::rest::MovedEntry;
use crate::model::ConstraintId;

/// What has a name that can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Resource,
    Constraint,
    Node,
}

impl Kind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Constraint => "constraint",
            Self::Node => "node",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Resource => "unknown-resource",
            Self::Constraint => "unknown-constraint",
            Self::Node => "unknown-node",
        }
    }
}

/// A path, taken apart.
#[derive(Debug, Clone, Copy)]
struct Path<'a> {
    place: Place,
    kind: Kind,
    name: &'a str,
    /// The bytes of the path before its name.
    prefix: usize,
}

/// What stands in the manifest, by kind and name.
struct Standing<'a> {
    resources: BTreeMap<&'a str, Place>,
    nodes: BTreeMap<&'a str, Place>,
    /// Without constraints where some could not be read.
    constraints: Option<BTreeMap<&'a str, Place>>,
}

impl Standing<'_> {
    /// Those of a kind; none where they are not all known.
    fn of(&self, kind: Kind) -> Option<&BTreeMap<&str, Place>> {
        match kind {
            Kind::Resource => Some(&self.resources),
            Kind::Node => Some(&self.nodes),
            Kind::Constraint => self.constraints.as_ref(),
        }
    }
}

impl Lower<'_, '_> {
    /// All renamings, in a manifest with these constraints.
    pub(super) fn moved(self, constraints: &[(ConstraintId, Place)]) -> Vec<Moved> {
        let gathered = self.gathered;
        let written = gathered.location.len()
            + gathered.colocation.len()
            + gathered.order.len()
            + gathered.ticket.len();
        let places = || constraints.iter().map(|(id, place)| (id.as_str(), *place)).collect();
        let standing = Standing {
            resources: gathered.resources.iter().map(|(key, _)| (key.text(), key.place)).collect(),
            nodes: gathered.nodes.iter().map(|(key, _)| (key.text(), key.place)).collect(),
            constraints: (written == constraints.len()).then(places),
        };
        let mut ends: [BTreeMap<&str, Place>; 2] = Default::default();
        let mut all = Vec::new();
        for entry in gathered.moved.iter().filter_map(|at| at.get()) {
            self.check_moved(entry, &standing);
            let [old, new] = &mut ends;
            self.check_once(old, &entry.from, "is renamed twice");
            self.check_once(new, &entry.to, "is the new name of two things");
            all.push(Moved { from: entry.from.text().into(), to: entry.to.text().into() });
        }
        all
    }

    fn check_once<'p>(self, seen: &mut BTreeMap<&'p str, Place>, path: &'p At<String>, what: &str) {
        if path.value.is_none() {
            return;
        }
        if let Some(first) = seen.insert(path.text(), path.place) {
            self.findings
                .error("moved-twice", path.place, format!("`{}` {what}", path.text()))
                .here("named again here")
                .label(first, "named here first")
                .help("keep the renaming that is meant")
                .report();
        }
    }

    fn check_moved(self, entry: &MovedEntry, standing: &Standing<'_>) {
        let (from, to) = (self.path(&entry.from), self.path(&entry.to));
        if let (Some(from), Some(to)) = (from, to)
            && from.kind != to.kind
        {
            self.findings
                .error("invalid-path", to.place, "a renaming from one kind of thing to another")
                .label(from.place, "this kind")
                .report();
        }
        if let Some(to) = to {
            self.check_new_name(to, entry.to.text(), standing);
        }
        let Some(from) = from else { return };
        if let Some(place) = standing.of(from.kind).and_then(|known| known.get(from.name)) {
            self.findings
                .error(
                    "moved-still-there",
                    from.place,
                    format!("`{}` was renamed, but is still in the manifest", from.name),
                )
                .label(*place, "still here")
                .help(format!("remove the renaming, or the old {}", from.kind.noun()))
                .report();
        }
    }

    fn check_new_name(self, to: Path<'_>, written: &str, standing: &Standing<'_>) {
        let Some(known) = standing.of(to.kind) else { return };
        if known.contains_key(to.name) {
            return;
        }
        let noun = to.kind.noun();
        let draft = self
            .findings
            .error(to.kind.code(), to.place, format!("unknown {noun} `{}`", to.name))
            .within(to.prefix..written.len(), format!("no {noun} has this name"));
        let prefix = written.get(..to.prefix).unwrap_or_default();
        match self.findings.similar(to.name, known.keys().copied()) {
            Some(close) => draft.replace(format!("did you mean `{close}`?"), format!("{prefix}{close}")),
            None => draft.help("`to` is the name that stands in the manifest now"),
        }
        .report();
    }

    /// What a path names; what names nothing is reported.
    fn path(self, path: &At<String>) -> Option<Path<'_>> {
        let text = path.get()?;
        let kinds =
            [("resources.", Kind::Resource), ("constraints.", Kind::Constraint), ("nodes.", Kind::Node)];
        let found = kinds.into_iter().find(|(prefix, _)| text.starts_with(prefix));
        let named = found.and_then(|(prefix, kind)| Some((prefix, kind, text.get(prefix.len()..)?)));
        let Some((prefix, kind, name)) = named.filter(|(_, _, name)| !name.is_empty()) else {
            self.findings
                .error(
                    "invalid-path",
                    path.place,
                    format!("`{text}` is not the path of something that has a name"),
                )
                .help("write `resources.NAME`, `constraints.NAME` or `nodes.NAME`")
                .report();
            return None;
        };
        Some(Path { place: path.place, kind, name, prefix: prefix.len() })
    }
}
