//! Rules: conditions on node, resource, operation and date that guard options and preferences.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::RuleId;
use super::role::Role;
use super::score::Score;

/// Conditions joined by one operator. An empty rule passes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's own name, where it was given one.
    pub id: Option<RuleId>,
    /// How the conditions combine.
    pub combine: Combine,
    /// Judged in order, stopping as soon as the answer is clear.
    pub conditions: Vec<Condition>,
}

/// How a rule's conditions combine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Combine {
    /// All must pass.
    #[default]
    And,
    /// One must pass.
    Or,
}

/// What a location rule gives to the nodes on which it passes, beside the rule itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RulePreference {
    /// When the preference holds.
    pub rule: Rule,
    /// How strong it is.
    pub score: RuleScore,
    /// The preference is only for this role.
    pub role: Option<Role>,
}

/// Where the score of a location rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleScore {
    /// Written in the rule.
    Fixed(Score),
    /// The value of this node attribute.
    Attribute(Arc<str>),
}

/// One part of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// A rule within the rule.
    Rule(Rule),
    /// Compares a node attribute.
    Attribute(AttributeCondition),
    /// Compares the agent of the resource at hand.
    Agent {
        /// Class, such as `ocf`.
        class: Option<Arc<str>>,
        /// Provider, such as `heartbeat`.
        provider: Option<Arc<str>>,
        /// Type, such as `IPaddr2`.
        kind: Option<Arc<str>>,
    },
    /// Compares the operation at hand.
    Operation {
        /// Its name.
        name: Arc<str>,
        /// Its interval.
        interval: Option<Duration>,
    },
    /// Compares the moment of scheduling.
    Date(DateCondition),
    /// Something unreadable in an imported configuration: never passes.
    Invalid {
        /// What was wrong with it.
        why: String,
    },
}

/// `attribute operation value`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeCondition {
    /// The node attribute's name.
    pub attribute: Arc<str>,
    /// How to compare.
    pub comparison: Comparison,
    /// What to compare with; `None` for *defined* and *not defined*.
    pub value: Option<Arc<str>>,
    /// As what the two are compared; `None` lets the comparison decide.
    pub value_type: Option<ValueType>,
    /// Where the value to compare with comes from.
    pub value_source: ValueSource,
}

/// Comparisons of an attribute condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// The attribute is set.
    Defined,
    /// The attribute is not set.
    NotDefined,
    /// Less than.
    Lt,
    /// Less than or equal.
    Lte,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gte,
    /// Equal; two absent values are equal.
    Eq,
    /// Not equal.
    Ne,
}

impl Comparison {
    const ALL: [Self; 8] =
        [Self::Defined, Self::NotDefined, Self::Lt, Self::Lte, Self::Gt, Self::Gte, Self::Eq, Self::Ne];

    /// The word for it, as rules are written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Defined => "defined",
            Self::NotDefined => "not_defined",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Eq => "eq",
            Self::Ne => "ne",
        }
    }

    /// The comparison of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// As what two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueType {
    /// As text, ignoring case.
    String,
    /// As whole numbers.
    Integer,
    /// As floating-point numbers.
    Number,
    /// As dotted versions.
    Version,
}

impl ValueType {
    const ALL: [Self; 4] = [Self::String, Self::Integer, Self::Number, Self::Version];

    /// The word for it, as rules are written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Version => "version",
        }
    }

    /// The type of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// Where the value to compare with comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueSource {
    /// It is the value itself.
    #[default]
    Literal,
    /// It names an instance attribute of the resource.
    Param,
    /// It names a meta-attribute of the resource.
    Meta,
}

impl ValueSource {
    const ALL: [Self; 3] = [Self::Literal, Self::Param, Self::Meta];

    /// The word for it, as rules are written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Param => "param",
            Self::Meta => "meta",
        }
    }

    /// The source of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// Compares "now". Moments stay text: without an offset they are in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateCondition {
    /// From start to end, either optional.
    InRange {
        /// First moment.
        start: Option<Arc<str>>,
        /// Last moment.
        end: Option<Arc<str>>,
        /// Instead of an end: how long after the start.
        duration: Option<DateParts>,
    },
    /// After this moment.
    Gt(Arc<str>),
    /// Before this moment.
    Lt(Arc<str>),
    /// All given calendar fields are within their ranges.
    Spec(DateParts),
}

/// Calendar fields by name (`hours`, `weekdays`, ...), each a number or a range as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateParts(pub Vec<(Arc<str>, Arc<str>)>);
