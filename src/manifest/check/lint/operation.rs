//! Operations: no monitor means no recovery.

use super::super::containment::{Shape, shape_of};
use super::Lint;
use super::mentions;
use crate::manifest::document::Place;
use crate::manifest::lower::Named;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::resource::{OnFail, OperationEntry, ResourceEntry, RoleName};
use crate::model::AgentClass;
use crate::model::option::parse_period;

/// What agents of services are asked to do.
const OPERATIONS: [&str; 13] = [
    "start",
    "stop",
    "monitor",
    "promote",
    "demote",
    "notify",
    "migrate_to",
    "migrate_from",
    "reload",
    "reload-agent",
    "validate-all",
    "meta-data",
    "status",
];

impl Lint<'_, '_> {
    pub(super) fn check_operations(self) {
        for (key, at) in &self.gathered.resources {
            if at.get().and_then(shape_of) == Some(Shape::Primitive) {
                self.check_monitor((key, at));
            }
        }
        self.check_timeouts();
        self.check_effects();
    }

    /// Operations that never come about, and answers to failures that nobody gives.
    fn check_effects(self) {
        let primitives = self.cluster.resources.iter().flat_map(|resource| {
            let is_promotable = resource.is_promotable();
            resource.primitives().into_iter().map(move |primitive| (primitive, is_promotable))
        });
        for (primitive, is_promotable) in primitives {
            let Some((_, at)) = self.names.resources.get(primitive.id.as_str()) else { continue };
            let own = operations(at.get().and_then(|entry| entry.ops.as_ref()));
            let is_device =
                self.cluster.agent_of(primitive).is_some_and(|agent| agent.class == AgentClass::Stonith);
            for operation in own {
                self.check_role(operation, is_promotable);
                self.check_answer(operation);
                if !is_device {
                    self.check_operation_name(operation);
                }
            }
        }
    }

    fn check_role(self, operation: &OperationEntry, is_promotable: bool) {
        let Some(role) = operation.role.as_ref().filter(|at| at.get() == Some(&RoleName::Promoted)) else {
            return;
        };
        if !is_promotable {
            self.findings
                .warning("operation-without-effect", role.place, "this operation is never run")
                .here("nothing promotes this resource")
                .help("instances of a clone with `meta: {promotable: true}` are promoted")
                .report();
        }
    }

    fn check_answer(self, operation: &OperationEntry) {
        let Some((place, Some(answer))) = operation.on_fail.as_ref().map(|at| (at.place, at.get())) else {
            return;
        };
        let is_of_promoted = operation.role.as_ref().and_then(At::get) == Some(&RoleName::Promoted);
        let is_demoting = operation.name.text() == "promote" || is_of_promoted && is_recurring(operation);
        match (answer, operation.name.text()) {
            (OnFail::Demote, _) if !is_demoting => self
                .findings
                .warning("operation-without-effect", place, "`on-fail: demote` where nothing is promoted")
                .here("counts as if it were left out")
                .help("it is for `promote` and for monitors with `role: Promoted`")
                .report(),
            (OnFail::Ignore, "stop") => self
                .findings
                .warning("stop-ignored", place, "a stop that fails counts as one that succeeded")
                .here("what still runs here is started elsewhere as well")
                .help("leave it out: without fencing the resource is blocked then, with fencing its node is fenced")
                .report(),
            (_, _) => {}
        }
    }

    fn check_operation_name(self, operation: &OperationEntry) {
        let name = operation.name.text();
        if !OPERATIONS.contains(&name) {
            self.findings
                .warning(
                    "operation-without-effect",
                    operation.name.place,
                    format!("nobody asks an agent to `{name}`"),
                )
                .here("options of an operation that is never run")
                .suggest(name, OPERATIONS)
                .report();
        }
    }

    fn check_monitor(self, (key, at): Named<'_, ResourceEntry>) {
        let Some(entry) = at.get() else { return };
        let template = entry.template.as_ref().and_then(|name| self.names.template(name.text()));
        let inherited = template.and_then(|template| template.ops.as_ref());
        let all: Vec<&OperationEntry> = operations(entry.ops.as_ref()).chain(operations(inherited)).collect();
        if all.iter().any(|operation| is_monitor(operation) && is_recurring(operation)) {
            return;
        }
        let is_device = entry.agent.as_ref().is_some_and(|agent| agent.text().starts_with("stonith:"));
        let id = key.text();
        let still = all.iter().find(|operation| is_monitor(operation));
        let draft = if is_device {
            self.findings.note(
                "no-monitor",
                key.place,
                format!("nobody notices when the fence device `{id}` stops answering"),
            )
        } else {
            self.findings.warning(
                "no-monitor",
                key.place,
                format!("nobody notices when `{id}` fails: it has no recurring monitor"),
            )
        };
        match still {
            Some(operation) => draft
                .label(operation.name.place, "runs only once: it has no interval")
                .help("add an interval: `{name: monitor, interval: 30s}`"),
            None => draft.here("has no monitor").help("add `ops: [{name: monitor, interval: 30s}]`"),
        }
        .report();
    }

    /// Recurring operations without timeout get 20 s, whatever their agents advise.
    fn check_timeouts(self) {
        if mentions(&self.cluster.operation_defaults, "timeout") {
            return;
        }
        let resources = self.gathered.resources.iter().filter_map(|(_, at)| at.get()?.ops.as_ref());
        let templates = self.gathered.templates.iter().filter_map(|(_, at)| at.get()?.ops.as_ref());
        let places: Vec<Place> = resources
            .chain(templates)
            .flat_map(|field| field.get().into_iter().flatten())
            .filter(|at| {
                at.get().is_some_and(|entry| {
                    is_recurring(entry) && entry.timeout.is_none() && entry.meta.is_none()
                })
            })
            .map(|at| at.place)
            .collect();
        let Some(first) = places.first() else { return };
        let others = match places.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        self.findings
            .note(
                "no-timeout",
                *first,
                "recurring operations without a timeout get 20s, whatever their agents advise",
            )
            .here(format!("no `timeout`{others}"))
            .help("write one, or set a default: `defaults: {operation: {meta: {timeout: 60s}}}`")
            .report();
    }
}

fn operations(field: Option<&At<Vec<At<OperationEntry>>>>) -> impl Iterator<Item = &OperationEntry> {
    field.and_then(At::get).into_iter().flatten().filter_map(At::get)
}

fn is_monitor(operation: &OperationEntry) -> bool {
    operation.name.text() == "monitor"
}

fn is_recurring(operation: &OperationEntry) -> bool {
    let interval: &Field<_> = &operation.interval;
    let is_enabled = operation.enabled.as_ref().and_then(At::get) != Some(&false);
    let length = interval.as_ref().and_then(At::get).and_then(|text| parse_period(&text.0).ok());
    is_enabled && length.is_some_and(|length| !length.is_zero())
}
