//! `crm_node`: names, numbers and membership of nodes.

use clap::{ArgAction, Parser};

use super::Surroundings;
use super::verdict::Verdict;
use super::wire::{Answer, Member, Question};
use crate::model::NodeName;

/// Tells names, numbers and membership of nodes.
#[derive(Debug, Parser)]
#[command(name = "crm_node", version, disable_version_flag = true)]
pub(super) struct Call {
    /// The number of this node.
    #[arg(short = 'i', long)]
    cluster_id: bool,
    /// All known nodes with their numbers.
    #[arg(short = 'l', long)]
    list: bool,
    /// The name of this node.
    #[arg(short = 'n', long)]
    name: bool,
    /// The nodes that are there.
    #[arg(short = 'p', long)]
    partition: bool,
    /// 1 if they have quorum, else 0.
    #[arg(short = 'q', long)]
    quorum: bool,
    /// The name of the node with this number.
    #[arg(short = 'N', long, value_name = "ID")]
    name_for_id: Option<String>,
    /// Say less.
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
        match surroundings.ask(&Question::Members) {
            Ok(Answer::Members { here, quorate, members }) => self.tell(&here, quorate, &members),
            Ok(Answer::Done | Answer::Stored(_) | Answer::Resource { .. } | Answer::Refused(_)) => {
                Verdict::unreachable("the answer is of another kind")
            }
            Err(verdict) => verdict,
        }
    }

    /// Where several are asked for, the last counts, as it always has.
    fn tell(&self, here: &NodeName, quorate: bool, members: &[Member]) -> Verdict {
        if let Some(id) = &self.name_for_id {
            let found = members.iter().find(|member| *member.id == **id);
            return found.map_or_else(
                || Verdict::missing(&format!("there is no node with the number {id}")),
                |member| Verdict::told(member.name.to_string()),
            );
        }
        let present = members.iter().filter(|member| member.is_present);
        Verdict::told(if self.quorum {
            u8::from(quorate).to_string()
        } else if self.partition {
            present.map(|member| member.name.as_str()).collect::<Vec<_>>().join(" ")
        } else if self.list {
            let line = |member: &Member| {
                let state = if member.is_present { "member" } else { "lost" };
                format!("{} {} {state}", member.id, member.name)
            };
            members.iter().map(line).collect::<Vec<_>>().join("\n")
        } else if self.cluster_id {
            let own = members.iter().find(|member| member.name == *here);
            own.map_or_else(|| "0".to_owned(), |own| own.id.to_string())
        } else if self.name {
            here.to_string()
        } else {
            return Verdict::usage(
                "what of the node? give --name, --cluster-id, --list, --partition or --quorum",
            );
        })
    }
}
