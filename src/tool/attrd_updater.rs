//! `attrd_updater`: node attributes that last until their node leaves.

use std::time::Duration;

use clap::{ArgAction, Parser};

use super::Surroundings;
use super::verdict::Verdict;
use super::wire::{Answer, Place, Question, Shelf, Spot, Stored};
use crate::model::period;

/// Sets, asks for and deletes node attributes that last until their node leaves.
#[derive(Debug, Parser)]
#[command(name = "attrd_updater", version, disable_version_flag = true)]
pub(super) struct Call {
    /// Which attribute.
    #[arg(short = 'n', long, required_unless_present = "refresh")]
    name: Option<String>,
    /// Set the value.
    #[arg(
        short = 'U',
        short_alias = 'v',
        long,
        value_name = "VALUE",
        allow_hyphen_values = true,
        group = "command"
    )]
    update: Option<String>,
    /// Set the value, and how long to wait for further changes.
    #[arg(short = 'B', long, value_name = "VALUE", allow_hyphen_values = true, group = "command")]
    update_both: Option<String>,
    /// Set how long to wait for further changes.
    #[arg(short = 'Y', long, group = "command", requires = "delay")]
    update_delay: bool,
    /// Ask for the value.
    #[arg(short = 'Q', long, group = "command")]
    query: bool,
    /// Delete the value.
    #[arg(short = 'D', long, group = "command")]
    delete: bool,
    /// Write everything again; there is nothing to be done for that here.
    #[arg(short = 'R', long, group = "command")]
    refresh: bool,
    /// How long to wait for further changes before the cluster hears of this one.
    #[arg(short = 'd', long, value_name = "TIME")]
    delay: Option<String>,
    /// In which set; all sets are one here.
    #[arg(short = 's', short_alias = 'S', long)]
    set: Option<String>,
    /// Of which node.
    #[arg(short = 'N', long)]
    node: Option<String>,
    /// Ask for the values of all nodes.
    #[arg(short = 'A', long)]
    all: bool,
    /// How long it lasts; the cluster has always ignored it.
    #[arg(short = 'l', long)]
    lifetime: Option<String>,
    /// Not for rules; here it is an attribute like others.
    #[arg(short = 'p', long)]
    private: bool,
    /// Say less.
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Say more.
    #[arg(short = 'V', long, action = ArgAction::Count)]
    verbose: u8,
    /// Print the version.
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: Option<bool>,
    /// Agents may leave words behind that have no meaning.
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Call {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Verdict {
        self.carry_out(surroundings).unwrap_or_else(|verdict| verdict)
    }

    fn carry_out(&self, surroundings: &Surroundings) -> Result<Verdict, Verdict> {
        let Some(name) = self.name.as_deref().filter(|_| !self.refresh) else { return Ok(Verdict::done()) };
        let dampening = self.delay.as_deref().map(parse_delay).transpose()?;
        let nodes = match &self.node {
            _ if self.all => Spot::Everywhere,
            Some(node) => Spot::Node(node.as_str().into()),
            None => Spot::Here,
        };
        let place = Place { shelf: Shelf::UntilLeave, nodes, name: Some(name.into()) };
        let value = self.update.as_deref().or(self.update_both.as_deref());
        if let (true, Some(delay)) = (self.update_delay, dampening) {
            surroundings.ask(&Question::Dampen { name: name.into(), delay })?;
        } else if value.is_some() || self.delete {
            if let (Some(_), Some(delay)) = (&self.update_both, dampening) {
                surroundings.ask(&Question::Dampen { name: name.into(), delay })?;
            }
            surroundings.ask(&Question::Write { place, value: value.map(Into::into), dampening })?;
        } else {
            return query(surroundings, place, name);
        }
        Ok(Verdict::done())
    }
}

fn query(surroundings: &Surroundings, place: Place, name: &str) -> Result<Verdict, Verdict> {
    let Answer::Stored(found) = surroundings.ask(&Question::Read(place))? else {
        return Err(Verdict::unreachable("the answer is of another kind"));
    };
    if found.is_empty() {
        return Err(Verdict::missing(&format!("Could not query value of {name}: attribute does not exist")));
    }
    let lines = found.iter().map(|Stored { node, name, value }| {
        let host = node.as_ref().map_or("", |node| node.as_str());
        format!("name=\"{name}\" host=\"{host}\" value=\"{value}\"")
    });
    Ok(Verdict::told(lines.collect::<Vec<_>>().join("\n")))
}

/// A bare number is seconds.
fn parse_delay(text: &str) -> Result<Duration, Verdict> {
    period::parse(text).ok_or_else(|| Verdict::usage(&format!("`{text}` is no length of time")))
}
