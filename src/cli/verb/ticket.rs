//! `ticket`: which of several clusters may run what.

use clap::{Args, Subcommand};

use super::apply::{self, Allowed};
use crate::cli::answer::Answering;
use crate::cli::asking::{self, Waiting, confirm};
use crate::cli::engines::{self, Access};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::Options;
use crate::cli::planning;
use crate::cli::terminal::Terminal;
use crate::cluster::Change;
use crate::engine::Observation;
use crate::model::{NodeName, TicketId};
use crate::plan::ticket::{TicketOverview, tickets, without};
use crate::plan::{Hazard, Verb};
use crate::view;

/// Grant or revoke a ticket: of several clusters, only the one that holds it runs what needs it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show which tickets this cluster holds, and what needs them.
    List,
    /// Give this cluster a ticket, so that it runs what needs it. No other cluster may hold it.
    Grant(Risky),
    /// Take a ticket from this cluster: what needs it ends as its `loss-policy` says.
    Revoke(Revocation),
    /// Stop what needs a ticket, and keep the ticket.
    Standby(Named),
    /// End the standby of a ticket.
    Activate(Named),
}

#[derive(Debug, Args)]
struct Risky {
    #[command(flatten)]
    named: Named,
    /// Do not ask.
    #[arg(long)]
    auto_approve: bool,
}

#[derive(Debug, Args)]
struct Revocation {
    #[command(flatten)]
    risky: Risky,
    /// What may happen without a person's yes: `fence` a node.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_enum)]
    allow: Vec<Allowed>,
}

#[derive(Debug, Args)]
struct Named {
    /// Which ticket.
    ticket: String,
    #[command(flatten)]
    waiting: Waiting,
}

/// What becomes of a ticket: whether it is granted, and whether it is in standby.
type Aim = fn(&TicketOverview) -> (bool, bool);

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    match &arguments.what {
        What::List => {
            let known = known(&look(options)?);
            if arguments.answering.is_json() {
                terminal.document(&view::ticket::json(&known))?;
            } else {
                terminal.data(&view::ticket::text(&known))?;
            }
            Ok(Exit::Done)
        }
        What::Grant(Risky { named, auto_approve }) => {
            let ticket = find(&known(&look(options)?), &named.ticket)?;
            if !ticket.granted && !auto_approve {
                terminal.say(
                    "Where two clusters hold a ticket, both run what needs it, and data can be destroyed.",
                );
                confirm(&format!("Is {} certainly granted nowhere else?", ticket.id), false, terminal)?;
            }
            set(named, |known| (true, known.standby), options, terminal)
        }
        What::Revoke(revocation) => revoke(revocation, options, terminal),
        What::Standby(named) => set(named, |known| (known.granted, true), options, terminal),
        What::Activate(named) => set(named, |known| (known.granted, false), options, terminal),
    }
}

/// Takes a ticket away, once it is clear that everything which follows is meant.
fn revoke(revocation: &Revocation, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let Risky { named, auto_approve } = &revocation.risky;
    let seen = look(options)?;
    let ticket = find(&known(&seen), &named.ticket)?;
    let fenced = fenced_without(&ticket, &seen);
    for (node, why) in &fenced {
        terminal.say(&format!("{node} will be fenced, with all that runs there: {why}."));
    }
    if *auto_approve {
        let hazards: &[Hazard] = if fenced.is_empty() { &[] } else { &[Hazard::Fence] };
        apply::check_allowed(hazards, &revocation.allow)?;
    } else if ticket.granted && !ticket.needed_by.is_empty() {
        terminal.say(&format!(
            "Needed by {}: each ends as its loss-policy says, which is to stop unless told otherwise.",
            ticket.needed_by.join(", ")
        ));
        confirm(&format!("Revoke {} now?", ticket.id), false, terminal).map_err(|failure| {
            if fenced.is_empty() || terminal.can_ask() {
                failure
            } else {
                failure.help("nodes are fenced only with --allow fence as well")
            }
        })?;
    }
    set(named, |known| (false, known.standby), options, terminal)
}

/// The nodes that are fenced as a ticket is lost, and no sooner, each with why.
fn fenced_without(ticket: &TicketOverview, seen: &Observation) -> Vec<(NodeName, String)> {
    let fenced = |seen: &Observation| {
        let steps = planning::make_from_force(seen, "").plan.steps;
        let nodes = steps.into_iter().filter(|step| step.verb == Verb::Fence).filter_map(|step| step.from);
        nodes.collect::<Vec<NodeName>>()
    };
    if !ticket.granted || ticket.fences_for.is_empty() {
        return Vec::new();
    }
    let before = fenced(seen);
    let imagined = Observation { status: without(&ticket.id, &seen.status), ..seen.clone() };
    let why = format!("the loss-policy of {} is to fence", ticket.fences_for.join(", "));
    let new = fenced(&imagined).into_iter().filter(|node| !before.contains(node));
    new.map(|node| (node, why.clone())).collect()
}

fn set(named: &Named, aim: Aim, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    let wish = |seen: &Observation| {
        let ticket = find(&known(seen), &named.ticket)?;
        let (granted, standby) = aim(&ticket);
        if (granted, standby) == (ticket.granted, ticket.standby) {
            terminal.note(&format!("Ticket {} is {} already.", ticket.id, view::ticket::held(&ticket)));
            return Ok(Vec::new());
        }
        Ok(vec![Change::Ticket { id: ticket.id, granted, standby }])
    };
    asking::ask(wish, &named.waiting, options, terminal)
}

fn look(options: &Options) -> Result<Observation, Failure> {
    engines::block_on(async { Ok(engines::open(options, Access::Read)?.engine.observe().await?) })
}

fn known(seen: &Observation) -> Vec<TicketOverview> {
    tickets(&seen.in_force, &seen.status)
}

fn find(known: &[TicketOverview], name: &str) -> Result<TicketOverview, Failure> {
    let id = TicketId::from(name);
    known.iter().find(|ticket| ticket.id == id).cloned().ok_or_else(|| {
        let names: Vec<String> = known.iter().map(|ticket| ticket.id.to_string()).collect();
        name::unknown("ticket", name, &names)
    })
}
