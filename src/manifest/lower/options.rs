//! Sets of options: known names, values of the right kind, secrets that exist.

use std::collections::BTreeMap;

use super::{Lower, score};
use crate::diagnostic::Severity;
use crate::manifest::document::{Content, Place, Style};
use crate::manifest::findings::Draft;
use crate::manifest::suggest::similar;
use crate::manifest::typed::scalar::{Trap, trap};
use crate::manifest::typed::{At, Field, Map};
use crate::manifest::vocabulary::options::{Block, OptionValue, Options, Owner, Properties};
use crate::model::option::{self, OptionKind, OptionSpec, Standing};
use crate::model::secrecy::words;
use crate::model::{NameValue, OptionSet, OptionSetId, Score, Value};

impl Lower<'_, '_> {
    /// All property sets; plain maps of several files become one set.
    pub(super) fn properties(self) -> Vec<OptionSet> {
        let mut plain: Option<OptionSet> = None;
        let mut sets = Vec::new();
        let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
        for at in &self.gathered.properties {
            match at.get() {
                Some(Options::Plain(map)) => {
                    for (key, _) in map.iter() {
                        if let Some(first) = seen.insert(key.text(), key.place) {
                            self.findings
                                .error(
                                    "duplicate-key",
                                    key.place,
                                    format!("property `{}` is given in two files", key.text()),
                                )
                                .here("given again here")
                                .label(first, "given here first")
                                .report();
                        }
                    }
                    let pairs = self.pairs::<Properties>(map, Severity::Error);
                    plain.get_or_insert_default().pairs.extend(pairs);
                }
                Some(Options::Blocks(blocks)) => sets.extend(self.blocks(blocks)),
                None => {}
            }
        }
        plain.into_iter().filter(|set| !set.pairs.is_empty()).chain(sets).collect()
    }

    /// Options that several files give.
    pub(super) fn all_options<K: Owner>(self, all: &[&At<Options<K>>]) -> Vec<OptionSet> {
        all.iter().filter_map(|at| at.get()).flat_map(|options| self.option_sets(options)).collect()
    }

    /// The options of one field.
    pub(super) fn options<K: Owner>(self, field: &Field<Options<K>>) -> Vec<OptionSet> {
        field.as_ref().and_then(At::get).map(|options| self.option_sets(options)).unwrap_or_default()
    }

    fn option_sets<K: Owner>(self, options: &Options<K>) -> Vec<OptionSet> {
        match options {
            Options::Plain(map) => {
                let pairs = self.pairs::<K>(map, Severity::Error);
                if pairs.is_empty() { Vec::new() } else { vec![OptionSet { pairs, ..OptionSet::default() }] }
            }
            Options::Blocks(blocks) => self.blocks(blocks),
        }
    }

    fn blocks<K: Owner>(self, blocks: &[At<Block<K>>]) -> Vec<OptionSet> {
        blocks
            .iter()
            .filter_map(At::get)
            .map(|block| {
                // A set with a name of its own is taken as it is: tools keep their records in such sets.
                let severity = if block.id.is_some() { Severity::Warning } else { Severity::Error };
                let content = block.content.as_ref().and_then(At::get);
                OptionSet {
                    id: super::text::<OptionSetId>(&block.id),
                    score: score(&block.score).unwrap_or(Score::ZERO),
                    rule: self.rule(&block.rule),
                    pairs: content.map(|map| self.pairs::<K>(map, severity)).unwrap_or_default(),
                }
            })
            .collect()
    }

    fn pairs<K: Owner>(self, map: &Map<OptionValue>, severity: Severity) -> Vec<NameValue> {
        let mut pairs = Vec::with_capacity(map.0.len());
        for (key, value) in map.iter() {
            let spec = self.spec::<K>(key, severity);
            self.check_name(key);
            if let Some(value) = self.value(key, value, spec, K::CONTENT, severity) {
                pairs.push(NameValue { name: key.text().into(), value });
            }
        }
        self.check_aliases::<K>(map);
        pairs
    }

    /// A blank in the name of a secret: what follows it is most likely the secret.
    fn check_name(self, key: &At<String>) {
        let name = key.text();
        if name.contains(char::is_whitespace) && words::next(name, 0).is_some() {
            self.findings
                .error("invalid-value", key.place, "a blank in the name of a secret")
                .here("no option has such a name")
                .help("between a name and its value belongs `: `")
                .report();
        }
    }

    /// The option of this name; one that is not known is reported.
    fn spec<K: Owner>(self, key: &At<String>, severity: Severity) -> Option<&'static OptionSpec> {
        let table = K::TABLE?;
        let name = key.text();
        let found = option::find(table, name);
        match found {
            Some(spec) if spec.standing == Standing::Deprecated => self
                .findings
                .warning("deprecated-option", key.place, format!("`{name}` is deprecated"))
                .here("best left out")
                .help(format!("what it says: {}", spec.description))
                .report(),
            Some(_) => {}
            None => self.unknown_option::<K>(key, table, severity),
        }
        found
    }

    fn unknown_option<K: Owner>(self, key: &At<String>, table: &'static [OptionSpec], severity: Severity) {
        let name = key.text();
        let what = if K::CONTENT == "properties" { "cluster property" } else { "option" };
        let message = format!("unknown {what} `{name}`");
        let draft = if severity == Severity::Error {
            self.findings.error("unknown-option", key.place, message)
        } else {
            self.findings.warning("unknown-option", key.place, message)
        };
        let dashed = name.replace('_', "-");
        let close = option::find(table, &dashed).map(|spec| spec.name);
        let close = close.or_else(|| similar(name, table.iter().map(|spec| spec.name)));
        let draft = draft.here("the cluster does not know this name");
        if let Some(close) = close {
            draft.replace(format!("did you mean `{close}`?"), close).report();
        } else if severity == Severity::Error {
            draft
                .help(format!("if it is meant for an agent or tool, put it into a block with an id: `- {{id: NAME, {}: {{...}}}}`", K::CONTENT))
                .report();
        } else {
            draft.report();
        }
    }

    fn value(
        self,
        key: &At<String>,
        value: &At<OptionValue>,
        spec: Option<&'static OptionSpec>,
        content: &str,
        severity: Severity,
    ) -> Option<Value> {
        match value.get()? {
            OptionValue::Secret(name) => {
                self.names.check_secret(name, self.findings);
                if content != "params" {
                    self.findings
                        .error("misplaced-secret", value.place, "a secret outside `params`")
                        .help("only agents are given secrets")
                        .report();
                }
                name.get().map(|name| Value::Secret(name.as_str().into()))
            }
            OptionValue::Text(text) => {
                let kind = match spec {
                    Some(spec) => Some(spec.kind),
                    None if content == "utilization" => {
                        Some(OptionKind::Integer { min: i64::from(i32::MIN), max: i64::from(i32::MAX) })
                    }
                    None => None,
                };
                if !self.reports_trap(value.place, text, kind) {
                    self.check_value(key, value.place, text, kind, severity);
                }
                Some(Value::Text(text.as_str().into()))
            }
        }
    }

    /// Reports an unquoted text that YAML versions read differently.
    fn reports_trap(self, place: Place, text: &str, kind: Option<OptionKind>) -> bool {
        let Some((document, node)) = self.findings.documents().at(place) else { return false };
        let (_, node) = document.resolved(node);
        let is_plain = matches!(&node.content, Content::Scalar(scalar) if scalar.style == Style::Plain);
        let Some(found) = (is_plain).then(|| trap(text)).flatten() else { return false };
        let draft = self
            .findings
            .error("yaml-trap", place, format!("`{text}` without quotes"))
            .here(format!("YAML 1.1 reads {} here, YAML 1.2 reads text", found.reading()));
        match (found, kind) {
            (Trap::Boolean(meant), Some(OptionKind::Boolean | OptionKind::BooleanOrDefault)) => {
                draft.replace(format!("write `{meant}`"), meant.to_string()).report();
            }
            (_, _) => trap_advice(draft, found)
                .replace("if text is meant, quote it", format!("\"{text}\""))
                .report(),
        }
        true
    }

    fn check_value(
        self,
        key: &At<String>,
        place: Place,
        text: &str,
        kind: Option<OptionKind>,
        severity: Severity,
    ) {
        let Some(fault) = kind.filter(|_| text != "#default").and_then(|kind| kind.fault(text)) else {
            return;
        };
        let message = format!("`{}`: {fault}", key.text());
        let draft = if severity == Severity::Error {
            self.findings.error("invalid-value", place, message)
        } else {
            self.findings.warning("invalid-value", place, message)
        };
        match kind {
            Some(OptionKind::Choice(choices)) => draft.suggest(text, choices.iter().copied()).report(),
            Some(OptionKind::Score | OptionKind::ScoreOrDefault) => {
                draft.suggest(text, ["INFINITY", "-INFINITY"]).report();
            }
            Some(_) | None => draft.report(),
        }
    }

    /// An option under both of its names.
    fn check_aliases<K: Owner>(self, map: &Map<OptionValue>) {
        let Some(table) = K::TABLE else { return };
        for (key, _) in map.iter() {
            let Some(Standing::AliasOf(name)) = option::find(table, key.text()).map(|spec| spec.standing)
            else {
                continue;
            };
            if let Some((other, _)) = map.iter().find(|(other, _)| other.text() == name) {
                self.findings
                    .warning(
                        "option-given-twice",
                        key.place,
                        format!("`{}` is another name of `{name}`", key.text()),
                    )
                    .here("has no effect")
                    .label(other.place, "this one counts")
                    .help("remove one of them")
                    .report();
            }
        }
    }
}

fn trap_advice<'f, 'd>(draft: Draft<'f, 'd>, found: Trap) -> Draft<'f, 'd> {
    match found.advice() {
        Some(advice) => draft.help(advice),
        None => draft,
    }
}
