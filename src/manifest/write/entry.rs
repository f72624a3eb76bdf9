//! Nodes, fencing levels, and what stands beside the cluster by name.

use super::options::{is_plain, options};
use super::{list, map, names, text};
use crate::manifest::settings::{Moved, SecretSource};
use crate::manifest::typed::At;
use crate::manifest::vocabulary::node::NodeEntry;
use crate::manifest::vocabulary::rest::{
    FencingEntry, LevelEntry, LevelRecord, MovedEntry, SecretEntry, TicketEntry,
};
use crate::manifest::vocabulary::scalar::{CountText, ScoreText};
use crate::model::fencing::FencingTarget;
use crate::model::node::NodeKind;
use crate::model::{FencingLevel, Node, OptionSet, Score};

pub(super) fn node(node: &Node) -> NodeEntry {
    let (standby, maintenance, attributes) = switches(&node.attributes);
    NodeEntry {
        id: if node.id.as_str() == node.name.as_str() { None } else { text(Some(&node.id)) },
        addresses: list(node.addresses.clone()),
        remote: (node.kind == NodeKind::Remote).then(|| At::new(true)),
        standby: standby.map(At::new),
        maintenance: maintenance.map(At::new),
        score: (node.score != Score::ZERO).then(|| At::new(ScoreText(node.score.to_string()))),
        attributes: options(&attributes),
        utilization: options(&node.utilization),
    }
}

/// Takes `standby` and `maintenance` from the front of the first plain set, where lowering puts
/// them; anywhere else they stay ordinary attributes.
fn switches(attributes: &[OptionSet]) -> (Option<bool>, Option<bool>, Vec<OptionSet>) {
    let mut rest = attributes.to_vec();
    let Some(at) = rest.iter().position(is_plain) else { return (None, None, rest) };
    let count =
        |name: &str| attributes.iter().flat_map(|set| &set.pairs).filter(|pair| &*pair.name == name).count();
    let mut take = |name: &str| {
        let pairs = &mut rest.get_mut(at)?.pairs;
        let first = pairs.first()?;
        let value = match &*first.value.to_text() {
            "true" => true,
            "false" => false,
            _ => return None,
        };
        if &*first.name != name || count(name) != 1 || (pairs.len() == 1 && at != 0) {
            return None;
        }
        pairs.remove(0);
        Some(value)
    };
    let standby = take("standby");
    let maintenance = take("maintenance");
    rest.retain(|set| !set.pairs.is_empty() || set.id.is_some() || set.rule.is_some());
    (standby, maintenance, rest)
}

/// Levels of one target that follow each other become one entry.
pub(super) fn fencing(levels: &[FencingLevel]) -> Vec<FencingEntry> {
    levels.chunk_by(|one, next| one.target == next.target).filter_map(fencing_entry).collect()
}

fn fencing_entry(levels: &[FencingLevel]) -> Option<FencingEntry> {
    let (mut target, mut target_pattern, mut target_attribute) = (None, None, None);
    match &levels.first()?.target {
        FencingTarget::Node(node) => target = text(Some(node)),
        FencingTarget::Pattern(pattern) => target_pattern = text(Some(pattern)),
        FencingTarget::Attribute { name, value } => {
            target_attribute = map([(name.to_string(), value.to_string())]);
        }
    }
    let levels = levels.iter().enumerate().map(|(position, level)| {
        let devices = names(&level.devices);
        let is_in_place = usize::from(level.index) == position + 1;
        At::new(if is_in_place && level.id.is_none() {
            LevelEntry::Devices(devices)
        } else {
            LevelEntry::Record(LevelRecord {
                id: text(level.id.as_ref()),
                index: (!is_in_place).then(|| At::new(CountText(level.index.to_string()))),
                devices: At::new(devices),
            })
        })
    });
    Some(FencingEntry { target, target_pattern, target_attribute, levels: At::new(levels.collect()) })
}

pub(super) fn ticket(description: Option<&str>) -> TicketEntry {
    TicketEntry { description: text(description) }
}

pub(super) fn secret(source: &SecretSource) -> SecretEntry {
    match source {
        SecretSource::File(file) => SecretEntry { file: text(Some(file)), env: None },
        SecretSource::Environment(variable) => SecretEntry { file: None, env: text(Some(variable)) },
    }
}

pub(super) fn moved(moved: &Moved) -> MovedEntry {
    MovedEntry { from: At::new(moved.from.to_string()), to: At::new(moved.to.to_string()) }
}
