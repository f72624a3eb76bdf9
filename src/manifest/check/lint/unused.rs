//! Things that are defined and never used.

use std::collections::BTreeSet;

use super::Lint;
use crate::model::{OptionSet, Resource, TemplateId, Value};

impl Lint<'_, '_> {
    pub(super) fn check_unused(self) {
        let primitives = || self.cluster.resources.iter().flat_map(Resource::primitives);
        let templates: BTreeSet<&str> =
            primitives().filter_map(|primitive| primitive.template().map(TemplateId::as_str)).collect();
        for (key, _) in &self.gathered.templates {
            if !templates.contains(key.text()) {
                self.report_unused("unused-template", "template", key.text(), key.place);
            }
        }
        let mut secrets = BTreeSet::new();
        let own = primitives().flat_map(|primitive| &primitive.params);
        let of_operations =
            primitives().flat_map(|primitive| &primitive.ops).flat_map(|operation| &operation.params);
        let of_templates = self.cluster.templates.iter().flat_map(|template| &template.params);
        let of_alerts = self.cluster.alerts.iter().flat_map(|alert| {
            alert.params.iter().chain(alert.recipients.iter().flat_map(|recipient| &recipient.params))
        });
        let of_collectives = self.cluster.resources.iter().flat_map(|resource| match resource {
            Resource::Group(group) => group.params.as_slice(),
            Resource::Clone(clone) => clone.params.as_slice(),
            Resource::Primitive(_) | Resource::Bundle(_) => &[],
        });
        let sets = own.chain(of_operations).chain(of_templates).chain(of_alerts).chain(of_collectives);
        sets.for_each(|set: &OptionSet| {
            secrets.extend(set.pairs.iter().filter_map(|pair| match &pair.value {
                Value::Secret(name) => Some(name.as_str()),
                Value::Text(_) => None,
            }));
        });
        for (key, _) in &self.gathered.secrets {
            if !secrets.contains(key.text()) {
                self.report_unused("unused-secret", "secret", key.text(), key.place);
            }
        }
    }

    fn report_unused(
        self,
        code: &'static str,
        what: &str,
        name: &str,
        place: crate::manifest::document::Place,
    ) {
        self.findings
            .note(code, place, format!("{what} `{name}` is never used"))
            .here("defined here")
            .help("remove it, or use it")
            .report();
    }
}
