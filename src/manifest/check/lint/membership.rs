//! Nodes: single links, remote nodes that nobody connects to, resources that no node may run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Lint;
use crate::manifest::typed::At;
use crate::model::constraint::{Constraint, LocationPreference};
use crate::model::node::NodeKind;
use crate::model::{OptionSet, Primitive, Resource, ResourceId, Score};

/// The time after which corosync takes the token for lost, unless it is told another.
const TOKEN: Duration = Duration::from_secs(3);
/// What each node beyond the second adds to it.
const TOKEN_COEFFICIENT: Duration = Duration::from_millis(650);

impl Lint<'_, '_> {
    pub(super) fn check_membership(self) {
        self.check_links();
        self.check_agreement();
        self.check_remotes();
        self.check_guests();
        self.check_eligible();
    }

    fn check_links(self) {
        let members = || self.cluster.members();
        let is_single = members().count() > 1 && members().all(|node| node.addresses.len() == 1);
        let first = self.gathered.nodes.iter().find_map(|(_, at)| at.get()?.addresses.as_ref());
        if let (true, Some(first)) = (is_single, first) {
            self.findings
                .note(
                    "single-link",
                    first.place,
                    "the nodes talk over one link: its failure looks like the failure of a node",
                )
                .here("one address per node")
                .help("give each node an address in a second network: `addresses: [10.0.0.11, 10.1.0.11]`")
                .report();
        }
    }

    /// From three nodes on, members that agree in less time than the token may take found memberships that differ.
    fn check_agreement(self) {
        let Some(corosync) = &self.cluster.corosync else { return };
        let (Some(consensus), Some(more)) = (corosync.consensus, self.member_count().checked_sub(2)) else {
            return;
        };
        let coefficient = corosync.token_coefficient.unwrap_or(TOKEN_COEFFICIENT);
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let token = corosync.token.unwrap_or(TOKEN).saturating_add(coefficient.saturating_mul(more));
        let entry = self.gathered.corosync.and_then(At::get).and_then(|entry| entry.consensus.as_ref());
        let Some(at) = entry.filter(|_| more > 0 && consensus * 5 < token * 6) else { return };
        let (token, least) = (token.as_millis(), (token * 6 / 5).as_millis());
        self.findings
            .warning("short-consensus", at.place, "nodes may agree on memberships that differ")
            .here(format!("less than 1.2 times the token, which is {token}ms here"))
            .help(format!("write `{least}ms` at least, or leave it out: it follows the token then"))
            .report();
    }

    fn check_remotes(self) {
        let connections: BTreeSet<String> = self
            .cluster
            .resources
            .iter()
            .flat_map(Resource::primitives)
            .filter(|primitive| {
                let agent = self.cluster.agent_of(primitive);
                agent.is_none_or(|agent| agent.to_string().eq_ignore_ascii_case("ocf:pacemaker:remote"))
            })
            .map(|primitive| primitive.id.as_str().to_lowercase())
            .collect();
        for (key, at) in &self.gathered.nodes {
            let Some(node) = at.get() else { continue };
            let is_remote = node.remote.as_ref().and_then(At::get) == Some(&true);
            if is_remote && !connections.contains(&key.text().to_lowercase()) {
                let name = key.text();
                let addresses = node.addresses.as_ref().and_then(At::get);
                let first = addresses.and_then(|addresses| addresses.first()).map(At::text);
                let address = first.unwrap_or(name);
                self.findings
                    .warning("remote-without-connection", key.place, format!("no resource connects to the remote node `{name}`"))
                    .here("stays offline")
                    .help(format!("add the resource `{name}: {{agent: ocf:pacemaker:remote, params: {{server: {address}}}}}`"))
                    .report();
            }
        }
    }

    /// The nodes that virtual machines and connections make; those of bundles are for what is in them.
    fn guests(self) -> Vec<Arc<str>> {
        let primitives = self.cluster.resources.iter().flat_map(Resource::primitives);
        let made = |primitive: &Primitive| {
            let agent = self.cluster.agent_of(primitive).map(ToString::to_string);
            let is_connection = agent.is_some_and(|agent| agent.eq_ignore_ascii_case("ocf:pacemaker:remote"));
            let guest = OptionSet::unruled(&primitive.meta, "remote-node");
            guest.or_else(|| is_connection.then(|| primitive.id.to_shared()))
        };
        primitives.filter_map(made).collect()
    }

    /// Guests under the name of a node that needs none to make it: failures of the one would be taken for
    /// those of the other.
    fn check_guests(self) {
        for primitive in self.cluster.resources.iter().flat_map(Resource::primitives) {
            let Some(guest) = OptionSet::unruled(&primitive.meta, "remote-node") else { continue };
            let guest = guest.to_string();
            let is_own = |node: &&crate::model::Node| node.kind == NodeKind::Member && node.name.is(&guest);
            if let Some(node) = self.cluster.nodes.iter().find(is_own)
                && let Some(place) = self.resource_place(primitive.id.as_str())
            {
                self.findings
                    .error(
                        "guest-is-member",
                        place,
                        format!("`{}` makes the guest node `{guest}`, and a member is called so", primitive.id),
                    )
                    .here(format!("`remote-node: {guest}`"))
                    .help(format!(
                        "give the guest a name of its own, or, where `{}` is no member, take it out of `nodes` or write `{0}: {{remote: true}}`",
                        node.name
                    ))
                    .report();
            }
        }
    }

    /// Resources that no node may run, as far as constraints without rules say.
    fn check_eligible(self) {
        let is_opt_out = self.is_property_true(&["symmetric-cluster"], true);
        let mut scores: BTreeMap<&str, BTreeMap<String, Score>> = BTreeMap::new();
        let mut is_open: BTreeSet<&str> = BTreeSet::new();
        let mut is_everything_open = false;
        for constraint in &self.cluster.constraints {
            let Constraint::Location(location) = constraint else { continue };
            let resource = location.target.resource.as_ref().map(ResourceId::as_str);
            let named = resource.filter(|id| self.names.resources.contains_key(id));
            match (&location.preference, named) {
                (LocationPreference::Node { node, score }, Some(id)) if location.role.is_none() => {
                    let slot = scores
                        .entry(id)
                        .or_default()
                        .entry(node.as_str().to_lowercase())
                        .or_insert(Score::ZERO);
                    *slot = slot.plus(*score);
                }
                (_, Some(id)) => {
                    is_open.insert(id);
                }
                (_, None) => is_everything_open |= !is_opt_out,
            }
        }
        if is_everything_open {
            return;
        }
        let guests = self.guests();
        let members = self.cluster.nodes.iter().map(|node| node.name.as_str());
        let nodes: Vec<&str> = members.chain(guests.iter().map(|guest| &**guest)).collect();
        for resource in
            self.cluster.resources.iter().filter(|resource| !is_open.contains(resource.id().as_str()))
        {
            let Some(place) = self.resource_place(resource.id().as_str()) else { continue };
            let given = scores.get(resource.id().as_str());
            let score = |node: &str| given.and_then(|given| given.get(&node.to_lowercase()).copied());
            let is_allowed = |node: &&str| match score(node) {
                Some(score) => score > Score::MINUS_INFINITY,
                None => is_opt_out,
            };
            if !nodes.is_empty() && !nodes.iter().any(is_allowed) {
                let help = if is_opt_out {
                    "its location constraints forbid every node: remove one of them"
                } else {
                    "with `symmetric-cluster: false`, a resource needs a location constraint for each node that may run it"
                };
                self.findings
                    .warning("no-eligible-node", place, format!("no node may run `{}`", resource.id()))
                    .here("stays stopped")
                    .help(help)
                    .report();
            }
        }
    }
}
