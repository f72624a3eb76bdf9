//! Constraints: flat records, one line each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resource::RoleName;
use super::scalar::ScoreText;
use crate::manifest::typed::{At, Field};

/// Constraints by kind.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a mapping with `location`, `colocation`, `order` and `ticket`"
)]
pub(crate) struct Constraints {
    /// Which nodes a resource prefers or avoids.
    pub(crate) location: Field<Vec<At<LocationEntry>>>,
    /// Which resources want to be together or apart.
    pub(crate) colocation: Field<Vec<At<ColocationEntry>>>,
    /// Which resource acts after which.
    pub(crate) order: Field<Vec<At<OrderEntry>>>,
    /// Which resources need a ticket.
    pub(crate) ticket: Field<Vec<At<TicketConstraintEntry>>>,
}

/// A preference for nodes.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a record such as {resource: web, node: node1, score: 50}"
)]
pub(crate) struct LocationEntry {
    /// Name of the constraint; made from its ends where not given.
    pub(crate) id: Field<String>,
    /// Resource, template or tag that prefers.
    pub(crate) resource: Field<String>,
    /// Regular expression on names of top-level resources; a leading `!` inverts it.
    pub(crate) pattern: Field<String>,
    /// Sets of resources that prefer.
    pub(crate) sets: Field<Vec<At<SetEntry>>>,
    /// The node that is preferred.
    pub(crate) node: Field<String>,
    /// Instead of a node: a condition on nodes and time, such as `pingd gt 0`.
    pub(crate) rule: Field<String>,
    /// How much it is preferred; negative to avoid.
    pub(crate) score: Field<ScoreText>,
    /// With a rule: the node attribute that holds the score.
    pub(crate) score_attribute: Field<String>,
    /// The preference is only for this role.
    pub(crate) role: Field<RoleName>,
    /// Whether the resource may be probed there.
    pub(crate) resource_discovery: Field<DiscoveryName>,
}

/// Whether resources are probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum DiscoveryName {
    Always,
    Never,
    Exclusive,
}

/// A preference for company.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a record such as {resource: web, with: ip, score: INFINITY}"
)]
pub(crate) struct ColocationEntry {
    /// Name of the constraint; made from its ends where not given.
    pub(crate) id: Field<String>,
    /// The dependent: it is placed by the other.
    pub(crate) resource: Field<String>,
    /// The primary: it is placed first.
    pub(crate) with: Field<String>,
    /// How much: INFINITY for always together, -INFINITY for never.
    pub(crate) score: Field<ScoreText>,
    /// Only while the dependent has this role.
    pub(crate) role: Field<RoleName>,
    /// Only while the primary has this role.
    pub(crate) with_role: Field<RoleName>,
    /// Together means nodes of equal value of this attribute.
    pub(crate) node_attribute: Field<String>,
    /// Whether the dependent's preferences move the primary.
    pub(crate) influence: Field<bool>,
    /// Sets of resources, instead of `resource` and `with`.
    pub(crate) sets: Field<Vec<At<SetEntry>>>,
}

/// One thing after another.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a record such as {first: ip, then: web}"
)]
pub(crate) struct OrderEntry {
    /// Name of the constraint; made from its ends where not given.
    pub(crate) id: Field<String>,
    /// Acts first.
    pub(crate) first: Field<String>,
    /// Acts then.
    pub(crate) then: Field<String>,
    /// Which action of the first.
    pub(crate) first_action: Field<ActionName>,
    /// Which action of the other; the same as the first's where not given.
    pub(crate) then_action: Field<ActionName>,
    /// How strong it is.
    pub(crate) kind: Field<OrderKindName>,
    /// Old way to say optional (zero) or mandatory.
    pub(crate) score: Field<ScoreText>,
    /// Whether the reverse holds for the reverse actions.
    pub(crate) symmetrical: Field<bool>,
    /// Whether all instances of a clone are needed.
    pub(crate) require_all: Field<bool>,
    /// Sets of resources, instead of `first` and `then`.
    pub(crate) sets: Field<Vec<At<SetEntry>>>,
}

/// Actions that orders name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum ActionName {
    Start,
    Stop,
    Promote,
    Demote,
}

/// How strong an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum OrderKindName {
    Mandatory,
    Optional,
    Serialize,
}

/// A need for a ticket.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a record such as {resource: web, ticket: site-a}"
)]
pub(crate) struct TicketConstraintEntry {
    /// Name of the constraint; made from its ends where not given.
    pub(crate) id: Field<String>,
    /// The resource, template or tag that needs it.
    pub(crate) resource: Field<String>,
    /// Only in this role.
    pub(crate) role: Field<RoleName>,
    /// The ticket.
    pub(crate) ticket: At<String>,
    /// What happens when it is lost.
    pub(crate) loss_policy: Field<LossPolicyName>,
    /// Sets of resources, instead of `resource`.
    pub(crate) sets: Field<Vec<At<SetEntry>>>,
}

/// What happens when a ticket is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum LossPolicyName {
    Fence,
    Stop,
    Freeze,
    Demote,
}

/// Several resources that a constraint treats alike.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a set such as {resources: [a, b]}")]
pub(crate) struct SetEntry {
    /// The set's own id.
    pub(crate) id: Field<String>,
    /// Resources, templates or tags, in order.
    pub(crate) resources: Field<Vec<At<String>>>,
    /// Whether members depend on each other in order.
    pub(crate) sequential: Field<bool>,
    /// Whether all members are needed.
    pub(crate) require_all: Field<bool>,
    /// Role, in colocations, locations and tickets.
    pub(crate) role: Field<RoleName>,
    /// Action, in orders.
    pub(crate) action: Field<ActionName>,
    /// Score of this set alone.
    pub(crate) score: Field<ScoreText>,
    /// Strength within this set alone, in orders.
    pub(crate) kind: Field<OrderKindName>,
    /// Symmetry within this set alone, in orders.
    pub(crate) symmetrical: Field<bool>,
    /// Deprecated: which way members of a colocation follow each other.
    pub(crate) ordering: Field<String>,
}
