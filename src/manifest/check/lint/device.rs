//! Options of fence devices that whoever fences reads itself: one that cannot be read would be found out on
//! the night when it counts.

use super::Lint;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::options::{OptionValue, Options, Params};
use crate::model::fencing::{devices, option};

impl Lint<'_, '_> {
    pub(super) fn check_device_options(self) {
        let is_device = |agent: &Field<String>| {
            agent.as_ref().and_then(At::get).is_some_and(|agent| agent.starts_with("stonith:"))
        };
        self.check_device_lists();
        let resources = self.gathered.resources.iter().filter_map(|(_, at)| at.get());
        let from_template = |name: Option<&String>| {
            let templates = self.gathered.templates.iter();
            templates
                .filter(|(key, _)| Some(key.text()) == name.map(String::as_str))
                .any(|(_, at)| at.get().is_some_and(|template| is_device(&Some(template.agent.clone()))))
        };
        for entry in resources {
            let template = entry.template.as_ref().and_then(At::get);
            if is_device(&entry.agent) || from_template(template) {
                self.check_device_params(&entry.params);
            }
        }
        for template in self.gathered.templates.iter().filter_map(|(_, at)| at.get()) {
            if is_device(&Some(template.agent.clone())) {
                self.check_device_params(&template.params);
            }
        }
    }

    /// A device that goes by a list that it does not have fences nobody.
    fn check_device_lists(self) {
        for device in devices(self.cluster) {
            let Some((place, _)) = self.names.resources.get(device.id.as_str()) else { continue };
            if let Some(why) = device.names_nobody() {
                self.findings
                    .error("invalid-option", *place, format!("`{}` can fence nobody", device.id))
                    .here(why)
                    .help("list the nodes that it can fence: `pcmk_host_list: node1 node2`")
                    .report();
            }
        }
    }

    fn check_device_params(self, params: &Field<Options<Params>>) {
        for (key, value) in params.iter().filter_map(At::get).flat_map(Options::pairs) {
            let name = key.text();
            if option::is_for_fencer(name) && !option::is_known(name) {
                let names: Vec<String> = option::names().collect();
                self.findings
                    .warning("unknown-option", key.place, format!("unknown option `{name}`"))
                    .here("without effect: neither the cluster nor the agent knows it")
                    .suggest(name, names.iter().map(String::as_str))
                    .report();
            }
            let Some(OptionValue::Text(text)) = value.get() else { continue };
            if let Some(expected) = option::fault(name, text) {
                self.findings
                    .error("invalid-option", value.place, format!("`{name}` cannot be read"))
                    .here(expected)
                    .report();
            }
        }
    }
}
