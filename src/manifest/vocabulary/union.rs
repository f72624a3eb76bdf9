//! Values that are a name or list in short, and a record in full.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::rest::{LevelEntry, LevelRecord, RecipientEntry, RecipientRecord, SelectEntry};

const EVENTS: &[&str] = &["nodes", "fencing", "resources", "attributes"];

struct LevelVisitor;

impl<'de> Visitor<'de> for LevelVisitor {
    type Value = LevelEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of devices, or a level such as {index: 1, devices: [ipmi1]}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<LevelEntry, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(sequence)).map(LevelEntry::Devices)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LevelEntry, A::Error> {
        LevelRecord::deserialize(MapAccessDeserializer::new(map)).map(LevelEntry::Record)
    }
}

impl<'de> Deserialize<'de> for LevelEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LevelVisitor)
    }
}

impl Serialize for LevelEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Devices(devices) => devices.serialize(serializer),
            Self::Record(record) => record.serialize(serializer),
        }
    }
}

impl JsonSchema for LevelEntry {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let record = generator.subschema_for::<LevelRecord>();
        json_schema!({"anyOf": [{"type": "array", "items": {"type": "string"}}, record]})
    }
}

struct RecipientVisitor;

impl<'de> Visitor<'de> for RecipientVisitor {
    type Value = RecipientEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address, or a recipient such as {value: ops@example.com}")
    }

    fn visit_str<E>(self, text: &str) -> Result<RecipientEntry, E> {
        Ok(RecipientEntry::Value(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RecipientEntry, A::Error> {
        RecipientRecord::deserialize(MapAccessDeserializer::new(map)).map(RecipientEntry::Record)
    }
}

impl<'de> Deserialize<'de> for RecipientEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RecipientVisitor)
    }
}

impl Serialize for RecipientEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => serializer.serialize_str(value),
            Self::Record(record) => record.serialize(serializer),
        }
    }
}

impl JsonSchema for RecipientEntry {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Recipient".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let record = generator.subschema_for::<RecipientRecord>();
        json_schema!({"anyOf": [{"type": "string"}, record]})
    }
}

struct SelectVisitor;

impl<'de> Visitor<'de> for SelectVisitor {
    type Value = SelectEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind of event")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SelectEntry, E> {
        match text {
            "nodes" => Ok(SelectEntry::Nodes),
            "fencing" => Ok(SelectEntry::Fencing),
            "resources" => Ok(SelectEntry::Resources),
            "attributes" => Ok(SelectEntry::Attributes(Vec::new())),
            _ => Err(E::unknown_variant(text, EVENTS)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SelectEntry, A::Error> {
        match map.next_entry::<String, _>()? {
            Some((key, names)) if key == "attributes" => Ok(SelectEntry::Attributes(names)),
            _ => Err(A::Error::custom("only `attributes` takes a list, as in {attributes: [pingd]}")),
        }
    }
}

impl<'de> Deserialize<'de> for SelectEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SelectVisitor)
    }
}

impl Serialize for SelectEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nodes => serializer.serialize_str("nodes"),
            Self::Fencing => serializer.serialize_str("fencing"),
            Self::Resources => serializer.serialize_str("resources"),
            Self::Attributes(names) if names.is_empty() => serializer.serialize_str("attributes"),
            Self::Attributes(names) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("attributes", names)?;
                map.end()
            }
        }
    }
}

impl JsonSchema for SelectEntry {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Select".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"enum": EVENTS},
            {"type": "object", "additionalProperties": false, "required": ["attributes"],
             "properties": {"attributes": {"type": "array", "items": {"type": "string"}}}}
        ]})
    }
}
