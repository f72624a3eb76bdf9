//! A node of the tree as a serde deserializer.

use serde::de::{Deserializer, IntoDeserializer, Unexpected, Visitor};

use super::access::{AtAccess, Entries, Items, Variant};
use super::error::Error;
use super::{AT, scalar};
use crate::manifest::document::{Content, Document, Node, NodeIndex, Place, Scalar};
use crate::manifest::findings::Findings;

/// Fields without which a record is read all the same.
pub(super) const LACKING_MAX: usize = 2;

/// One node, with all that is needed to read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'d> {
    pub(super) document: &'d Document,
    pub(super) findings: &'d Findings<'d>,
    pub(super) node: NodeIndex,
    /// Fields that this record lacks, which is reported: holes stand for them.
    pub(super) lacking: [Option<&'static str>; LACKING_MAX],
    /// Whether this stands for a field that is not there.
    pub(super) is_hole: bool,
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document, findings: &'d Findings<'d>, node: NodeIndex) -> Self {
        Self { document, findings, node, lacking: [None; LACKING_MAX], is_hole: false }
    }

    pub(super) fn with(self, node: NodeIndex) -> Self {
        Self::new(self.document, self.findings, node)
    }

    /// What stands for a field that is not there.
    pub(super) fn hole(self) -> Self {
        Self { is_hole: true, ..self.with(self.node) }
    }

    /// Puts a hole in the place of a field, if there are not too many already.
    pub(super) fn do_without(&mut self, field: &'static str) -> bool {
        let free = self.lacking.iter_mut().find(|lacking| lacking.is_none());
        free.map(|lacking| *lacking = Some(field)).is_some()
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are never 2^32 sources")]
    pub(super) fn place(self) -> Place {
        Place { source: self.document.source.0 as u32, node: self.node.0 }
    }

    pub(super) fn resolved(self) -> &'d Node {
        self.document.resolved(self.node).1
    }

    pub(super) fn is_null(self) -> bool {
        matches!(&self.resolved().content, Content::Scalar(scalar) if scalar.is_null())
    }

    pub(super) fn report(self, error: Error) {
        error.report(self.place().source, self.node, self.findings);
    }

    /// The scalar, or the complaint that it is none.
    fn scalar(self, expected: &str) -> Result<&'d Scalar, Error> {
        let found = match &self.resolved().content {
            Content::Scalar(scalar) if scalar.is_null() => "nothing",
            Content::Scalar(scalar) => return Ok(scalar),
            Content::Sequence(_) => "a list",
            Content::Mapping(_) | Content::Alias(_) => "a mapping",
        };
        let label = if found == "nothing" { "the value is missing" } else { "" };
        Err(Error::new("wrong-type", format!("expected {expected}, found {found}"))
            .label(label)
            .or_at(self.node))
    }

    /// Text, with a complaint (that does not stop anything) when readers disagree about it.
    fn text(self) -> Result<&'d str, Error> {
        let scalar = self.scalar("text")?;
        if let Err(error) = scalar::check_text(scalar) {
            self.report(error.or_at(self.node));
        }
        Ok(&scalar.text)
    }

    fn number<T: std::str::FromStr>(self) -> Result<T, Error> {
        let text = self.text()?;
        text.parse().map_err(|_| {
            Error::new("wrong-type", format!("expected a number, found `{text}`"))
                .label("not a number in range")
        })
    }

    /// The entries that a struct knows; the others are reported.
    fn known_entries(self, fields: &'static [&'static str]) -> Result<Vec<(NodeIndex, NodeIndex)>, Error> {
        let entries: &[(NodeIndex, NodeIndex)] = match &self.resolved().content {
            Content::Mapping(entries) => entries,
            Content::Scalar(scalar) if scalar.is_null() => &[],
            Content::Scalar(_) | Content::Sequence(_) | Content::Alias(_) => return Ok(Vec::new()),
        };
        let mut known = Vec::with_capacity(entries.len());
        for &(key, value) in entries {
            let Content::Scalar(name) = &self.document.resolved(key).1.content else { continue };
            if fields.contains(&&*name.text) {
                known.push((key, value));
            } else {
                let error = <Error as serde::de::Error>::unknown_field(&name.text, fields);
                self.with(key).report(error);
            }
        }
        Ok(known)
    }

    /// How this mapping would be written as a list.
    fn as_list(self) -> String {
        let text = |index| match &self.document.resolved(index).1.content {
            Content::Scalar(scalar) => Some(&*scalar.text),
            Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_) => None,
        };
        let rule = "each item of a list starts with `- `";
        let Content::Mapping(entries) = &self.resolved().content else { return rule.to_owned() };
        let owner = self.document.node(self.node).key.and_then(text);
        match (owner, entries.first().and_then(|(key, _)| text(*key))) {
            (Some("ops"), Some(name)) if !matches!(name, "name" | "interval") => {
                format!("{rule}: `- {{name: {name}, interval: 10s}}`")
            }
            (_, Some(first)) => format!("{rule}: `- {first}: ...`"),
            (_, None) => rule.to_owned(),
        }
    }

    fn wrong<'v, V: Visitor<'v>>(self, visitor: &V) -> Error {
        let unexpected = match &self.resolved().content {
            Content::Scalar(scalar) if scalar.is_null() => Unexpected::Unit,
            Content::Scalar(scalar) => Unexpected::Str(&scalar.text),
            Content::Sequence(_) => Unexpected::Seq,
            Content::Mapping(_) | Content::Alias(_) => Unexpected::Map,
        };
        let error = <Error as serde::de::Error>::invalid_type(unexpected, visitor);
        if unexpected == Unexpected::Seq {
            return error.help("write `NAME: VALUE` lines, without the `-` of a list");
        }
        error
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident),*) => {
        $(fn $method<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.number().map_err(|error| error.or_at(self.node))?;
            visitor.$visit(number).map_err(|error: Error| error.or_at(self.node))
        })*
    };
}

impl<'d> Deserializer<'d> for Value<'d> {
    type Error = Error;

    /// Text stays raw here: whoever asks for "any" checks it against what it turns out to be.
    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match &self.resolved().content {
            Content::Scalar(scalar) if scalar.is_null() => visitor.visit_unit(),
            Content::Scalar(scalar) => visitor.visit_borrowed_str(&scalar.text),
            Content::Sequence(items) => visitor.visit_seq(Items::new(self, items)),
            Content::Mapping(entries) => visitor.visit_map(Entries::new(self, entries.clone())),
            Content::Alias(_) => visitor.visit_unit(),
        };
        result.map_err(|error: Error| error.or_at(self.node))
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == AT { visitor.visit_seq(AtAccess::new(self)) } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_bool<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        let scalar = self.scalar("`true` or `false`")?;
        visitor.visit_bool(scalar::boolean(scalar).map_err(|error| error.or_at(self.node))?)
    }

    numbers!(deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_i64 visit_i64);

    fn deserialize_str<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?).map_err(|error: Error| error.or_at(self.node))
    }

    fn deserialize_string<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor
            .visit_borrowed_str(&self.scalar("a name")?.text)
            .map_err(|error: Error| error.or_at(self.node))
    }

    fn deserialize_seq<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.resolved().content {
            Content::Sequence(items) => visitor.visit_seq(Items::new(self, items)),
            Content::Scalar(scalar) if scalar.is_null() => visitor.visit_seq(Items::new(self, &[])),
            Content::Scalar(scalar) => {
                let raw = self.document.text.get(self.resolved().span.clone()).unwrap_or(&scalar.text);
                let error = Error::new("wrong-type", format!("expected a list, found `{}`", scalar.text));
                Err(error.replace("a list of one", format!("[{raw}]")))
            }
            Content::Mapping(_) | Content::Alias(_) => {
                Err(Error::new("wrong-type", "expected a list, found a mapping").help(self.as_list()))
            }
        }
        .map_err(|error: Error| error.or_at(self.node))
    }

    fn deserialize_map<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.resolved().content {
            Content::Mapping(entries) => visitor.visit_map(Entries::new(self, entries.clone())),
            Content::Scalar(scalar) if scalar.is_null() => visitor.visit_map(Entries::new(self, Vec::new())),
            Content::Scalar(_) | Content::Sequence(_) | Content::Alias(_) => Err(self.wrong(&visitor)),
        }
        .map_err(|error: Error| error.or_at(self.node))
    }

    fn deserialize_struct<V: Visitor<'d>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !matches!(&self.resolved().content, Content::Mapping(_)) && !self.is_null() {
            return Err(self.wrong(&visitor).or_at(self.node));
        }
        let known = self.known_entries(fields)?;
        visitor.visit_map(Entries::new(self, known)).map_err(|error: Error| error.or_at(self.node))
    }

    fn deserialize_enum<V: Visitor<'d>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.resolved().content {
            Content::Mapping(entries) if entries.len() == 1 => {
                let (key, value) = entries.first().copied().unwrap_or((self.node, self.node));
                visitor.visit_enum(Variant { name: self.with(key), value: Some(self.with(value)) })
            }
            Content::Scalar(scalar) if !scalar.is_null() => {
                self.text()?;
                visitor.visit_enum(Variant { name: self, value: None })
            }
            Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_) => {
                Err(self.wrong(&visitor))
            }
        }
        .map_err(|error: Error| error.or_at(self.node))
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'d>>
        i8 i16 i32 i128 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        ignored_any
    }
}

impl<'d> IntoDeserializer<'d, Error> for Value<'d> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
