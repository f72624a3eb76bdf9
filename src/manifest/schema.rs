//! The JSON Schema of manifests, for editors.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::vocabulary::File;

/// The schema (draft-07, which editors understand), made from the types that manifests are read
/// with and from the tables of options.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<File>();
    schema.insert("title".to_owned(), "Quorate cluster manifest, version 1".into());
    schema.to_value()
}
