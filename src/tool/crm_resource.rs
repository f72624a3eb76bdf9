//! `crm_resource`: parameters and places of resources. What should be is the manifest's, so that
//! agents cannot change it here.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::{ArgAction, Parser};

use super::Surroundings;
use super::verdict::Verdict;
use super::wire::{Answer, Question};
use crate::model::NodeName;

/// Tells parameters and places of resources.
#[derive(Debug, Parser)]
#[command(name = "crm_resource", version, disable_version_flag = true)]
pub(super) struct Call {
    /// Which resource.
    #[arg(short = 'r', long, value_name = "NAME")]
    resource: Option<String>,
    /// Ask for a parameter.
    #[arg(short = 'g', long, value_name = "NAME")]
    get_parameter: Option<String>,
    /// Set a parameter; refused.
    #[arg(short = 'p', long, value_name = "NAME")]
    set_parameter: Option<String>,
    /// Delete a parameter; refused.
    #[arg(short = 'd', long, value_name = "NAME")]
    delete_parameter: Option<String>,
    /// The value to set.
    #[arg(short = 'v', long, value_name = "VALUE", allow_hyphen_values = true)]
    parameter_value: Option<String>,
    /// A meta-attribute instead of a parameter.
    #[arg(short = 'm', long)]
    meta: bool,
    /// What the resource uses instead of a parameter.
    #[arg(short = 'z', long)]
    utilization: bool,
    /// Where is it active?
    #[arg(short = 'W', long)]
    locate: bool,
    /// Of which node.
    #[arg(short = 'N', long)]
    node: Option<String>,
    /// Print the value only.
    #[arg(short = 'Q', long)]
    quiet: bool,
    /// Say more.
    #[arg(short = 'V', long, action = ArgAction::Count)]
    verbose: u8,
    /// Print the version.
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: Option<bool>,
}

impl Call {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Verdict {
        if let Some(name) = self.set_parameter.as_ref().or(self.delete_parameter.as_ref()) {
            return Verdict::unsupported(&format!("`{name}` is the manifest's; change it there"));
        }
        let resource = self.resource.as_ref().or(surroundings.resource.as_ref());
        let Some(resource) = resource else { return Verdict::usage("which resource? give --resource") };
        match surroundings.ask(&Question::Resource(resource.as_str().into())) {
            Ok(Answer::Resource { active, params, meta, utilization }) => {
                if self.locate {
                    return self.tell_places(resource, &active);
                }
                let table = match (self.utilization, self.meta) {
                    (true, _) => &utilization,
                    (false, true) => &meta,
                    (false, false) => &params,
                };
                self.tell_parameter(resource, table)
            }
            Ok(Answer::Done | Answer::Stored(_) | Answer::Members { .. } | Answer::Refused(_)) => {
                Verdict::unreachable("the answer is of another kind")
            }
            Err(verdict) => verdict,
        }
    }

    fn tell_places(&self, resource: &str, active: &[(NodeName, bool)]) -> Verdict {
        if active.is_empty() {
            return Verdict::told(format!("resource {resource} is NOT running"));
        }
        let line = |(node, is_promoted): &(NodeName, bool)| {
            let role = if *is_promoted { "Promoted" } else { "" };
            if self.quiet {
                node.to_string()
            } else {
                format!("resource {resource} is running on: {node} {role}").trim_end().to_owned()
            }
        };
        Verdict::told(active.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    fn tell_parameter(&self, resource: &str, table: &BTreeMap<Arc<str>, Arc<str>>) -> Verdict {
        let Some(name) = &self.get_parameter else {
            return Verdict::unsupported("give --get-parameter or --locate; agents can ask for nothing else");
        };
        match table.get(name.as_str()) {
            Some(value) => Verdict::told(value.to_string()),
            None => Verdict::told(format!("Attribute '{name}' not found for '{resource}'")),
        }
    }
}
