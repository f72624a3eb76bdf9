//! Scalars that are checked as they are read and kept as they are written.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::model::option::OptionKind;

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $name(pub(crate) String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor($kind)).map(Self)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                kind_schema($kind).try_into().unwrap_or_else(|_| json_schema!({}))
            }
        }
    };
}

checked_text!(
    /// A score.
    ScoreText,
    OptionKind::Score
);
checked_text!(
    /// A length of time.
    PeriodText,
    OptionKind::Period
);
checked_text!(
    /// A whole number from zero.
    CountText,
    OptionKind::Integer { min: 0, max: i32::MAX as i64 }
);
checked_text!(
    /// A port.
    PortText,
    OptionKind::Integer { min: 1, max: 65535 }
);

struct TextVisitor(OptionKind);

impl Visitor<'_> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        const INFINITE: &[&str] = &["INFINITY", "-INFINITY", "a whole number"];
        let word = text.trim_start_matches(['-', '+']);
        let is_infinite = word.eq_ignore_ascii_case("infinity") || word.eq_ignore_ascii_case("inf");
        match self.0.fault(text) {
            None => Ok(text.to_owned()),
            Some(_) if self.0 == OptionKind::Score && is_infinite => Err(E::unknown_variant(text, INFINITE)),
            Some(fault) => Err(E::custom(fault)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<String, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<String, E> {
        self.visit_str(&number.to_string())
    }
}

/// The schema of a value of this kind.
pub(crate) fn kind_schema(kind: OptionKind) -> Json {
    let boolean = serde_json::json!({"type": ["boolean", "string"], "pattern": "^([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|1|0|#default|[Dd]efault)$"});
    let score = serde_json::json!({"type": ["integer", "string"], "pattern": "^([+-]?(INFINITY|[0-9]+)|#default|[Dd]efault|red|yellow|green)$"});
    let period = serde_json::json!({"type": ["integer", "string"], "pattern": "^(-?[0-9]+ *(|s|sec|ms|msec|us|usec|m|min|h|hr)|P[0-9TYMWDHS]+|#default)$"});
    match kind {
        OptionKind::Boolean | OptionKind::BooleanOrDefault => boolean,
        OptionKind::Integer { min, max } => serde_json::json!({
            "type": ["integer", "string"], "minimum": min, "maximum": max, "pattern": "^([+-]?[0-9]+|#default)$"
        }),
        OptionKind::Score | OptionKind::ScoreOrDefault | OptionKind::HealthScore => score,
        OptionKind::Period | OptionKind::SignedPeriod => period,
        OptionKind::Percentage => serde_json::json!({"type": "string", "pattern": "^([0-9]+%|#default)$"}),
        OptionKind::Choice(choices) => {
            let mut values: Vec<Json> = choices.iter().map(|choice| Json::from(*choice)).collect();
            values.push(Json::from("#default"));
            serde_json::json!({ "enum": values })
        }
        OptionKind::Text => serde_json::json!({"type": ["string", "number", "boolean"]}),
    }
}
