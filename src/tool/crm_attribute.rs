//! `crm_attribute`, and `crm_master`, which is the same for promotion scores.

use std::ffi::OsString;

use clap::{ArgAction, Parser, ValueEnum};

use super::Surroundings;
use super::verdict::Verdict;
use super::wire::{Answer, Place, Question, Shelf, Spot, Stored};

/// Sets, asks for and deletes node attributes, promotion scores and cluster options.
#[derive(Debug, Parser)]
#[command(name = "crm_attribute", version, disable_version_flag = true)]
pub(super) struct Call {
    /// Which attribute or option.
    #[arg(short = 'n', long, alias = "attr-name")]
    name: Option<String>,
    /// The promotion score of a resource; of the agent's own if none is named.
    #[arg(short = 'p', long, alias = "master", value_name = "RESOURCE", num_args = 0..=1, default_missing_value = "")]
    promotion: Option<String>,
    /// Ask for the value; also if nothing else is said.
    #[arg(short = 'G', long, alias = "get-value")]
    query: bool,
    /// Set the value.
    #[arg(short = 'v', long, alias = "attr-value", value_name = "VALUE", allow_hyphen_values = true, conflicts_with_all = ["query", "delete"])]
    update: Option<String>,
    /// Delete the value.
    #[arg(short = 'D', long, alias = "delete-attr", conflicts_with = "query")]
    delete: bool,
    /// The answer if there is no value.
    #[arg(short = 'd', long, value_name = "VALUE", allow_hyphen_values = true)]
    default: Option<String>,
    /// How long a node attribute lasts.
    #[arg(short = 'l', long, value_enum)]
    lifetime: Option<Lifetime>,
    /// Of which node.
    #[arg(short = 'N', long, visible_short_alias = 'U', alias = "uname")]
    node: Option<String>,
    /// What kind of value.
    #[arg(short = 't', long = "type", value_name = "SECTION")]
    section: Option<String>,
    /// A capacity of the node.
    #[arg(short = 'z', long)]
    utilization: bool,
    /// In which set; all sets are one here.
    #[arg(short = 's', long, value_name = "NAME")]
    set_name: Option<String>,
    /// Print the value only.
    #[arg(short = 'q', visible_short_alias = 'Q', long)]
    quiet: bool,
    /// Say more.
    #[arg(short = 'V', long, action = ArgAction::Count)]
    verbose: u8,
    /// Print the version.
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// How long a node attribute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lifetime {
    /// Until the node leaves.
    Reboot,
    /// For good.
    Forever,
}

/// Puts what `crm_master` was called with as `crm_attribute` has it.
pub(super) fn for_promotion(words: Vec<OsString>) -> Vec<OsString> {
    let mut rest = words.into_iter();
    let name = rest.next().unwrap_or_default();
    [name, "--promotion".into()].into_iter().chain(rest).collect()
}

impl Call {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Verdict {
        self.carry_out(surroundings).unwrap_or_else(|verdict| verdict)
    }

    fn carry_out(&self, surroundings: &Surroundings) -> Result<Verdict, Verdict> {
        let name = self.attribute(surroundings)?;
        let shelf = self.shelf()?;
        let nodes = match &self.node {
            Some(node) => Spot::Node(node.as_str().into()),
            None => Spot::Here,
        };
        let place = Place { shelf, nodes, name: name.map(Into::into) };
        if self.update.is_none() && !self.delete {
            return self.query(surroundings, place);
        }
        if place.name.is_none() {
            return Err(Verdict::usage("which attribute? give --name"));
        }
        let value = self.update.as_deref().map(Into::into);
        surroundings.ask(&Question::Write { place, value, dampening: None })?;
        Ok(Verdict::done())
    }

    /// The name of what is meant.
    fn attribute(&self, surroundings: &Surroundings) -> Result<Option<String>, Verdict> {
        let Some(resource) = &self.promotion else { return Ok(self.name.clone()) };
        let resource = if resource.is_empty() { surroundings.resource.as_ref() } else { Some(resource) };
        match resource {
            Some(resource) => Ok(Some(format!("master-{resource}"))),
            None => Err(Verdict::usage(
                "-p/--promotion must be called from an OCF resource agent or with a resource ID specified",
            )),
        }
    }

    /// Where it is kept: attributes of a node if anything says so, else options of the cluster.
    fn shelf(&self) -> Result<Shelf, Verdict> {
        let of_node = match self.lifetime {
            Some(Lifetime::Reboot) => Shelf::UntilLeave,
            Some(Lifetime::Forever) => Shelf::Forever,
            None if self.promotion.is_some() => Shelf::UntilLeave,
            None => Shelf::Forever,
        };
        if self.utilization {
            return Ok(Shelf::Utilization);
        }
        match self.section.as_deref() {
            Some("status") => Ok(Shelf::UntilLeave),
            Some("nodes") => Ok(of_node),
            Some("crm_config") => Ok(Shelf::Options),
            Some(other) => {
                Err(Verdict::unsupported(&format!("`{other}` is the manifest's; agents cannot ask for it")))
            }
            None if self.promotion.is_some() || self.lifetime.is_some() || self.node.is_some() => Ok(of_node),
            None => Ok(Shelf::Options),
        }
    }

    fn query(&self, surroundings: &Surroundings, place: Place) -> Result<Verdict, Verdict> {
        let (shelf, name) = (place.shelf, place.name.clone());
        let Answer::Stored(mut found) = surroundings.ask(&Question::Read(place))? else {
            return Err(Verdict::unreachable("the answer is of another kind"));
        };
        if found.is_empty() {
            let (Some(name), Some(default)) = (name, &self.default) else {
                return Err(Verdict::missing("Error performing operation: No such device or address"));
            };
            found.push(Stored { node: None, name, value: default.as_str().into() });
        }
        let lines = found.iter().map(|Stored { name, value, .. }| {
            if self.quiet {
                value.to_string()
            } else {
                format!("scope={}  name={name} value={value}", section(shelf))
            }
        });
        Ok(Verdict::told(lines.collect::<Vec<_>>().join("\n")))
    }
}

/// What agents know a place by.
const fn section(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::UntilLeave => "status",
        Shelf::Forever | Shelf::Utilization => "nodes",
        Shelf::Options => "crm_config",
    }
}
