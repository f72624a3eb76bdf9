//! Configured nodes.

use super::{Lowering, options};
use crate::cib::xml::Element;
use crate::model::node::NodeKind;
use crate::model::{Node, NodeId, NodeName};

/// Lowers the nodes in order. A node of unknown type ends the reading, as it does for Pacemaker.
pub(super) fn lower_nodes<'t>(lowering: &mut Lowering<'t>, section: Element<'t>) -> Vec<Node> {
    let mut nodes = Vec::new();
    for element in section.children_named("node") {
        let Some(id) = lowering.required(element, "id") else { continue };
        let kind = match element.attribute("type").unwrap_or("member") {
            "member" | "normal" | "ping" => NodeKind::Member,
            "remote" => NodeKind::Remote,
            other => {
                lowering.dropped(
                    element,
                    &format!("`{other}` is not a type of node; nodes after it are not read"),
                );
                break;
            }
        };
        if element.attribute("description").is_some() {
            lowering.unkept(element, "description");
        }
        nodes.push(Node {
            id: NodeId::from(id),
            name: NodeName::from(element.attribute("uname").unwrap_or(id)),
            kind,
            score: lowering.score(element, "score").unwrap_or_default(),
            addresses: Vec::new(),
            attributes: options::lower_sets(lowering, element, "instance_attributes"),
            utilization: options::lower_sets(lowering, element, "utilization"),
        });
    }
    nodes
}
