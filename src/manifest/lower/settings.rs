//! Settings beside the cluster.

use super::{Lower, copy, items, text};
use crate::manifest::document::Place;
use crate::manifest::settings::{Reconcile, ReconcileMode, SecretSource, Settings};
use crate::manifest::typed::At;
use crate::manifest::vocabulary::rest::ReconcileMode as ModeName;
use crate::model::rule::Condition;
use crate::model::{ConstraintId, Rule};

impl Lower<'_, '_> {
    /// Settings beside a cluster with these constraints.
    pub(super) fn settings(self, constraints: &[(ConstraintId, Place)]) -> Settings {
        let gathered = self.gathered;
        let secrets = gathered.secrets.iter().filter_map(|(key, at)| {
            let entry = at.get()?;
            let source = match (&entry.file, &entry.env) {
                (Some(file), None) => {
                    self.check_secret_file(file);
                    SecretSource::File(file.text().into())
                }
                (None, Some(variable)) => {
                    self.check_variable(variable);
                    SecretSource::Environment(variable.text().into())
                }
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
            moved: self.moved(constraints),
        }
    }

    fn check_secret_file(self, file: &At<String>) {
        if file.value.is_some() && !file.text().starts_with('/') {
            self.findings
                .error("invalid-path", file.place, format!("`{}` is not an absolute path", file.text()))
                .help("the file is read on the nodes: name it from the root")
                .report();
        }
    }

    fn check_variable(self, variable: &At<String>) {
        let name = variable.text();
        let is_good = !name.is_empty()
            && !name.contains(|letter: char| letter == '=' || letter.is_whitespace() || letter.is_control());
        if variable.value.is_some() && !is_good {
            self.findings
                .error("invalid-name", variable.place, format!("`{name}` cannot be the name of a variable"))
                .help("write a name such as `DB_PASSWORD`")
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
