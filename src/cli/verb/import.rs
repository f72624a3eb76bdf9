//! `import`: a manifest from a cluster that was configured elsewhere.

#![expect(clippy::disallowed_methods, reason = "writes a file")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cib::{self, Cib};
use crate::cli::answer::Answering;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cli::{clock, engines, source};
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::engine::simulated::Simulated;
use crate::engine::{Desired, Engine};
use crate::manifest::{self, Adopted, ConstraintIds, Manifest};
use crate::model::{Cluster, Generation};
use crate::scheduler::{self, Schedule};
use crate::status::ClusterStatus;
use crate::view;

/// Write a manifest for a cluster that was configured elsewhere.
///
/// Both configurations are planned and the plans compared before anything is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Form of the configuration.
    #[arg(long, value_enum)]
    from: From,
    /// The configuration: a file, or `-` for standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    path: PathBuf,
    /// Name constraints after their ends, as for constraints that people write.
    #[arg(long)]
    new_names: bool,
    /// Replace the manifest if there is one.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// Forms of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// The XML of a Pacemaker cluster, with or without status.
    Cib,
    /// A running Pacemaker cluster.
    Pacemaker,
    /// What `pcs ... --output-format=json` prints.
    Pcs,
    /// What `crm configure show` prints.
    Crmsh,
    /// Variables of the Ansible role `ha_cluster`.
    HaCluster,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if let Some(other_way) = arguments.from.other_way() {
        let name = arguments.from.to_possible_value().map(|value| value.get_name().to_owned());
        return Err(Failure::usage(format!("cannot import from {} yet", name.unwrap_or_default()))
            .help(format!("{other_way}, then `quorate import --from cib cib.xml`")));
    }
    let target = options.manifest();
    if target != Path::new("-") && target.exists() && !arguments.force {
        return Err(Failure::error(format!("{} is there already", target.display()))
            .help("--force replaces it; -f names another file"));
    }
    let cib = read(&arguments.path, terminal)?;
    let adopted = adopt(&cib, arguments, target, terminal)?;
    if target == Path::new("-") {
        terminal.data(&adopted.text)?;
    } else {
        std::fs::write(target, &adopted.text).map_err(|error| Failure::file("write", target, &error))?;
        terminal.note(&format!("Wrote {}.", target.display()));
    }
    Ok(Exit::Done)
}

impl From {
    /// How to get at a CIB where this form cannot be read; `None` where it can.
    const fn other_way(self) -> Option<&'static str> {
        match self {
            Self::Cib => None,
            Self::Pacemaker => Some("on a node, run `cibadmin --query > cib.xml`"),
            Self::Pcs => Some("on a node, run `pcs cluster cib > cib.xml`"),
            Self::Crmsh => Some("on a node, run `crm configure show xml > cib.xml`"),
            Self::HaCluster => {
                Some("on a node that the role has configured, run `pcs cluster cib > cib.xml`")
            }
        }
    }
}

fn read(path: &Path, terminal: Terminal) -> Result<Cib, Failure> {
    let sources = source::read_other(path)?;
    let show = |found: &[Diagnostic]| {
        terminal.say_raw(&view::diagnostic::text(found, &sources, terminal.error_ink()));
    };
    match cib::read(&sources) {
        Ok(cib) => {
            if !cib.diagnostics.is_empty() {
                show(&cib.diagnostics);
            }
            Ok(cib)
        }
        Err(diagnostic) => {
            show(&[diagnostic]);
            Err(Failure::new(Exit::ManifestInvalid, format!("{} is not a CIB", source::called(path))))
        }
    }
}

fn adopt(cib: &Cib, arguments: &Arguments, target: &Path, terminal: Terminal) -> Result<Adopted, Failure> {
    let ids = if arguments.new_names { ConstraintIds::Derive } else { ConstraintIds::Keep };
    let adopted = manifest::adopt(cib.cluster.clone(), ids, &target.display().to_string());
    let Some(manifest) = &adopted.reading.manifest else {
        if let Some(id) = ambiguous(&cib.cluster) {
            return Err(Failure::new(
                Exit::ManifestInvalid,
                "the configuration is ambiguous; nothing was written",
            )
            .help(of_one_name(&id)));
        }
        show_errors(&adopted.reading.diagnostics, &adopted.sources, terminal);
        return Err(Failure::new(Exit::ManifestInvalid, "the configuration has what no manifest can say"));
    };
    let imported = with_old_names(manifest.cluster.clone(), &cib.cluster);
    let has_status = !cib.status.nodes.is_empty();
    let imagined = if has_status { None } else { Some(all_up(&cib.cluster)?) };
    let status = imagined.as_ref().unwrap_or(&cib.status);
    let actions = compare(&cib.cluster, &imported, status)?;
    terminal.note(&format!("Imported {}.", extent(&manifest.cluster)));
    if !has_status {
        terminal.note("The CIB has no status: compared with all nodes up and nothing running yet.");
    }
    terminal.note(&match actions {
        0 => "Checked: neither the CIB nor the manifest asks for any action.".to_owned(),
        1 => "Checked: the CIB and the manifest ask for the same action.".to_owned(),
        several => format!("Checked: the CIB and the manifest ask for the same {several} actions."),
    });
    note_tickets(&cib.status, terminal);
    note_tolerated(manifest, &adopted, terminal);
    Ok(adopted)
}

/// The imported cluster with its constraints under the names that they had: actions that stand for
/// constraints are called after them.
fn with_old_names(mut imported: Cluster, original: &Cluster) -> Cluster {
    let kept = manifest::adopt(original.clone(), ConstraintIds::Keep, "").reading.manifest;
    let named = kept.iter().flat_map(|manifest| &manifest.cluster.constraints);
    for (constraint, named) in imported.constraints.iter_mut().zip(named) {
        constraint.rename(named.id().clone());
    }
    imported
}

/// A cluster whose nodes have all just come up.
fn all_up(cluster: &Cluster) -> Result<ClusterStatus, Failure> {
    engines::block_on(async {
        let mut engine = Simulated::in_memory(0);
        let desired = Desired {
            cluster: cluster.clone(),
            base: Generation(0),
            renames: Vec::new(),
            origin: "import".to_owned(),
        };
        engine.submit(desired).await?;
        Ok(engine.observe().await?.status)
    })
}

/// How many actions both ask for. A manifest that asks for others must not be used.
fn compare(cib: &Cluster, imported: &Cluster, status: &ClusterStatus) -> Result<usize, Failure> {
    let now = status.observed_at.unwrap_or_else(clock::now);
    let before = spelled(scheduler::schedule(cib, status, now));
    let after = spelled(scheduler::schedule(imported, status, now));
    if before.transition == after.transition && before.changes == after.changes {
        return Ok(after.transition.actions.len());
    }
    let failure = Failure::error("the manifest would not do what the CIB does; nothing was written");
    Err(match ambiguous(cib) {
        Some(id) => failure.help(of_one_name(&id)),
        None => failure.help("this is a fault of `import`: please report it with the CIB"),
    })
}

/// Actions hand on the options of operations as they are written, and a manifest has one spelling for
/// what a CIB writes in several: old names of roles, `yes` for `true`.
fn spelled(mut schedule: Schedule) -> Schedule {
    for action in &mut schedule.transition.actions {
        for (name, value) in &mut action.meta {
            if let Some(spelling) = manifest::operation_spelling(&name.replace('_', "-"), value) {
                *value = spelling;
            }
        }
    }
    schedule
}

fn of_one_name(id: &str) -> String {
    format!(
        "several things in the CIB are called `{id}`, so that it is not clear which one is meant: \
         rename all but one (`crm_verify` knows them)"
    )
}

/// A name that a CIB gives to several resources or constraints.
fn ambiguous(cluster: &Cluster) -> Option<String> {
    let mut known = BTreeSet::new();
    let resources = cluster.resource_ids().into_iter().map(ToString::to_string);
    let constraints = cluster.constraints.iter().map(|constraint| constraint.id().to_string());
    resources.chain(constraints).find(|id| !known.insert(id.clone()))
}

fn extent(cluster: &Cluster) -> String {
    let counted =
        |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    format!(
        "{}, {} and {}",
        counted(cluster.nodes.len(), "node"),
        counted(cluster.resources.len(), "resource"),
        counted(cluster.constraints.len(), "constraint"),
    )
}

/// Which tickets a site holds is no part of a manifest.
fn note_tickets(status: &ClusterStatus, terminal: Terminal) {
    let granted = status.tickets.iter().filter(|ticket| ticket.granted);
    let names: Vec<String> = granted.map(|ticket| ticket.id.to_string()).collect();
    if !names.is_empty() {
        terminal.note(&format!(
            "Granted in the CIB, and not said by a manifest: {}. `quorate ticket grant` grants a ticket here.",
            names.join(", ")
        ));
    }
}

fn note_tolerated(manifest: &Manifest, adopted: &Adopted, terminal: Terminal) {
    let tolerated = &manifest.settings.tolerated;
    if tolerated.is_empty() {
        return;
    }
    let codes: Vec<&str> = tolerated.iter().map(|code| &**code).collect();
    let is_tolerated = |found: &&Diagnostic| codes.contains(&found.code);
    let count = adopted.reading.diagnostics.iter().filter(is_tolerated).count();
    terminal.note(&format!(
        "The configuration has {count} mistake{} that `tolerate` lets pass: {}. `quorate validate` shows where.",
        if count == 1 { "" } else { "s" },
        codes.join(", ")
    ));
}

fn show_errors(diagnostics: &[Diagnostic], sources: &Sources, terminal: Terminal) {
    let errors: Vec<Diagnostic> =
        diagnostics.iter().filter(|found| found.severity == Severity::Error).cloned().collect();
    terminal.say_raw(&view::diagnostic::text(&errors, sources, terminal.error_ink()));
}
