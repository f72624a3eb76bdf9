//! Options of fence devices that whoever fences reads itself, and a device's agent never sees: one table of
//! their names with what each may say.

use crate::model::period;

/// What the value of an option may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Anything.
    Text,
    /// How a device knows its targets.
    HostCheck,
    /// Nodes, each with its name at the device.
    HostMap,
    /// A length of time, or one for each node.
    Delay,
    /// A length of time.
    Length,
    /// A number of attempts.
    Attempts,
    /// A number, below zero for no limit.
    Limit,
}

/// Options of the device as a whole.
const OPTIONS: [(&str, Form); 7] = [
    ("pcmk_host_argument", Form::Text),
    ("pcmk_host_check", Form::HostCheck),
    ("pcmk_host_list", Form::Text),
    ("pcmk_host_map", Form::HostMap),
    ("pcmk_delay_base", Form::Delay),
    ("pcmk_delay_max", Form::Length),
    ("pcmk_action_limit", Form::Limit),
];

/// Actions with options of their own: `pcmk_off_timeout`.
const ACTIONS: [&str; 8] = ["reboot", "off", "on", "list", "monitor", "status", "validate_all", "metadata"];

/// Options of one action, after its name.
const ACTION_OPTIONS: [(&str, Form); 3] =
    [("action", Form::Text), ("timeout", Form::Length), ("retries", Form::Attempts)];

/// Ways to know the targets of a device.
const HOST_CHECKS: [&str; 4] = ["static-list", "dynamic-list", "status", "none"];

/// Whether an option of a device is by its name one for whoever fences, known or not.
pub fn is_for_fencer(name: &str) -> bool {
    name.starts_with("pcmk_")
}

/// Whether this is an option of a device as a whole.
pub fn is_of_device(name: &str) -> bool {
    OPTIONS.iter().any(|(known, _)| *known == name)
}

/// All options that there are.
pub fn names() -> impl Iterator<Item = String> {
    let of_actions = ACTIONS
        .iter()
        .flat_map(|action| ACTION_OPTIONS.iter().map(move |(option, _)| format!("pcmk_{action}_{option}")));
    OPTIONS.iter().map(|(name, _)| (*name).to_owned()).chain(of_actions)
}

/// Whether there is an option of this name.
pub fn is_known(name: &str) -> bool {
    form(name).is_some()
}

/// What an option should say, when it says something else; empty values count as not given, and of names
/// that are not known nothing is said.
pub fn fault(name: &str, value: &str) -> Option<&'static str> {
    let (form, value) = (form(name)?, value.trim());
    (!value.is_empty() && !form.fits(value)).then(|| form.expected())
}

fn form(name: &str) -> Option<Form> {
    let of_action = || {
        let (action, option) = name.strip_prefix("pcmk_")?.rsplit_once('_')?;
        let (_, form) = ACTION_OPTIONS.iter().find(|(known, _)| *known == option)?;
        ACTIONS.contains(&action).then_some(*form)
    };
    OPTIONS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form).or_else(of_action)
}

impl Form {
    fn fits(self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::HostCheck => HOST_CHECKS.contains(&value),
            Self::HostMap => is_map(value, |plug| !plug.is_empty()),
            Self::Delay => is_length(value) || is_map(value, is_length),
            Self::Length => is_length(value),
            Self::Attempts => value.parse::<u32>().is_ok(),
            Self::Limit => value.parse::<i32>().is_ok(),
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Text => "any text",
            Self::HostCheck => "one of static-list, dynamic-list, status, none",
            Self::HostMap => "`NODE:PORT;NODE:PORT`",
            Self::Delay => "a length of time, such as `5s`, or one for each node: `node1:5s;node2:0s`",
            Self::Length => "a length of time, such as `10s`",
            Self::Attempts => "a number of attempts",
            Self::Limit => "a number; -1 is no limit",
        }
    }
}

fn is_length(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit() || letter == 'P') && period::parse(text).is_some()
}

/// Whether this is a list of nodes with something for each.
fn is_map(text: &str, is_fit: impl Fn(&str) -> bool) -> bool {
    let mut entries = text.split([';', ' ', '\t', '\n']).filter(|entry| !entry.is_empty()).peekable();
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
            ("pcmk_delay_max", ""),
            ("pcmk_host_map", "node1:1;node2:2,3"),
            ("pcmk_host_check", "static-list"),
            ("pcmk_reboot_timeout", "2min"),
            ("pcmk_off_retries", "3"),
            ("pcmk_action_limit", "-1"),
            ("pcmk_host_list", "node1 node2"),
            ("ip", "soon"),
        ] {
            assert_eq!(fault(name, value), None, "{name}={value}");
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
            assert!(fault(name, value).is_some(), "{name}={value}");
        }
    }

    #[test]
    fn every_name_is_known_and_a_misspelt_one_is_not() {
        assert!(names().all(|name| is_known(&name)));
        assert_eq!(names().count(), 7 + 8 * 3);
        assert!(
            !is_known("pcmk_delay_bas") && !is_known("pcmk_rebot_timeout") && !is_known("pcmk_off_delay")
        );
    }
}
