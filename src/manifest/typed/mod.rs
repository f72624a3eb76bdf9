//! Typed reading of the tree: serde with places, and with all errors instead of the first.
//!
//! Vocabulary types wrap what they hold in [`At`]. Reading an `At` never fails: what is wrong
//! inside is reported at its place and leaves a hole, so that reading goes on beside it. Keys
//! that a struct does not know are reported and skipped before serde sees them.

mod access;
mod error;
pub(super) mod scalar;
mod value;

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::document::{Document, Place};
use super::findings::Findings;

/// The name by which the tree's deserializer knows that a place is asked for.
pub(super) const AT: &str = "$quorate::At";

/// A value with its place; without value where it could not be read, which is reported already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) place: Place,
    pub(super) value: Option<T>,
}

/// A field that may be left out.
pub(super) type Field<T> = Option<At<T>>;

impl<T> At<T> {
    /// A value that was never text.
    pub(super) fn new(value: T) -> Self {
        Self { place: Place::NOWHERE, value: Some(value) }
    }

    pub(super) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl At<String> {
    /// The text; empty where it could not be read.
    pub(super) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or("")
    }
}

/// Reads a whole document as a `T`.
pub(super) fn read<T: for<'de> Deserialize<'de>>(
    document: &Document,
    findings: &Findings<'_>,
) -> Option<At<T>> {
    let root = document.root?;
    At::deserialize(value::Value::new(document, findings, root)).ok()
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AT, AtVisitor(PhantomData))
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    /// What the tree gives: the place, then the value if it is one.
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<At<T>, A::Error> {
        let bits = sequence.next_element()?.unwrap_or(Place::NOWHERE.to_bits());
        let mut value = sequence.next_element()?;
        while value.is_none() && sequence.size_hint() == Some(1) {
            value = sequence.next_element()?;
        }
        Ok(At { place: Place::from_bits(bits), value })
    }

    /// What any other format gives.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<At<T>, D::Error> {
        T::deserialize(deserializer).map(At::new)
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A mapping of names to values, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map<T>(pub(super) Vec<(At<String>, At<T>)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Map<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &(At<String>, At<T>)> {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

pub(super) struct MapVisitor<T>(pub(super) PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapVisitor<T> {
    type Value = Map<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Map(entries))
    }
}

impl<T: Serialize> Serialize for Map<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Option<T>>();
        schemars::json_schema!({ "type": "object", "additionalProperties": inner })
    }
}
