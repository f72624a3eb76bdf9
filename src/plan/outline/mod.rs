//! The outline of a cluster: every configured thing under its address, every attribute of it
//! under its path. Two clusters are compared outline by outline.
//!
//! Every part of the model is taken apart field by field, so that a new field cannot be
//! forgotten. Ids that only a CIB has (of option sets, operations, rules) are left out: they
//! say nothing.

mod constraint;
mod index;
mod membership;
mod options;
mod parts;
mod resource;

pub(super) use index::Index;
pub(super) use membership::{COROSYNC, ISOLATION};
pub(super) use parts::level_name;

use std::fmt::Display;

use serde::{Deserialize, Serialize};

pub(super) use options::rule_text;

use super::address::{Address, ObjectKind};
use crate::model::secrecy::{without_secrets, words};
use crate::model::{Cluster, Constraint, Rule, period, scalar, score::Score};

/// One configured thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// What and which it is.
    pub address: Address,
    /// What to show of it on one line.
    pub headline: String,
    /// Everything that is said of it, in order.
    pub attributes: Vec<Attribute>,
}

/// One attribute of a configured thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Where it is, such as `params.ip`; empty when the thing has only a value.
    pub path: String,
    /// Its value as text.
    pub value: String,
    /// How two values are compared.
    pub comparison: Comparison,
}

/// What stands for a value that is never shown.
pub(super) const HIDDEN: &str = "(hidden)";

/// How two values of an attribute are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Letter by letter: agents see the text itself.
    Verbatim,
    /// As [`Comparison::Verbatim`], and never shown.
    Hidden,
    /// By what it means to the cluster: `60s` is `1min`, `yes` is `true`.
    ByMeaning,
}

/// Everything that `cluster` says, in order of kind and then of the source.
pub fn outline(cluster: &Cluster) -> Vec<Object> {
    let Cluster {
        name,
        properties,
        nodes,
        resources,
        templates,
        resource_defaults,
        operation_defaults,
        constraints,
        fencing_levels,
        tags,
        alerts,
        acls,
        corosync,
        isolation,
    } = cluster;
    let mut objects = Vec::new();
    if let Some(name) = name {
        let mut object = Object::new(ObjectKind::Cluster, "cluster.name");
        object.say("", name);
        object.headline.clone_from(name);
        objects.push(object);
    }
    objects.extend(corosync.as_ref().map(membership::corosync));
    objects.extend(isolation.as_ref().map(membership::isolation));
    objects.extend(nodes.iter().map(parts::node));
    objects.extend(options::settings(ObjectKind::Property, properties));
    objects.extend(options::settings(ObjectKind::ResourceDefault, resource_defaults));
    objects.extend(options::settings(ObjectKind::OperationDefault, operation_defaults));
    objects.extend(templates.iter().map(resource::template));
    for resource in resources {
        resource::resource(resource, &mut objects);
    }
    objects.extend(constraints.iter().map(constraint::constraint));
    objects.extend(fencing_levels.iter().map(parts::fencing_level));
    objects.extend(tags.iter().map(|(id, members)| parts::tag(id, members)));
    objects.extend(alerts.iter().map(parts::alert));
    objects.extend(acls.roles.iter().map(parts::acl_role));
    objects.extend(acls.subjects.iter().map(parts::acl_subject));
    for object in &mut objects {
        object.headline = without_secrets(&object.headline).into_owned();
    }
    objects
}

/// The address of a constraint.
pub(super) fn address_of(constraint: &Constraint) -> Address {
    constraint::constraint(constraint).address
}

impl Object {
    fn new(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self { address: Address::new(kind, name), headline: String::new(), attributes: Vec::new() }
    }

    /// Adds an attribute that means the same in any spelling.
    fn say(&mut self, path: impl Into<String>, value: impl Display) {
        self.push(path.into(), value.to_string(), Comparison::ByMeaning);
    }

    /// Adds a rule.
    fn say_rule(&mut self, path: impl Into<String>, rule: &Rule) {
        let text = options::full_rule_text(rule);
        let is_secret = text != rule_text(rule);
        self.push(path.into(), text, if is_secret { Comparison::Hidden } else { Comparison::ByMeaning });
    }

    /// Adds an attribute if there is something to say.
    fn say_some(&mut self, path: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.say(path, value);
        }
    }

    fn push(&mut self, path: String, value: String, comparison: Comparison) {
        self.attributes.push(Attribute { path, value, comparison });
    }

    /// The attribute at `path`.
    pub fn attribute(&self, path: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.path == path)
    }

    /// Whether both say the same, whatever they are called.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.address.kind == other.address.kind
            && self.attributes.len() == other.attributes.len()
            && self.attributes.iter().all(|attribute| {
                other.attribute(&attribute.path).is_some_and(|other| attribute.means_the_same_as(other))
            })
    }
}

impl Attribute {
    /// Whether two values mean the same.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        self.value == other.value
            || (self.comparison == Comparison::ByMeaning
                && other.comparison == Comparison::ByMeaning
                && means_the_same(&self.value, &other.value))
    }

    /// The path as it may be shown: what somebody wrote into the name of a secret is not.
    pub fn shown_path(&self) -> String {
        let is_plain =
            |letter: char| !letter.is_whitespace() && !matches!(letter, '"' | '\'' | '{' | ',' | '=');
        match words::next(&self.path, 0).filter(|_| !self.path.chars().all(is_plain)) {
            Some(name) => format!("{} {HIDDEN}", self.path.get(..name.end).unwrap_or_default()),
            None => self.path.clone(),
        }
    }

    /// The value as it may be shown.
    pub fn shown(&self) -> String {
        match self.comparison {
            Comparison::Verbatim | Comparison::ByMeaning => without_secrets(&self.value).into_owned(),
            Comparison::Hidden => HIDDEN.to_owned(),
        }
    }
}

/// Whether two texts are one boolean, one period or one score. Plain numbers are only equal
/// when they are the same number.
fn means_the_same(one: &str, other: &str) -> bool {
    if let (Some(one), Some(other)) = (scalar::parse_boolean(one), scalar::parse_boolean(other)) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (exact_score(one), exact_score(other)) {
        return one == other;
    }
    match (period::parse(one), period::parse(other)) {
        (Some(one), Some(other)) => one == other,
        (_, _) => false,
    }
}

/// Whether another text may mean the same as this one.
fn is_free_in_spelling(text: &str) -> bool {
    scalar::parse_boolean(text).is_some() || exact_score(text).is_some() || period::parse(text).is_some()
}

fn exact_score(text: &str) -> Option<Score> {
    let digits = text.trim_start_matches(['+', '-']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number || digits == "INFINITY").then(|| Score::parse(text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_meaning() {
        for (one, other) in
            [("60s", "1min"), ("true", "yes"), ("1", "true"), ("INFINITY", "1000000"), ("60", "1min")]
        {
            assert!(means_the_same(one, other), "{one} {other}");
        }
        for (one, other) in [("60s", "61s"), ("true", "no"), ("10", "100"), ("stop", "freeze"), ("1", "-1")] {
            assert!(!means_the_same(one, other), "{one} {other}");
        }
    }
}
