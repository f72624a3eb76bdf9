//! `cluster destroy`: stop the daemons, and remove what `init` made.

use std::time::Duration;

use clap::Args;

use super::super::validate;
use super::Format;
use super::form;
use super::hosts::{Answers, LIMIT};
use super::ssh::{Answer, Reach};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name::unknown;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::formation::{Layout, Member, Survey, script};
use crate::view;

/// How long a node may take to stop its resources.
const STOP_LIMIT: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    reach: Reach,
    /// Only these nodes. [default: all of the manifest]
    #[arg(value_name = "NODE")]
    nodes: Vec<String>,
    /// Do not ask.
    #[arg(long)]
    auto_approve: bool,
    /// The named nodes are gone for good: nothing is done on them, and the others are told to forget them.
    #[arg(long, requires = "nodes")]
    gone: bool,
}

/// Runs the verb.
pub(super) async fn run(
    arguments: &Arguments,
    options: &Options,
    format: Format,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let cluster = validate::load(options.manifest(), terminal)?.cluster;
    let layout = form::lay_out(&cluster, None, terminal)?;
    let chosen = chosen(&layout, &arguments.nodes)?;
    let scripts = chosen.iter().map(|member| (member.clone(), Survey::SCRIPT.to_owned())).collect();
    let answers = Answers::ask(&arguments.reach, scripts, LIMIT).await;
    let members = if arguments.gone {
        check_gone(answers)?;
        chosen.clone()
    } else {
        answers
            .all("reach", terminal)
            .map_err(|failure| advise(failure, &arguments.nodes))?
            .into_iter()
            .filter(|(_, answer)| is_member(answer, &layout.cluster))
            .map(|(member, _)| member)
            .collect()
    };
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    if !names.is_empty() {
        confirm(arguments, &layout.cluster, &names.join(", "), terminal)?;
    }
    if !arguments.gone {
        let scripts = members.iter().map(|member| (member.clone(), script::destroy())).collect();
        Answers::ask(&arguments.reach, scripts, STOP_LIMIT).await.all("take the cluster off", terminal)?;
    }
    let mut rest = cluster.clone();
    rest.nodes.retain(|node| !chosen.iter().any(|member| member.name.is(node.name.as_str())));
    if !arguments.nodes.is_empty() && !rest.nodes.is_empty() {
        form::shrink(&rest, &arguments.reach, terminal).await?;
        terminal.note(
            "The other nodes know. Take it out of the manifest, too: `cluster join` would bring it back.",
        );
    }
    match format {
        Format::Text if names.is_empty() => {
            terminal.data(&format!("Nothing to do: no host is a member of {}.\n", layout.cluster))?;
        }
        Format::Text => {
            let how = if arguments.gone { "was taken out of" } else { "left" };
            terminal.data(&format!("{} {how} {}.\n", names.join(", "), layout.cluster))?;
        }
        Format::Json => terminal.document(&view::to_json(&serde_json::json!({
            "format_version": "1.0",
            "kind": "cluster-destruction",
            "cluster": layout.cluster,
            "nodes": names,
        })))?,
    }
    Ok(Exit::Done)
}

/// Whether a host is set up as a member of a cluster.
fn is_member(answer: &Answer, cluster: &str) -> bool {
    let conf = Survey::read(&answer.text).and_then(|survey| survey.conf());
    conf.is_some_and(|conf| conf.is_ours() && conf.cluster() == Some(cluster))
}

/// Refuses to take out without a word whoever can be reached: its daemons would go on alone.
fn check_gone(answers: Answers) -> Result<(), Failure> {
    match answers
        .0
        .into_iter()
        .find(|(_, answer)| answer.as_ref().map_or_else(|fault| !fault.is_unreachable, |_| true))
    {
        None => Ok(()),
        Some((member, _)) => {
            Err(Failure::new(Exit::Unsafe, format!("{} is not gone: it answers", member.name))
                .help("without --gone its daemons are stopped in order"))
        }
    }
}

/// What to do about hosts that cannot be reached, where some were named.
fn advise(failure: Failure, named: &[String]) -> Failure {
    if named.is_empty() || failure.exit != Exit::Unreachable {
        return failure;
    }
    failure.help("one that is gone for good is taken out with `--gone`; be sure that it is off and stays so")
}

fn chosen(layout: &Layout, names: &[String]) -> Result<Vec<Member>, Failure> {
    if names.is_empty() {
        return Ok(layout.members.clone());
    }
    let find = |name: &String| {
        let known: Vec<String> = layout.members.iter().map(|member| member.name.to_string()).collect();
        layout.member(name).cloned().ok_or_else(|| unknown("node", name, &known))
    };
    names.iter().map(find).collect()
}

fn confirm(arguments: &Arguments, cluster: &str, names: &str, terminal: Terminal) -> Result<(), Failure> {
    if arguments.auto_approve {
        return Ok(());
    }
    if !terminal.can_ask() {
        return Err(Failure::new(Exit::Unsafe, "nobody is there to confirm it")
            .help("--auto-approve does it all the same"));
    }
    let gone = format!(
        "This takes {names} out of cluster {cluster} without a word to it: make sure that it is off and stays so. \
         Only `yes` is taken as yes:"
    );
    let question = format!(
        "This stops cluster {cluster} and its resources on {names}, and removes its key, configuration and state \
         there. Only `yes` is taken as yes:"
    );
    if terminal.ask(if arguments.gone { &gone } else { &question }) {
        Ok(())
    } else {
        Err(Failure::error("not confirmed; nothing was changed"))
    }
}
