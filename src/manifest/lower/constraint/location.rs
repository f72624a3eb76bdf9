//! Preferences for nodes.

use super::super::{Lower, copy, role, score};
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::constraint::{DiscoveryName, LocationEntry};
use crate::model::constraint::{Constraint, Discovery, Location, LocationPreference, LocationTarget};
use crate::model::rule::{RulePreference, RuleScore};
use crate::model::{ConstraintId, Score, pattern};

impl Lower<'_, '_> {
    pub(super) fn location(self, at: &At<LocationEntry>) -> Option<Location> {
        let entry = at.get()?;
        self.check_id(&entry.id);
        let target = LocationTarget {
            resource: self.target(&entry.resource),
            pattern: self.pattern(&entry.pattern),
            sets: self.sets(&entry.sets),
        };
        if entry.resource.is_none() && entry.pattern.is_none() && entry.sets.is_none() {
            self.missing(
                at.place,
                "a location without `resource`",
                "say who prefers: `resource`, `pattern` or `sets`",
            );
        }
        let has_rule = entry.rule.is_some();
        let preference = self.preference(at.place, entry)?;
        let discovery = match copy(&entry.resource_discovery) {
            Some(DiscoveryName::Always) | None => Discovery::Always,
            Some(DiscoveryName::Never) => Discovery::Never,
            Some(DiscoveryName::Exclusive) => Discovery::Exclusive,
        };
        let role = if has_rule { None } else { role(&entry.role) };
        let location = Location { id: ConstraintId::new(""), target, preference, role, discovery };
        match self.named(&entry.id, Constraint::Location(location)) {
            Constraint::Location(location) => Some(location),
            Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => None,
        }
    }

    fn preference(self, place: Place, entry: &LocationEntry) -> Option<LocationPreference> {
        match (&entry.node, &entry.rule) {
            (Some(node), None) => {
                self.names.check_node(node, self.findings);
                if let Some(attribute) = &entry.score_attribute {
                    self.findings
                        .error("misplaced-field", attribute.place, "`score-attribute` without a rule")
                        .help("with `node`, write the score itself")
                        .report();
                } else if entry.score.is_none() {
                    self.missing(
                        place,
                        "a location without `score`",
                        "say how much: a number, INFINITY for always, -INFINITY for never",
                    );
                }
                let score = score(&entry.score).unwrap_or(Score::ZERO);
                node.get().map(|node| LocationPreference::Node { node: node.as_str().into(), score })
            }
            (None, Some(_)) => self.rule_preference(place, entry).map(LocationPreference::Rule),
            (Some(node), Some(rule)) => {
                self.names.check_node(node, self.findings);
                self.rule(&entry.rule);
                self.findings
                    .error("one-of", rule.place, "a location with `node` and `rule`")
                    .label_key(rule.place, "`rule` here")
                    .label_key(node.place, "`node` here")
                    .help("a rule can name the node: `#uname eq node1 and ...`")
                    .report();
                None
            }
            (None, None) => {
                self.missing(
                    place,
                    "a location without `node`",
                    "say what is preferred: `node: NAME`, or `rule: '...'`",
                );
                None
            }
        }
    }

    fn rule_preference(self, place: Place, entry: &LocationEntry) -> Option<RulePreference> {
        let rule = self.rule(&entry.rule);
        let score = match (&entry.score, &entry.score_attribute) {
            (Some(_), Some(attribute)) => {
                self.findings
                    .error("one-of", attribute.place, "a rule with `score` and `score-attribute`")
                    .label_key(attribute.place, "one of them is enough")
                    .report();
                return None;
            }
            (_, Some(attribute)) => RuleScore::Attribute(attribute.text().into()),
            (Some(_), None) => RuleScore::Fixed(score(&entry.score).unwrap_or(Score::ZERO)),
            (None, None) => {
                self.missing(
                    place,
                    "a location without `score`",
                    "say how much: `score`, or `score-attribute` with a node attribute that holds it",
                );
                RuleScore::Fixed(Score::ZERO)
            }
        };
        Some(RulePreference { rule: rule?, score, role: role(&entry.role) })
    }

    fn pattern(self, field: &Field<String>) -> Option<std::sync::Arc<str>> {
        let at = field.as_ref()?;
        let pattern = at.get()?;
        let expression = pattern.strip_prefix('!').unwrap_or(pattern);
        match pattern::parse(expression) {
            Err(why) => {
                self.findings
                    .error("invalid-pattern", at.place, format!("`{pattern}` is not a regular expression"))
                    .here(why)
                    .report();
            }
            Ok(regex) => {
                let is_negated = expression.len() < pattern.len();
                let matches = |(key, _): &(&At<String>, _)| regex.is_match(key.text()) != is_negated;
                let is_affordable = self.gathered.resources.len() * self.gathered.location.len() < 1_000_000;
                if is_affordable && !self.gathered.resources.iter().any(matches) {
                    self.findings
                        .warning(
                            "pattern-matches-nothing",
                            at.place,
                            format!("no resource matches `{pattern}`"),
                        )
                        .here("this constraint has no effect")
                        .report();
                }
            }
        }
        Some(pattern.as_str().into())
    }
}
