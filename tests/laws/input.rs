//! Laws about what a decision depends on.

use quorate::scheduler::{ActionKind, Schedule};
use quorate::view;

use crate::generator::Xml;
use crate::{Case, decide};

pub(crate) fn is_determined(case: &Case<'_>) -> Option<String> {
    let again = decide(case.text)?;
    differs(case.schedule, &again)
}

/// Nodes are sorted by name, and options of one block are told apart by name (specification of
/// status, sections 2 and 5.1).
pub(crate) fn ignores_order(case: &Case<'_>) -> Option<String> {
    let mut turned = case.xml.clone();
    let configuration = turned.children.iter_mut().find(|child| child.name == "configuration")?;
    for section in &mut configuration.children {
        match section.name {
            "nodes" => section.children.reverse(),
            "crm_config" => section.children.iter_mut().for_each(|block| block.children.reverse()),
            _ => {}
        }
    }
    differs(case.schedule, &decide(&turned.to_string())?)
}

fn differs(one: &Schedule, other: &Schedule) -> Option<String> {
    (view::transition::json(one) != view::transition::json(other)).then(|| "decided differently".to_owned())
}

/// A resource that is placed after all others takes nothing from them. Where capacity is scarce the
/// order of placing is another one, and nothing comes last. Where nothing is managed, no node is fenced
/// for the sake of what may run there.
pub(crate) fn ignores_what_is_unrelated(case: &Case<'_>) -> Option<String> {
    let text = case.xml.to_string();
    // A remote node that is lost is only fenced for the sake of what may run there.
    let has_remote = text.contains("type=\"remote\"");
    let facts = &case.placement.facts;
    if !facts.resources.iter().any(|resource| resource.is_managed && !resource.is_removed)
        || has_remote
        || text.contains("placement-strategy")
        || text.contains("rsc-pattern")
        || text.contains("<bundle ")
    {
        return None;
    }
    let meta = [("priority", "-INFINITY"), ("resource-stickiness", "INFINITY")];
    let mut alone = Xml::new("primitive").with("id", "Zz").with("class", "ocf");
    alone = alone.with("provider", "pacemaker").with("type", "Dummy");
    alone.push(Xml::options("meta_attributes", "Zz-meta", &meta));
    let mut larger = case.xml.clone();
    let configuration = larger.children.iter_mut().find(|child| child.name == "configuration")?;
    configuration.children.iter_mut().find(|section| section.name == "resources")?.push(alone);
    let (before, after) = (told(case.schedule), told(&decide(&larger.to_string())?));
    (before != after).then(|| {
        let changed = before.iter().filter(|line| !after.contains(line));
        let changed = changed.chain(after.iter().filter(|line| !before.contains(line)));
        changed.cloned().collect::<Vec<_>>().join("; ")
    })
}

/// What is done to all resources but the added one.
fn told(schedule: &Schedule) -> Vec<String> {
    let real = schedule.transition.actions.iter().filter(|action| {
        action.kind != ActionKind::Pseudo
            && action.resource.as_deref().is_none_or(|resource| resource != "Zz")
    });
    let mut lines: Vec<String> =
        real.map(|action| format!("{} {:?} {:?}", action.key, action.node, action.notify)).collect();
    lines.sort();
    lines
}
