//! A plan as one JSON document. Paths that pipelines for Terraform read mean the same here:
//! `resource_changes[].{address,type,name,change.{actions,before,after},action_reason}` and
//! `resource_drift[]`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::summary::{configuration_summary, disruption_summary};
use crate::model::{NodeName, Override};
use crate::plan::aside::{AtWork, Frozen};
use crate::plan::{
    Background, BackgroundKind, Basis, Because, Blocked, Caution, Disruption, FencingMethod, Hazard,
    Leftover, ObjectChange, ObjectChangeKind, Plan, Step, Trouble, Unplaced,
};
use crate::view::because::{because, refusals, remedy, trouble, way_out};
use crate::view::moment;

/// Minor versions add, major versions break.
pub(super) const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
pub(super) struct PlanDocument<'a> {
    format_version: &'static str,
    kind: &'static str,
    quorate_version: &'static str,
    made_at: String,
    origin: &'a str,
    applyable: bool,
    has_changes: bool,
    has_quorum: bool,
    cautions: &'a [Caution],
    summary: String,
    resource_changes: Vec<ResourceChange<'a>>,
    resource_drift: Vec<ResourceChange<'a>>,
    undeclared: &'a [Leftover],
    cluster_actions: Vec<ClusterAction<'a>>,
    blocked_actions: Vec<BlockedAction<'a>>,
    unplaced_resources: Vec<UnplacedResource<'a>>,
    troubles: Vec<TroubleDocument<'a>>,
    background: Vec<BackgroundAction<'a>>,
    disruption: &'a Disruption,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    overrides: &'a [Override],
    needs_allow: &'a [Hazard],
    #[serde(skip_serializing_if = "Option::is_none")]
    at_work: &'a Option<AtWork>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    frozen: &'a [Frozen],
    basis: &'a Basis,
}

#[derive(Serialize)]
struct ResourceChange<'a> {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_address: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    change: ChangeDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<String>,
}

#[derive(Serialize)]
struct ChangeDocument {
    actions: [&'static str; 1],
    before: Value,
    after: Value,
}

#[derive(Serialize)]
struct ClusterAction<'a> {
    number: usize,
    action: &'static str,
    /// How a node is fenced.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    resource: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    reason: String,
    because: &'a Because,
}

#[derive(Serialize)]
struct BackgroundAction<'a> {
    action: BackgroundKind,
    resource: &'a str,
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<u128>,
}

#[derive(Serialize)]
struct BlockedAction<'a> {
    action: &'static str,
    resource: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    reason: String,
}

#[derive(Serialize)]
struct UnplacedResource<'a> {
    resource: &'a str,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// It comes to run once the actions of this plan are done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    later: bool,
}

/// A resource that is not as it should be.
#[derive(Serialize)]
struct TroubleDocument<'a> {
    reason: String,
    help: String,
    #[serde(flatten)]
    trouble: &'a Trouble,
}

/// The plan as JSON, ending with a newline.
pub fn json(plan: &Plan) -> String {
    crate::view::to_json(&document(plan))
}

pub(super) fn document(plan: &Plan) -> PlanDocument<'_> {
    PlanDocument {
        format_version: FORMAT_VERSION,
        kind: "plan",
        quorate_version: env!("CARGO_PKG_VERSION"),
        made_at: moment(plan.made_at),
        origin: &plan.origin,
        applyable: plan.is_actionable(),
        has_changes: !plan.is_empty(),
        has_quorum: plan.has_quorum(),
        cautions: &plan.cautions,
        summary: format!("{}. {}", configuration_summary(plan), disruption_summary(&plan.disruption)),
        resource_changes: plan.objects.iter().map(resource_change).collect(),
        resource_drift: if plan.objects.is_empty() {
            plan.steps.iter().map(drift).collect()
        } else {
            Vec::new()
        },
        undeclared: &plan.leftovers,
        cluster_actions: plan.steps.iter().map(cluster_action).collect(),
        blocked_actions: plan.blocked.iter().map(blocked_action).collect(),
        unplaced_resources: plan.unplaced.iter().map(unplaced_resource).collect(),
        troubles: plan.troubles.iter().map(trouble_document).collect(),
        background: plan.background.iter().map(background_action).collect(),
        disruption: &plan.disruption,
        overrides: &plan.overrides,
        needs_allow: &plan.hazards,
        at_work: &plan.at_work,
        frozen: &plan.frozen,
        basis: &plan.basis,
    }
}

fn resource_change(object: &ObjectChange) -> ResourceChange<'_> {
    let values = |side: fn(&crate::plan::AttributeChange) -> &Option<String>| -> Value {
        let values: Map<String, Value> = object
            .attributes
            .iter()
            .filter_map(|attribute| {
                let path = if attribute.path.is_empty() { "value" } else { &attribute.path };
                side(attribute).as_ref().map(|value| (path.to_owned(), Value::String(value.clone())))
            })
            .collect();
        Value::Object(values)
    };
    let (before, after) = (values(|attribute| &attribute.before), values(|attribute| &attribute.after));
    let (action, before, after, previous) = match &object.kind {
        ObjectChangeKind::Add => ("create", Value::Null, after, None),
        ObjectChangeKind::Delete => ("delete", before, Value::Null, None),
        ObjectChangeKind::Change => ("update", before, after, None),
        ObjectChangeKind::Rename { from } => ("update", before, after, Some(from.to_string())),
    };
    ResourceChange {
        address: object.address.to_string(),
        previous_address: previous,
        kind: object.address.kind.as_str(),
        name: &object.address.name,
        change: ChangeDocument { actions: [action], before, after },
        action_reason: None,
    }
}

/// A step that is needed although nothing was edited: reality has drifted.
fn drift(step: &Step) -> ResourceChange<'_> {
    let place = |node: Option<&str>| node.map_or(Value::Null, |node| serde_json::json!({ "node": node }));
    let (kind, name) = match &step.resource {
        Some(resource) => ("resource", resource.as_str()),
        None => ("node", node(&step.from).unwrap_or_default()),
    };
    ResourceChange {
        address: format!("{kind}.{name}"),
        previous_address: None,
        kind,
        name,
        change: ChangeDocument {
            actions: ["update"],
            before: place(node(&step.from)),
            after: place(node(&step.to)),
        },
        action_reason: Some(because(&step.because)),
    }
}

fn cluster_action(step: &Step) -> ClusterAction<'_> {
    ClusterAction {
        number: step.number,
        action: step.verb.as_str(),
        operation: step.method.map(FencingMethod::as_str),
        resource: step.resource.as_deref(),
        from: node(&step.from),
        to: node(&step.to),
        reason: because(&step.because),
        because: &step.because,
    }
}

fn blocked_action(blocked: &Blocked) -> BlockedAction<'_> {
    BlockedAction {
        action: blocked.verb.as_str(),
        resource: blocked.resource.as_deref(),
        from: node(&blocked.from),
        to: node(&blocked.to),
        reason: because(&blocked.because),
    }
}

fn background_action(background: &Background) -> BackgroundAction<'_> {
    BackgroundAction {
        action: background.kind,
        resource: &background.resource,
        node: node(&background.node),
        interval_ms: Some(background.interval.as_millis()).filter(|interval| *interval > 0),
    }
}

fn unplaced_resource(unplaced: &Unplaced) -> UnplacedResource<'_> {
    UnplacedResource {
        resource: &unplaced.resource,
        reason: refusals(unplaced),
        help: way_out(unplaced),
        later: unplaced.is_later,
    }
}

fn trouble_document(it: &Trouble) -> TroubleDocument<'_> {
    TroubleDocument { reason: trouble(it), help: remedy(it), trouble: it }
}

fn node(node: &Option<NodeName>) -> Option<&str> {
    node.as_ref().map(NodeName::as_str)
}
