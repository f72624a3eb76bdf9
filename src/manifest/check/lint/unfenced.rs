//! What asks for fencing in a cluster that fences nobody.

use super::Lint;
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::options::{OptionValue, Options};
use crate::manifest::vocabulary::resource::{OnFail, OperationEntry, Requires};

/// Options with the values that need fencing, and what holds without it.
const ASKING: [(&str, &[&str], &str); 3] = [
    ("requires", &["fencing", "unfencing"], "counts as `quorum`"),
    ("on-fail", &["fence"], "counts as `stop`"),
    ("no-quorum-policy", &["fence", "suicide"], "counts as `stop`"),
];

impl Lint<'_, '_> {
    pub(super) fn check_unfenced(self) {
        if self.is_fencing_enabled() {
            return;
        }
        let all = self.gathered;
        all.properties.iter().for_each(|at| self.check_options(at));
        all.resource_defaults.iter().for_each(|at| self.check_options(at));
        all.operation_defaults.iter().for_each(|at| self.check_options(at));
        for entry in all.resources.iter().filter_map(|(_, at)| at.get()) {
            entry.meta.iter().for_each(|at| self.check_options(at));
            self.check_asking(&entry.ops);
        }
        for entry in all.templates.iter().filter_map(|(_, at)| at.get()) {
            entry.meta.iter().for_each(|at| self.check_options(at));
            self.check_asking(&entry.ops);
        }
    }

    fn check_options<K>(self, options: &At<Options<K>>) {
        for (key, value) in options.get().into_iter().flat_map(Options::pairs) {
            if let Some(OptionValue::Text(text)) = value.get() {
                self.check_word(value.place, key.text(), text);
            }
        }
    }

    fn check_asking(self, operations: &Field<Vec<At<OperationEntry>>>) {
        for operation in operations.iter().filter_map(At::get).flatten().filter_map(At::get) {
            operation.meta.iter().for_each(|at| self.check_options(at));
            if let Some((at, Some(word))) = operation.requires.as_ref().map(|at| (at, at.get())) {
                self.check_word(at.place, "requires", Requires::as_str(*word));
            }
            if let Some((at, Some(word))) = operation.on_fail.as_ref().map(|at| (at, at.get())) {
                self.check_word(at.place, "on-fail", OnFail::as_str(*word));
            }
        }
    }

    fn check_word(self, place: Place, name: &str, word: &str) {
        let is_it = |(option, words, _): &&(&str, &[&str], &str)| {
            *option == name && words.iter().any(|asking| asking.eq_ignore_ascii_case(word))
        };
        if let Some((_, _, instead)) = ASKING.iter().find(is_it) {
            self.findings
                .warning("needs-fencing", place, format!("`{name}: {word}` in a cluster that fences nobody"))
                .here(*instead)
                .help("switch fencing on, with a fence device; or write what is to hold without it")
                .report();
        }
    }
}
