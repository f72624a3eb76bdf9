//! `cluster init` and `cluster join`: look, decide, do, verify.

#![expect(clippy::disallowed_methods, reason = "reads keys, and waits for hosts")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::time::{self, Instant};

use super::super::validate;
use super::hosts::{Answers, LIMIT, say_fault};
use super::ssh::Reach;
use super::{Format, keygen, report};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::formation::{
    Conf, Decision, Fingerprint, KeySource, Layout, Member, Membership, Objection, Order, Stand, Survey,
    Work, conf, decide, script,
};
use crate::model::Cluster;
use crate::source;

/// How long members may take to find each other.
const VERIFY_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    reach: Reach,
    /// Overrule what is said to be overruled by it: host names, clocks, versions, old configurations.
    #[arg(long)]
    force: bool,
    /// Look and say what would be done. Changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Share this key, made by `cluster keygen`, instead of a new one.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Runs `init` or `join`.
pub(super) async fn run(
    order: Order,
    arguments: &Arguments,
    options: &Options,
    format: Format,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let cluster = validate::load(options.manifest(), terminal)?.cluster;
    let layout = lay_out(&cluster, None, terminal)?;
    terminal.note(&format!("Looking at {} hosts.", layout.members.len()));
    let stands = survey(&layout, &arguments.reach, terminal).await?;
    // Members keep the ids that the cluster knows them by.
    let known = stands.iter().filter_map(|stand| stand.survey.conf());
    let known = known.filter(|conf| conf.is_ours() && conf.cluster() == Some(layout.cluster.as_str()));
    let layout = lay_out(&cluster, known.max_by_key(Conf::revision).as_ref(), terminal)?;
    let stands = numbered(stands, &layout);
    terminal.note(&report::stands(&stands, &arguments.reach));

    let version = env!("CARGO_PKG_VERSION");
    let decision = decide(&layout, order, &stands, version, arguments.force)
        .map_err(|objections| refuse(&objections, terminal))?;
    let is_changed = !decision.is_empty();
    if arguments.dry_run {
        terminal.note(&report::work(&decision));
        let key = match (&decision.key, &arguments.key) {
            (KeySource::Node(_, found), _) => found.clone(),
            (KeySource::New, Some(file)) => keygen::named(read_key(file)?).1,
            (KeySource::New, None) => Fingerprint::new("(not made yet)"),
        };
        if format == Format::Text {
            terminal.data(&conf::write(&decision.layout, &key))?;
        } else {
            terminal.document(&report::json(&decision, None))?;
        }
        return Ok(Exit::Done);
    }
    if is_changed {
        terminal.note(&report::work(&decision));
        carry_out(&decision, arguments, terminal).await?;
    }
    verify(&decision.layout, &arguments.reach, terminal).await?;
    match format {
        Format::Text => terminal.data(&report::text(&decision))?,
        Format::Json => terminal.document(&report::json(&decision, Some(is_changed)))?,
    }
    Ok(Exit::Done)
}

pub(super) fn lay_out(
    cluster: &Cluster,
    running: Option<&Conf>,
    terminal: Terminal,
) -> Result<Layout, Failure> {
    Layout::new(cluster, running).map_err(|faults| {
        faults
            .iter()
            .for_each(|fault| terminal.say(&format!("{} {fault}", terminal.error_ink().error("error:"))));
        Failure::new(Exit::ManifestInvalid, "corosync could not form this cluster")
    })
}

/// Asks every host what it is.
async fn survey(layout: &Layout, reach: &Reach, terminal: Terminal) -> Result<Vec<Stand>, Failure> {
    let scripts = layout.members.iter().map(|member| (member.clone(), Survey::SCRIPT.to_owned()));
    let answers = Answers::ask(reach, scripts.collect(), LIMIT).await.all("reach", terminal)?;
    let mut stands = Vec::new();
    for (member, answer) in answers {
        let survey = Survey::read(&answer.text)
            .ok_or_else(|| Failure::error(format!("{} did not say what it is", member.name)))?;
        let ahead = answer.ahead(survey.clock);
        stands.push(Stand { member, survey, ahead });
    }
    Ok(stands)
}

/// The hosts, with the ids that their members have in a layout.
fn numbered(stands: Vec<Stand>, layout: &Layout) -> Vec<Stand> {
    let mut numbered: Vec<Stand> = stands
        .into_iter()
        .filter_map(|stand| {
            Some(Stand { member: layout.member(stand.member.name.as_str())?.clone(), ..stand })
        })
        .collect();
    numbered.sort_by_key(|stand| stand.member.id);
    numbered
}

fn refuse(objections: &[Objection], terminal: Terminal) -> Failure {
    for Objection { node, what, help, .. } in objections {
        say_fault(node, what, help, terminal);
    }
    let failure = Failure::new(Exit::Unsafe, "nothing was changed");
    if objections.iter().all(|objection| objection.is_forceable) {
        failure.help("--force goes on all the same")
    } else {
        failure
    }
}

/// Tells those that stay that some nodes are no members any more. `cluster` has only those that stay.
pub(super) async fn shrink(cluster: &Cluster, reach: &Reach, terminal: Terminal) -> Result<(), Failure> {
    let layout = lay_out(cluster, None, terminal)?;
    let mut stands = survey(&layout, reach, terminal).await?;
    let is_ours = |conf: &Conf| conf.is_ours() && conf.cluster() == Some(layout.cluster.as_str());
    stands.retain(|stand| stand.survey.conf().is_some_and(|conf| is_ours(&conf)));
    let known = stands.iter().filter_map(|stand| stand.survey.conf()).max_by_key(Conf::revision);
    let layout = lay_out(cluster, known.as_ref(), terminal)?;
    let stands = numbered(stands, &layout);
    let decision = decide(&layout, Order::Shrink, &stands, env!("CARGO_PKG_VERSION"), true)
        .map_err(|objections| refuse(&objections, terminal))?;
    if decision.is_empty() || stands.is_empty() {
        return Ok(());
    }
    share(&decision, reach, None, terminal).await?;
    // Who does not run reads it when it starts.
    let all_run = stands.iter().all(|stand| stand.survey.runs_corosync);
    if all_run && stands.len() == layout.members.len() {
        verify(&decision.layout, reach, terminal).await?;
    }
    Ok(())
}

async fn carry_out(decision: &Decision, arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let reach = &arguments.reach;
    share(decision, reach, arguments.key.as_deref(), terminal).await?;
    let has_qdevice = decision.layout.corosync.qdevice.is_some();
    let starts =
        needing(decision, |work| work.starts_corosync || work.starts_daemon || work.restarts_corosync);
    let scripts = starts.into_iter().map(|(member, work)| (member, script::start(work, has_qdevice)));
    Answers::ask(reach, scripts.collect(), LIMIT).await.all("start the cluster on", terminal)?;
    Ok(())
}

fn needing(decision: &Decision, select: fn(Work) -> bool) -> Vec<(Member, Work)> {
    decision.work.iter().filter(|(_, work)| select(*work)).cloned().collect()
}

/// Gives members key and configuration, and lets a cluster that runs read it.
async fn share(
    decision: &Decision,
    reach: &Reach,
    given: Option<&Path>,
    terminal: Terminal,
) -> Result<(), Failure> {
    let (key, fingerprint) = key(decision, reach, given, terminal).await?;
    let text = conf::write(&decision.layout, &fingerprint);
    let writes = needing(decision, |work| work.writes_key || work.writes_conf);
    let scripts = writes.into_iter().map(|(member, work)| (member, script::install(work, &text, &key)));
    Answers::ask(reach, scripts.collect(), LIMIT).await.all("write files on", terminal)?;

    let reloads = decision.reloads.iter().filter_map(|name| decision.layout.member(name.as_str()));
    let scripts = reloads.map(|member| (member.clone(), script::reload()));
    Answers::ask(reach, scripts.collect(), LIMIT).await.all("reload corosync through", terminal)?;
    Ok(())
}

/// The key to share, and its name.
async fn key(
    decision: &Decision,
    reach: &Reach,
    given: Option<&Path>,
    terminal: Terminal,
) -> Result<(Vec<u8>, Fingerprint), Failure> {
    match (&decision.key, given) {
        (KeySource::New, None) => keygen::make().map(keygen::named),
        (KeySource::New, Some(file)) => read_key(file).map(keygen::named),
        (KeySource::Node(node, found), given) => {
            if let Some(file) = given
                && keygen::named(read_key(file)?).1 != *found
            {
                return Err(Failure::new(
                    Exit::Unsafe,
                    format!("{node} has another key than {}", file.display()),
                )
                .help("leave out --key: what the cluster has is shared with the new nodes"));
            }
            let Some(member) = decision.layout.member(node.as_str()) else {
                return Err(Failure::error(format!("{node} is no member")));
            };
            let scripts = vec![(member.clone(), script::read_key())];
            let answers = Answers::ask(reach, scripts, LIMIT).await.all("read the key of", terminal)?;
            let text: String = answers.into_iter().map(|(_, answer)| answer.text).collect();
            let bytes = text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).ok());
            let (key, name) = keygen::named(bytes.collect::<Option<Vec<u8>>>().unwrap_or_default());
            if name == *found {
                Ok((key, name))
            } else {
                Err(Failure::error(format!("the key of {node} changed while it was read")))
            }
        }
    }
}

/// Most bytes of a key that corosync takes.
const KEY_MAX: usize = 4096;

fn read_key(file: &Path) -> Result<Vec<u8>, Failure> {
    let key = source::read_file(file, KEY_MAX).map_err(|error| Failure::file("read", file, &error))?;
    if key.len() < 128 {
        return Err(Failure::error(format!("{} is too short for a key", file.display()))
            .help("`quorate cluster keygen` makes one"));
    }
    Ok(key)
}

/// Waits until every member sees all members, with quorum.
async fn verify(layout: &Layout, reach: &Reach, terminal: Terminal) -> Result<(), Failure> {
    let until = Instant::now() + VERIFY_LIMIT;
    let mut wanted: Vec<u32> = layout.members.iter().map(|member| member.id).collect();
    wanted.sort_unstable();
    loop {
        let scripts = layout.members.iter().map(|member| (member.clone(), script::look()));
        let answers = Answers::ask(reach, scripts.collect(), LIMIT).await.all("ask", terminal)?;
        let mut late = Vec::new();
        for (member, answer) in &answers {
            let mut seen = Membership::read(&answer.text);
            seen.ids.sort_unstable();
            if !seen.is_quorate || seen.ids != wanted {
                late.push(report::sight(member, &seen, layout));
            }
        }
        if late.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            late.iter().for_each(|line| terminal.say(line));
            let mut failure = Failure::new(Exit::Timeout, "not all members see each other");
            failure.help.push(report::open_ports(layout));
            return Err(failure.help("corosync's log on each node is /var/log/corosync/corosync.log"));
        }
        time::sleep(Duration::from_millis(500)).await;
    }
}
