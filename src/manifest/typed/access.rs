//! Parts of a node, as serde walks through them.

use serde::de::value::U64Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::error::Error;
use super::value::{LACKING_MAX, Value};
use crate::manifest::document::NodeIndex;

/// Gives an `At` its place, then its value; an error ends here as a report and a missing value. Of a record
/// that lacks a field it gives the rest when it is asked once more.
pub(super) struct AtAccess<'d> {
    value: Value<'d>,
    is_place_given: bool,
    has_more: bool,
}

impl<'d> AtAccess<'d> {
    pub(super) fn new(value: Value<'d>) -> Self {
        Self { value, is_place_given: false, has_more: true }
    }
}

impl<'d> SeqAccess<'d> for AtAccess<'d> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if !self.is_place_given {
            self.is_place_given = true;
            self.value.findings.count_read();
            let bits: U64Deserializer<Error> = self.value.place().to_bits().into_deserializer();
            return seed.deserialize(bits).map(Some);
        }
        self.has_more = false;
        if self.value.is_hole {
            return Ok(None);
        }
        match seed.deserialize(self.value) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                if let Some(field) = error.missing.filter(|_| error.is_of(self.value.node)) {
                    self.has_more = self.value.do_without(field);
                }
                self.value.report(error);
                Ok(None)
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(usize::from(self.has_more))
    }
}

/// Items of a list.
pub(super) struct Items<'d> {
    owner: Value<'d>,
    rest: std::slice::Iter<'d, NodeIndex>,
}

impl<'d> Items<'d> {
    pub(super) fn new(owner: Value<'d>, items: &'d [NodeIndex]) -> Self {
        Self { owner, rest: items.iter() }
    }
}

impl<'d> SeqAccess<'d> for Items<'d> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.rest.next().map(|item| seed.deserialize(self.owner.with(*item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// Entries of a mapping, and then holes for the fields that it lacks.
pub(super) struct Entries<'d> {
    owner: Value<'d>,
    rest: std::vec::IntoIter<(NodeIndex, NodeIndex)>,
    value: Option<NodeIndex>,
    lacking: std::iter::Flatten<std::array::IntoIter<Option<&'static str>, LACKING_MAX>>,
}

impl<'d> Entries<'d> {
    pub(super) fn new(owner: Value<'d>, entries: Vec<(NodeIndex, NodeIndex)>) -> Self {
        Self { owner, rest: entries.into_iter(), value: None, lacking: owner.lacking.into_iter().flatten() }
    }
}

impl<'d> MapAccess<'d> for Entries<'d> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'d>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else {
            let field = self.lacking.next();
            return field.map(|field| seed.deserialize(field.into_deserializer())).transpose();
        };
        self.value = Some(value);
        seed.deserialize(self.owner.with(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'d>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(self.owner.with(value)),
            None => seed.deserialize(self.owner.hole()),
        }
    }
}

/// A variant of an enum: `name`, or `{name: value}`.
pub(super) struct Variant<'d> {
    pub(super) name: Value<'d>,
    pub(super) value: Option<Value<'d>>,
}

impl<'d> EnumAccess<'d> for Variant<'d> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'d>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = seed.deserialize(self.name).map_err(|error: Error| error.or_at(self.name.node))?;
        Ok((name, self))
    }
}

impl<'d> VariantAccess<'d> for Variant<'d> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            None => Ok(()),
            Some(value) => {
                Err(Error::new("wrong-type", "expected a name, found a mapping").or_at(value.node))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'d>>(self, seed: T) -> Result<T::Value, Error> {
        match self.value {
            Some(value) => seed.deserialize(value),
            None => Err(Error::new("wrong-type", "expected a mapping, found a name").or_at(self.name.node)),
        }
    }

    fn tuple_variant<V: Visitor<'d>>(self, _len: usize, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::new("wrong-type", "expected a name").or_at(self.name.node))
    }

    fn struct_variant<V: Visitor<'d>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        Err(Error::new("wrong-type", "expected a name").or_at(self.name.node))
    }
}
