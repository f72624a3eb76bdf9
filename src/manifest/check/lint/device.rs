//! Options of fence devices that whoever fences reads itself: one that cannot be read would be found out on
//! the night when it counts.

use super::Lint;
use super::secret::values;
use crate::manifest::typed::{At, Field};
use crate::manifest::vocabulary::options::{OptionValue, Options, Params};
use crate::model::period;

const HOST_CHECKS: [&str; 4] = ["static-list", "dynamic-list", "status", "none"];

impl Lint<'_, '_> {
    pub(super) fn check_device_options(self) {
        let is_device = |agent: &Field<String>| {
            agent.as_ref().and_then(At::get).is_some_and(|agent| agent.starts_with("stonith:"))
        };
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

    fn check_device_params(self, params: &Field<Options<Params>>) {
        for (key, value) in values(params) {
            let Some(OptionValue::Text(text)) = value.get() else { continue };
            if let Some(form) = unfit(key.text(), text) {
                self.findings
                    .error("invalid-option", value.place, format!("`{}` cannot be read", key.text()))
                    .here(form)
                    .report();
            }
        }
    }
}

/// The form that an option should have, when its value has another.
fn unfit(name: &str, value: &str) -> Option<&'static str> {
    let (is_fit, form) = match name {
        "pcmk_host_check" => (HOST_CHECKS.contains(&value), "one of static-list, dynamic-list, status, none"),
        "pcmk_host_map" => (is_map(value, |port| !port.is_empty()), "`NODE:PORT;NODE:PORT`"),
        "pcmk_delay_base" => (
            is_length(value) || is_map(value, is_length),
            "a length of time, such as `5s`, or one for each node: `node1:5s;node2:0s`",
        ),
        "pcmk_delay_max" => (is_length(value), "a length of time, such as `10s`"),
        "pcmk_action_limit" => (value.parse::<i32>().is_ok(), "a number; -1 is no limit"),
        _ if name.starts_with("pcmk_") && name.ends_with("_timeout") => {
            (is_length(value), "a length of time, such as `60s`")
        }
        _ if name.starts_with("pcmk_") && name.ends_with("_retries") => {
            (value.parse::<u32>().is_ok(), "a number of attempts")
        }
        _ => (true, ""),
    };
    (!is_fit).then_some(form)
}

fn is_length(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit() || letter == 'P') && period::parse(text).is_some()
}

/// Whether this is a list of nodes with something for each.
fn is_map(text: &str, is_fit: impl Fn(&str) -> bool) -> bool {
    let mut entries = text.split([';', ' ', '\t']).filter(|entry| !entry.is_empty()).peekable();
    entries.peek().is_some()
        && entries.all(|entry| {
            entry.split_once([':', '=']).is_some_and(|(node, value)| !node.is_empty() && is_fit(value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_devices_are_read_or_refused() {
        for (name, value) in [
            ("pcmk_delay_base", "5s"),
            ("pcmk_delay_base", "node1:5s;node2:0s"),
            ("pcmk_delay_max", "10"),
            ("pcmk_host_map", "node1:1;node2:2,3"),
            ("pcmk_host_check", "static-list"),
            ("pcmk_reboot_timeout", "2min"),
            ("pcmk_off_retries", "3"),
            ("pcmk_action_limit", "-1"),
            ("pcmk_host_list", "node1 node2"),
        ] {
            assert_eq!(unfit(name, value), None, "{name}={value}");
        }
        for (name, value) in [
            ("pcmk_delay_base", "soon"),
            ("pcmk_delay_base", "node1:soon"),
            ("pcmk_delay_max", "-1s"),
            ("pcmk_host_map", "node1"),
            ("pcmk_host_check", "dynamic"),
            ("pcmk_reboot_timeout", "long"),
            ("pcmk_off_retries", "-1"),
        ] {
            assert!(unfit(name, value).is_some(), "{name}={value}");
        }
    }
}
