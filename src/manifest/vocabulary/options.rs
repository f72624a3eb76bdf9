//! Sets of options: a plain map, or a list of blocks that rules guard and scores rank.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::scalar::{ScoreText, kind_schema};
use crate::manifest::typed::{At, Field, Map, MapVisitor};
use crate::model::option::{self, OptionSpec, Standing};

/// Whose options these are.
pub(crate) trait Owner {
    /// Name of the schema.
    const NAME: &'static str;
    /// How a block names its contents.
    const CONTENT: &'static str;
    /// Fields of a block.
    const FIELDS: &'static [&'static str];
    /// Whether a map is one block (as in `defaults`) instead of the options themselves.
    const IS_BLOCK: bool = false;
    /// The options that exist; `None` where any name is good.
    const TABLE: Option<&'static [OptionSpec]>;
}

macro_rules! owner {
    ($(#[$doc:meta])* $name:ident, $content:literal, $block:literal, $table:expr) => {
        $(#[$doc])*
        #[derive(Debug, PartialEq)]
        pub(crate) struct $name;

        impl Owner for $name {
            const NAME: &'static str = stringify!($name);
            const CONTENT: &'static str = $content;
            const FIELDS: &'static [&'static str] = &["id", "rule", "score", $content];
            const IS_BLOCK: bool = $block;
            const TABLE: Option<&'static [OptionSpec]> = $table;
        }
    };
}

owner!(
    /// Cluster properties.
    Properties, "properties", false, Some(option::PROPERTIES)
);
owner!(
    /// What an agent is told.
    Params, "params", false, None
);
owner!(
    /// What the cluster is told about a resource.
    Meta, "meta", false, Some(option::RESOURCE_META)
);
owner!(
    /// Options of an operation.
    OperationMeta, "meta", false, Some(option::OPERATION)
);
owner!(
    /// Options of an alert or recipient.
    AlertMeta, "meta", false, Some(option::ALERT_META)
);
owner!(
    /// Attributes of a node.
    Attributes, "attributes", false, None
);
owner!(
    /// Capacity that a node offers or a resource needs.
    Utilization, "utilization", false, None
);
owner!(
    /// Defaults for meta-attributes of resources.
    MetaDefaults, "meta", true, Some(option::RESOURCE_META)
);
owner!(
    /// Defaults for options of operations.
    OperationDefaults, "meta", true, Some(option::OPERATION)
);

/// Options of one owner.
#[derive(Debug, PartialEq)]
pub(crate) enum Options<K> {
    /// Names and values.
    Plain(Map<OptionValue>),
    /// One block, or several in file order.
    Blocks(Vec<At<Block<K>>>),
}

impl<K> Options<K> {
    /// The names and values of each block, whatever guards it.
    pub(crate) fn maps(&self) -> Vec<&Map<OptionValue>> {
        match self {
            Self::Plain(map) => vec![map],
            Self::Blocks(blocks) => {
                blocks.iter().filter_map(|block| block.get()?.content.as_ref()?.get()).collect()
            }
        }
    }

    /// All names and values, whatever guards them.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = &(At<String>, At<OptionValue>)> {
        self.maps().into_iter().flat_map(Map::iter)
    }
}

/// Options that apply together.
#[derive(Debug, PartialEq)]
pub(crate) struct Block<K> {
    pub(crate) id: Field<String>,
    pub(crate) rule: Field<String>,
    pub(crate) score: Field<ScoreText>,
    pub(crate) content: Field<Map<OptionValue>>,
    pub(crate) owner: PhantomData<K>,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OptionValue {
    /// Text, number or boolean, as written.
    Text(String),
    /// The name of a secret.
    Secret(At<String>),
}

impl<'de, K: Owner> Deserialize<'de> for Options<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OptionsVisitor(PhantomData))
    }
}

struct OptionsVisitor<K>(PhantomData<K>);

impl<'de, K: Owner> Visitor<'de> for OptionsVisitor<K> {
    type Value = Options<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if K::IS_BLOCK {
            write!(f, "a block with `{}`, or a list of such blocks", K::CONTENT)
        } else {
            write!(f, "a mapping of names to values, or a list of blocks with `rule` and `{}`", K::CONTENT)
        }
    }

    fn visit_unit<E>(self) -> Result<Options<K>, E> {
        Ok(Options::Plain(Map::default()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Options<K>, A::Error> {
        if K::IS_BLOCK {
            let block = BlockVisitor(PhantomData).visit_map(map)?;
            return Ok(Options::Blocks(vec![At::new(block)]));
        }
        MapVisitor(PhantomData).visit_map(map).map(Options::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Options<K>, A::Error> {
        let mut blocks = Vec::new();
        while let Some(block) = sequence.next_element()? {
            blocks.push(block);
        }
        Ok(Options::Blocks(blocks))
    }
}

impl<'de, K: Owner> Deserialize<'de> for Block<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Block", K::FIELDS, BlockVisitor(PhantomData))
    }
}

struct BlockVisitor<K>(PhantomData<K>);

impl<'de, K: Owner> Visitor<'de> for BlockVisitor<K> {
    type Value = Block<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = K::CONTENT;
        if K::IS_BLOCK {
            write!(f, "a block such as {{rule: '...', {content}: {{...}}}}")
        } else {
            write!(
                f,
                "a mapping `{content}: {{NAME: VALUE}}` in place of the list, or blocks such as \
                 {{rule: '...', {content}: {{NAME: VALUE}}}} in it"
            )
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Block<K>, A::Error> {
        let mut block = Block { id: None, rule: None, score: None, content: None, owner: PhantomData };
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                "id" => block.id = map.next_value()?,
                "rule" => block.rule = map.next_value()?,
                "score" => block.score = map.next_value()?,
                content if content == K::CONTENT => block.content = map.next_value()?,
                other => return Err(serde::de::Error::unknown_field(other, K::FIELDS)),
            }
        }
        Ok(block)
    }
}

impl<'de> Deserialize<'de> for OptionValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OptionValueVisitor)
    }
}

struct OptionValueVisitor;

impl<'de> Visitor<'de> for OptionValueVisitor {
    type Value = OptionValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value or {secret: NAME}")
    }

    fn visit_str<E>(self, text: &str) -> Result<OptionValue, E> {
        Ok(OptionValue::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<OptionValue, E> {
        Ok(OptionValue::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<OptionValue, E> {
        Ok(OptionValue::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<OptionValue, E> {
        Ok(OptionValue::Text(value.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OptionValue, A::Error> {
        let entry: Option<(String, At<String>)> = map.next_entry()?;
        let is_last = map.next_key::<serde::de::IgnoredAny>()?.is_none();
        match entry {
            Some((key, name)) if key == "secret" && is_last => Ok(OptionValue::Secret(name)),
            _ => Err(serde::de::Error::invalid_type(serde::de::Unexpected::Map, &self)),
        }
    }
}

impl<K: Owner> Serialize for Options<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(map) => map.serialize(serializer),
            Self::Blocks(blocks) => match blocks.as_slice() {
                [only] if K::IS_BLOCK => only.serialize(serializer),
                several => several.serialize(serializer),
            },
        }
    }
}

impl<K: Owner> Serialize for Block<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("rule", &self.rule)?;
        map.serialize_entry("score", &self.score)?;
        map.serialize_entry(K::CONTENT, &self.content)?;
        map.end()
    }
}

impl Serialize for OptionValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Secret(name) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("secret", name)?;
                map.end()
            }
        }
    }
}

impl<K: Owner> JsonSchema for Options<K> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Options", K::NAME).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let plain = plain_schema::<K>();
        let mut block = serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "id": {"type": "string", "description": "The block's own name; unknown options are allowed in a block that has one."},
                "rule": {"type": "string", "description": "The block applies only while this holds."},
                "score": kind_schema(option::OptionKind::Score),
            }
        });
        if let Some(fields) = block.get_mut("properties").and_then(|fields| fields.as_object_mut()) {
            // A block with an id may hold options that we do not know.
            fields.insert(K::CONTENT.to_owned(), open(plain.clone()));
        }
        let list = serde_json::json!({"type": "array", "items": block.clone()});
        let single = if K::IS_BLOCK { block } else { plain };
        json_schema!({ "anyOf": [single, list] })
    }
}

fn plain_schema<K: Owner>() -> serde_json::Value {
    match K::TABLE {
        None => serde_json::json!({"type": ["object", "null"], "additionalProperties": value_schema(None)}),
        Some(table) => {
            let fields: serde_json::Map<String, serde_json::Value> =
                table.iter().map(|spec| (spec.name.to_owned(), value_schema(Some(spec)))).collect();
            serde_json::json!({"type": ["object", "null"], "additionalProperties": false, "properties": fields})
        }
    }
}

fn open(mut schema: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("additionalProperties".to_owned(), serde_json::Value::Bool(true));
    }
    schema
}

fn value_schema(spec: Option<&OptionSpec>) -> serde_json::Value {
    let secret = serde_json::json!({
        "type": "object", "additionalProperties": false, "required": ["secret"],
        "properties": {"secret": {"type": "string"}}
    });
    let Some(spec) = spec else {
        return serde_json::json!({"anyOf": [{"type": ["string", "number", "boolean"]}, secret]});
    };
    let mut schema = kind_schema(spec.kind);
    if let Some(fields) = schema.as_object_mut() {
        let note = match spec.standing {
            Standing::Current => String::new(),
            Standing::AliasOf(name) => format!(" Another name of `{name}`."),
            Standing::Deprecated => " Deprecated.".to_owned(),
            Standing::Generated => " Written by the cluster itself.".to_owned(),
        };
        fields.insert("description".to_owned(), format!("{}{note}", spec.description).into());
        if let Some(default) = spec.default {
            fields.insert("default".to_owned(), default_value(spec, default));
        }
    }
    schema
}

/// A default as the JSON value that an editor would fill in.
fn default_value(spec: &OptionSpec, default: &str) -> serde_json::Value {
    let is_switch = matches!(spec.kind, option::OptionKind::Boolean | option::OptionKind::BooleanOrDefault);
    let is_number = matches!(spec.kind, option::OptionKind::Integer { .. });
    match default.parse::<i64>() {
        _ if is_switch => (default == "true").into(),
        Ok(number) if is_number => number.into(),
        Ok(_) | Err(_) => default.into(),
    }
}
