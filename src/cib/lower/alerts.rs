//! Alerts.

use super::{Lowering, description, options, shared};
use crate::cib::xml::Element;
use crate::model::Alert;
use crate::model::alert::{AlertEvent, Recipient};

/// Lowers the alerts in order.
pub(super) fn lower_alerts<'t>(lowering: &mut Lowering<'t>, section: Element<'t>) -> Vec<Alert> {
    section.children_named("alert").filter_map(|alert| lower_alert(lowering, alert)).collect()
}

fn lower_alert<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<Alert> {
    Some(Alert {
        id: lowering.required(element, "id")?.into(),
        path: lowering.required(element, "path")?.into(),
        description: description(element),
        meta: options::lower_sets(lowering, element, "meta_attributes"),
        params: options::lower_sets(lowering, element, "instance_attributes"),
        select: element.child("select").map(lower_select).unwrap_or_default(),
        recipients: element
            .children_named("recipient")
            .filter_map(|recipient| lower_recipient(lowering, recipient))
            .collect(),
    })
}

fn lower_select(select: Element<'_>) -> Vec<AlertEvent> {
    let events = select.children().filter_map(|event| match event.name() {
        "select_nodes" => Some(AlertEvent::Nodes),
        "select_fencing" => Some(AlertEvent::Fencing),
        "select_resources" => Some(AlertEvent::Resources),
        "select_attributes" => {
            let names = event.children_named("attribute").filter_map(|attribute| shared(attribute, "name"));
            Some(AlertEvent::Attributes(names.collect()))
        }
        _ => None,
    });
    events.collect()
}

fn lower_recipient<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<Recipient> {
    Some(Recipient {
        id: shared(element, "id"),
        value: lowering.required(element, "value")?.into(),
        description: description(element),
        meta: options::lower_sets(lowering, element, "meta_attributes"),
        params: options::lower_sets(lowering, element, "instance_attributes"),
    })
}
