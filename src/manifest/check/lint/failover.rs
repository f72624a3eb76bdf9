//! What keeps resources where they are, and what moves them back.

use std::collections::BTreeMap;

use super::{Lint, mentions};
use crate::model::constraint::{Constraint, LocationPreference};
use crate::model::{OptionSet, Resource, Score};

const STICKINESS: &str = "resource-stickiness";

impl Lint<'_, '_> {
    pub(super) fn check_failover(self) {
        if self.cluster.nodes.len() < 2 {
            return;
        }
        self.check_stickiness();
        self.check_failback();
        self.check_bans();
    }

    fn check_stickiness(self) {
        let is_loose = |resource: &&Resource| match resource {
            Resource::Primitive(_) | Resource::Group(_) => !mentions(resource.meta(), STICKINESS),
            // Instances of clones have a stickiness of 1.
            Resource::Clone(_) | Resource::Bundle(_) => false,
        };
        if mentions(&self.cluster.resource_defaults, STICKINESS) {
            return;
        }
        let loose: Vec<&Resource> = self.cluster.resources.iter().filter(is_loose).collect();
        let Some(place) = loose.first().and_then(|first| self.resource_place(first.id().as_str())) else {
            return;
        };
        let others = match loose.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        self.findings
            .warning("stickiness-zero", place, "nothing keeps running resources where they are")
            .here(format!("stickiness 0{others}"))
            .help("stickiness is 0 unless it is set: resources may move when nodes come and go, to even out their number")
            .help("to keep them, add `defaults: {resource: {meta: {resource-stickiness: 100}}}`")
            .report();
    }

    /// The stickiness of a resource as a whole, where no rule has a say.
    fn stickiness(self, resource: &Resource) -> Option<Score> {
        let own = OptionSet::unruled(resource.meta(), STICKINESS);
        let is_ruled = |sets: &[OptionSet]| {
            sets.iter().any(|set| set.rule.is_some() && mentions(std::slice::from_ref(set), STICKINESS))
        };
        if is_ruled(resource.meta()) || (own.is_none() && is_ruled(&self.cluster.resource_defaults)) {
            return None;
        }
        let each = own.or_else(|| OptionSet::unruled(&self.cluster.resource_defaults, STICKINESS));
        let each = each.and_then(|value| Score::parse(&value)).unwrap_or(Score::ZERO);
        let members = resource.primitives().len().max(1);
        Some(Score::new(i64::from(each.value()).saturating_mul(i64::try_from(members).unwrap_or(1))))
    }

    fn check_failback(self) {
        let by_id: BTreeMap<&str, &Resource> =
            self.cluster.resources.iter().map(|resource| (resource.id().as_str(), resource)).collect();
        for (number, constraint) in self.cluster.constraints.iter().enumerate() {
            let Constraint::Location(location) = constraint else { continue };
            let LocationPreference::Node { node, score } = &location.preference else { continue };
            let resource = location.target.resource.as_ref().and_then(|id| by_id.get(id.as_str()));
            let Some(resource) = resource.filter(|_| *score > Score::ZERO && location.role.is_none()) else {
                continue;
            };
            let is_single = matches!(resource, Resource::Primitive(_) | Resource::Group(_));
            let Some(stickiness) =
                self.stickiness(resource).filter(|stickiness| is_single && *score > *stickiness)
            else {
                continue;
            };
            let id = resource.id();
            self.findings
                .warning(
                    "automatic-failback",
                    self.constraint_place(number),
                    format!("`{id}` prefers {node} by {score}, its stickiness is {stickiness}"),
                )
                .here(format!("when {node} returns, `{id}` moves back, with an interruption"))
                .help(if *score < Score::INFINITY {
                    format!("to let it stay, raise its `resource-stickiness` above {score}")
                } else {
                    "to let it stay, give the preference a score below INFINITY, and a `resource-stickiness` above that".to_owned()
                })
                .report();
        }
    }

    /// One failed start bans a resource from a node, until somebody cleans up.
    fn check_bans(self) {
        let is_fatal = self.is_property_true(&["start-failure-is-fatal"], true);
        let is_forgotten = mentions(&self.cluster.resource_defaults, "failure-timeout")
            || self.cluster.resources.iter().any(|resource| mentions(resource.meta(), "failure-timeout"));
        let first = self.cluster.resources.first().and_then(|first| self.resource_place(first.id().as_str()));
        if let (true, false, Some(place)) = (is_fatal, is_forgotten, first) {
            self.findings
                .note("start-failure-bans", place, "one failed start bans a resource from its node until somebody cleans up")
                .here("for instance")
                .help("with `failure-timeout: 10min` in `defaults.resource` failures are forgotten; with the property `start-failure-is-fatal: false` a start is tried again")
                .report();
        }
    }
}
