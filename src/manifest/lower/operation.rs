//! Operations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Lower, copy, is_hole, items, period, text};
use crate::manifest::document::Place;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::resource::{OnFail, OperationEntry, Requires};
use crate::manifest::vocabulary::scalar::PeriodText;
use crate::model::{Operation, period as model_period};

impl Lower<'_, '_> {
    pub(super) fn operations(self, field: &Field<Vec<At<OperationEntry>>>) -> Vec<Operation> {
        let mut seen: BTreeMap<(&str, Duration), Place> = BTreeMap::new();
        let mut operations = Vec::new();
        for at in items(field) {
            let Some(entry) = at.get() else { continue };
            let operation = self.operation(entry);
            // Nothing follows from what could not be read.
            let is_readable = entry.name.value.is_some() && !is_hole(&entry.interval);
            let same = (entry.name.text(), operation.interval);
            match seen.get(&same) {
                Some(&first) if is_readable => self.duplicate_operation(at.place, first, &operation),
                None if is_readable => {
                    seen.insert(same, at.place);
                }
                Some(_) | None => {}
            }
            operations.push(operation);
        }
        operations
    }

    fn duplicate_operation(self, place: Place, first: Place, operation: &Operation) {
        let interval = model_period::format(operation.interval);
        self.findings
            .error("duplicate-operation", place, format!("operation `{}` every {interval} is given twice", operation.name))
            .here("given again here")
            .label(first, "given here first")
            .help("operations are told apart by name and interval, not by role: change one interval by a second")
            .report();
    }

    fn operation(self, entry: &OperationEntry) -> Operation {
        self.check_operation(entry);
        let written = |field: &Field<PeriodText>| field.as_ref().and_then(At::get).map(|text| text.0.clone());
        let switch = |field: &Field<bool>| copy(field).map(|value| value.to_string());
        let words = |field: &Field<String>| field.as_ref().and_then(At::get).cloned();
        // The order of `model::option::OPERATION`.
        let options = [
            ("timeout", written(&entry.timeout)),
            ("role", super::role(&entry.role).map(|role| role.to_string())),
            ("on-fail", copy(&entry.on_fail).map(|on_fail| on_fail.as_str().to_owned())),
            ("enabled", switch(&entry.enabled)),
            ("start-delay", written(&entry.start_delay)),
            ("interval-origin", words(&entry.interval_origin)),
            ("record-pending", switch(&entry.record_pending)),
            ("requires", copy(&entry.requires).map(|requires| requires.as_str().to_owned())),
            ("description", words(&entry.description)),
        ];
        Operation {
            id: text(&entry.id),
            name: entry.name.text().into(),
            interval: period(&entry.interval).unwrap_or_default(),
            options: options
                .into_iter()
                .filter_map(|(name, value)| Some((Arc::from(name), Arc::from(value?))))
                .collect(),
            meta: self.options(&entry.meta),
            params: self.options(&entry.params),
        }
    }

    fn check_operation(self, entry: &OperationEntry) {
        let name = entry.name.text();
        if let (Some(at), Some(OnFail::Standby | OnFail::Demote | OnFail::Stop), "stop") =
            (&entry.on_fail, copy(&entry.on_fail), name)
        {
            self.findings
                .error(
                    "invalid-on-fail",
                    at.place,
                    format!("`on-fail: {}` on a stop", copy(&entry.on_fail).map_or("", OnFail::as_str)),
                )
                .here("not possible for stop")
                .help("a failed stop can be answered by `fence`, `block` or `ignore`")
                .report();
        }
        let interval = period(&entry.interval).unwrap_or_default();
        let is_role_change = matches!(name, "start" | "stop" | "promote" | "demote");
        if let (true, Some(at)) = (is_role_change && !interval.is_zero(), &entry.interval) {
            self.findings
                .error("invalid-interval", at.place, format!("`{name}` with an interval"))
                .here("only monitors recur")
                .help("leave the interval out")
                .report();
        }
    }
}

impl OnFail {
    pub(in crate::manifest) const fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Block => "block",
            Self::Stop => "stop",
            Self::Demote => "demote",
            Self::Restart => "restart",
            Self::Fence => "fence",
            Self::Standby => "standby",
            Self::RestartContainer => "restart-container",
        }
    }
}

impl Requires {
    pub(in crate::manifest) const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Quorum => "quorum",
            Self::Fencing => "fencing",
            Self::Unfencing => "unfencing",
        }
    }
}
