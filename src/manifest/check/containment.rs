//! What resources are, and which may hold which.

use std::collections::BTreeMap;

use super::name::Names;
use crate::manifest::document::Place;
use crate::manifest::findings::Findings;
use crate::manifest::lower::Gathered;
use crate::manifest::suggest::listed;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::options::{Options, Params};
use crate::manifest::vocabulary::resource::ResourceEntry;
use crate::model::option::Scope;

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Primitive,
    Group,
    Clone,
    Bundle,
}

impl Shape {
    const fn noun(self) -> &'static str {
        match self {
            Self::Primitive => "primitive",
            Self::Group => "group",
            Self::Clone => "clone",
            Self::Bundle => "bundle",
        }
    }
}

/// The shape, without complaints.
pub(crate) fn shape_of(entry: &ResourceEntry) -> Option<Shape> {
    if entry.agent.is_some() || entry.template.is_some() {
        Some(Shape::Primitive)
    } else if entry.group.is_some() {
        Some(Shape::Group)
    } else if entry.clone.is_some() {
        Some(Shape::Clone)
    } else if entry.bundle.is_some() || entry.container.is_some() {
        Some(Shape::Bundle)
    } else {
        None
    }
}

/// What says what a resource is, with its place.
fn kinds(entry: &ResourceEntry) -> Vec<(&'static str, Place)> {
    let kinds = [
        ("agent", entry.agent.as_ref().map(|at| at.place)),
        ("template", entry.template.as_ref().map(|at| at.place)),
        ("group", entry.group.as_ref().map(|at| at.place)),
        ("clone", entry.clone.as_ref().map(|at| at.place)),
        ("bundle", entry.bundle.as_ref().map(|at| at.place)),
    ];
    kinds.iter().filter_map(|(name, place)| Some((*name, (*place)?))).collect()
}

/// The shape; a resource of several shapes or none is reported, and fields that do not fit.
pub(crate) fn shape(key: &At<String>, at: &At<ResourceEntry>, findings: &Findings<'_>) -> Option<Shape> {
    let entry = at.get()?;
    let given = kinds(entry);
    let one_of = "a resource has exactly one of `agent`, `template`, `group`, `clone` and `bundle`";
    if let [first, second, ..] = given.as_slice() {
        findings
            .error("one-of", second.1, format!("resource `{}` is two things at once", key.text()))
            .label_key(second.1, format!("`{}` here", second.0))
            .label_key(first.1, format!("`{}` here", first.0))
            .help(one_of)
            .report();
        return None;
    }
    let Some(shape) = shape_of(entry) else {
        findings
            .error("one-of", key.place, format!("resource `{}` does not say what it is", key.text()))
            .here("needs an agent, or members")
            .help(one_of)
            .report();
        return None;
    };
    check_fields(key, entry, shape, findings);
    check_clone_options(entry, shape, findings);
    Some(shape)
}

fn check_fields(key: &At<String>, entry: &ResourceEntry, shape: Shape, findings: &Findings<'_>) {
    fn place<T>(field: &Field<T>) -> Option<Place> {
        field.as_ref().map(|at| at.place)
    }
    use Shape::{Bundle, Clone, Group, Primitive};
    let fields: [(&str, Option<Place>, &[Shape]); 7] = [
        ("params", place::<Options<Params>>(&entry.params), &[Primitive, Group, Clone]),
        ("ops", place(&entry.ops), &[Primitive]),
        ("utilization", place(&entry.utilization), &[Primitive]),
        ("container", place(&entry.container), &[Bundle]),
        ("network", place(&entry.network), &[Bundle]),
        ("ports", place(&entry.ports), &[Bundle]),
        ("mounts", place(&entry.mounts), &[Bundle]),
    ];
    for (field, place, shapes) in fields {
        let Some(place) = place.filter(|_| !shapes.contains(&shape)) else { continue };
        let owners = listed(shapes.iter().map(|shape| shape.noun())).replace('`', "");
        let help = if shapes == [Primitive] {
            "write it on the member itself".to_owned()
        } else {
            format!("only for: {owners}")
        };
        findings
            .error("misplaced-field", place, format!("`{field}` on the {} `{}`", shape.noun(), key.text()))
            .label_key(place, format!("a {} has none", shape.noun()))
            .help(help)
            .report();
    }
}

/// Options of clones on what is none.
fn check_clone_options(entry: &ResourceEntry, shape: Shape, findings: &Findings<'_>) {
    let Some(Options::Plain(map)) = entry.meta.as_ref().and_then(At::get) else { return };
    if shape == Shape::Clone {
        return;
    }
    for (key, _) in map.iter() {
        // Groups had `ordered` once; bundles are clones inside.
        let is_clone_option = Scope::of(key.text()) == Scope::Clone && key.text() != "ordered";
        if is_clone_option && shape != Shape::Bundle {
            findings
                .warning("misplaced-option", key.place, format!("`{}` on a {}", key.text(), shape.noun()))
                .here("only clones have this option")
                .help("write it on the clone, or make one: `NAME-clone: {clone: NAME, meta: {...}}`")
                .report();
        }
    }
}

/// Who holds each member, and where it says so.
pub(crate) type Owners<'a> = BTreeMap<&'a str, (Place, &'a str)>;

/// Who holds each member. Members that are unknown, held twice or of the wrong shape are reported, and
/// held by nobody.
pub(crate) fn owners<'a>(gathered: &Gathered<'a>, names: &Names<'a>, findings: &Findings<'_>) -> Owners<'a> {
    let mut owners = Owners::new();
    for (key, at) in &gathered.resources {
        let Some(entry) = at.get() else { continue };
        let Some(shape) = shape_of(entry) else { continue };
        let is_one_thing = kinds(entry).len() < 2;
        for member in members(entry) {
            let is_sound = names.check_member(member, findings)
                && is_one_thing
                && check_member(key, shape, member, names, findings);
            if !is_sound {
                continue;
            }
            match owners.get(member.text()) {
                Some(&(first, owner)) => report_second_owner(key, member, first, owner, findings),
                None => {
                    owners.insert(member.text(), (member.place, key.text()));
                }
            }
        }
    }
    owners
}

fn members(entry: &ResourceEntry) -> impl Iterator<Item = &At<String>> {
    let group = entry.group.as_ref().and_then(At::get).into_iter().flatten();
    group.chain(&entry.clone).chain(&entry.bundle)
}

fn report_second_owner(
    key: &At<String>,
    member: &At<String>,
    first: Place,
    owner: &str,
    findings: &Findings<'_>,
) {
    let message = if owner == key.text() {
        format!("`{}` is twice in `{owner}`", member.text())
    } else {
        format!("`{}` is in `{owner}` and in `{}`", member.text(), key.text())
    };
    findings
        .error("member-twice", member.place, message)
        .here("used again here")
        .label(first, "used here first")
        .help("a resource belongs to one collective; a second service needs a resource of its own")
        .report();
}

/// Whether a collective of this shape can hold this resource; one that it cannot is reported.
fn check_member(
    owner: &At<String>,
    shape: Shape,
    member: &At<String>,
    names: &Names<'_>,
    findings: &Findings<'_>,
) -> bool {
    let Some((place, at)) = names.resources.get(member.text()) else { return false };
    let Some(inner) = at.get().and_then(shape_of) else { return false };
    if owner.text() == member.text() {
        findings
            .error("member-cycle", member.place, format!("`{}` contains itself", owner.text()))
            .help("name the resource that is meant; a collective needs a name of its own")
            .report();
        return false;
    }
    let is_possible = match (shape, inner) {
        (_, Shape::Primitive) | (Shape::Clone, Shape::Group) => true,
        (_, Shape::Group | Shape::Clone | Shape::Bundle) => false,
    };
    if !is_possible {
        let possible = match shape {
            Shape::Clone => "a clone holds a primitive or a group",
            Shape::Group => "a group holds primitives; to run a group several times, clone the group",
            Shape::Primitive | Shape::Bundle => "a bundle holds a primitive",
        };
        findings
            .error(
                "wrong-member",
                member.place,
                format!("a {} inside the {} `{}`", inner.noun(), shape.noun(), owner.text()),
            )
            .here(format!("a {}", inner.noun()))
            .label(*place, "defined here")
            .help(possible)
            .report();
    }
    is_possible
}
