//! Settings beside the cluster.

use super::{Lower, copy, items, text};
use crate::manifest::settings::{Moved, Reconcile, ReconcileMode, SecretSource, Settings};
use crate::manifest::typed::At;
use crate::manifest::vocabulary::rest::{MovedEntry, ReconcileMode as ModeName};
use crate::model::Rule;
use crate::model::rule::Condition;

impl Lower<'_, '_> {
    pub(super) fn settings(self) -> Settings {
        let gathered = self.gathered;
        let secrets = gathered.secrets.iter().filter_map(|(key, at)| {
            let entry = at.get()?;
            let source = match (&entry.file, &entry.env) {
                (Some(file), None) => SecretSource::File(file.text().into()),
                (None, Some(variable)) => SecretSource::Environment(variable.text().into()),
                (_, _) => {
                    self.findings
                        .error(
                            "one-of",
                            key.place,
                            format!("secret `{}` needs one of `file` and `env`", key.text()),
                        )
                        .help("the value itself never stands in a manifest")
                        .report();
                    return None;
                }
            };
            Some((key.text().into(), source))
        });
        Settings {
            tolerated: gathered.tolerate.iter().map(|code| code.text().into()).collect(),
            secrets: secrets.collect(),
            reconcile: self.reconcile(),
            tickets: gathered
                .tickets
                .iter()
                .map(|(key, at)| {
                    (key.text().into(), at.get().and_then(|entry| text::<String>(&entry.description)))
                })
                .collect(),
            moved: gathered.moved.iter().filter_map(|at| self.moved(at)).collect(),
        }
    }

    fn moved(self, at: &At<MovedEntry>) -> Option<Moved> {
        let entry = at.get()?;
        let kind = |path: &At<String>| path.text().split_once('.').map(|(kind, _)| kind.to_owned());
        for path in [&entry.from, &entry.to] {
            let is_known =
                kind(path).is_some_and(|kind| matches!(kind.as_str(), "resources" | "constraints" | "nodes"));
            if path.value.is_some() && !is_known {
                self.findings
                    .error(
                        "invalid-path",
                        path.place,
                        format!("`{}` is not the path of something that has a name", path.text()),
                    )
                    .help("write `resources.NAME`, `constraints.NAME` or `nodes.NAME`")
                    .report();
                return None;
            }
        }
        if kind(&entry.from) != kind(&entry.to) {
            self.findings
                .error("invalid-path", entry.to.place, "a renaming from one kind of thing to another")
                .label(entry.from.place, "this kind")
                .report();
        }
        self.check_moved_names(entry);
        Some(Moved { from: entry.from.text().into(), to: entry.to.text().into() })
    }

    fn check_moved_names(self, entry: &MovedEntry) {
        let Some(name) = entry.to.text().strip_prefix("resources.") else { return };
        if !self.names.resources.contains_key(name) {
            self.findings
                .error("unknown-resource", entry.to.place, format!("unknown resource `{name}`"))
                .within("resources.".len()..entry.to.text().len(), "no resource has this name")
                .help("`to` is the name that stands in the manifest now")
                .report();
        }
        let old = entry.from.text().strip_prefix("resources.").unwrap_or("");
        if let Some((place, _)) = self.names.resources.get(old) {
            self.findings
                .error(
                    "moved-still-there",
                    entry.from.place,
                    format!("`{old}` was renamed, but is still in the manifest"),
                )
                .label(*place, "still here")
                .help("remove the renaming, or the old resource")
                .report();
        }
    }

    fn reconcile(self) -> Reconcile {
        let Some(entry) = self.gathered.reconcile.and_then(At::get) else { return Reconcile::default() };
        let windows = items(&entry.windows).filter_map(|at| {
            let rule = self.rule(&Some(at.clone()))?;
            if !is_about_time(&rule) {
                self.findings
                    .error("invalid-window", at.place, "a window that asks for more than date and time")
                    .help("use only `date` and `date-spec`, such as `date-spec hours=1-4 weekdays=6-7`")
                    .report();
            }
            Some(rule)
        });
        Reconcile {
            mode: match copy(&entry.mode) {
                Some(ModeName::Manual) => ReconcileMode::Manual,
                Some(ModeName::Auto) | None => ReconcileMode::Auto,
            },
            self_heal: copy(&entry.self_heal),
            prune: copy(&entry.prune).unwrap_or(false),
            windows: windows.collect(),
        }
    }
}

fn is_about_time(rule: &Rule) -> bool {
    rule.conditions.iter().all(|condition| match condition {
        Condition::Rule(rule) => is_about_time(rule),
        Condition::Date(_) => true,
        Condition::Attribute(_)
        | Condition::Agent { .. }
        | Condition::Operation { .. }
        | Condition::Invalid { .. } => false,
    })
}
