//! `plan`: observe, schedule, show; change nothing.

#![expect(clippy::disallowed_methods, reason = "saving a plan writes a file")]

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::replay;
use crate::cli::engines;
use crate::cli::engines::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::planning::{self, Wanted};
use crate::cli::terminal::{Findings, Terminal};
use crate::cli::{clock, source};
use crate::engine::Observation;
use crate::model::{Generation, Moment, Overlay};
use crate::plan::aside::Aside;
use crate::plan::{Planned, WhatIf, window};
use crate::view::plan::Detail;
use crate::{cib, view};

/// Show what would be done, and why. Changes nothing.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Save the plan here, for `apply FILE`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cib", "refresh_only", "what_if"])]
    out: Option<PathBuf>,
    /// Record what was decided and all that it was decided from, for `replay FILE`.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Exit with 2 if there is anything to do.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Compare the cluster with what is in force, not with the manifest.
    #[arg(long)]
    refresh_only: bool,
    /// Delete what is in force but not in the manifest.
    #[arg(long)]
    prune: bool,
    /// Plan on a Pacemaker CIB file instead of a cluster; without -f its own configuration is wanted.
    #[arg(long, value_name = "FILE")]
    cib: Option<PathBuf>,
    /// Plan as if this had happened: node-down=N, node-up=N, node-standby=N, no-quorum.
    #[arg(long, value_name = "WHAT", value_parser = WhatIf::parse)]
    what_if: Vec<WhatIf>,
    /// Plan as if it were this moment; without offset it is in UTC. [default: the `execution-date` of
    /// the CIB, else the cluster's clock]
    #[arg(long, value_name = "TIME", value_parser = clock::parse_moment)]
    now: Option<i64>,
    /// Form of the plan.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// For a pull request.
    Markdown,
    /// The ordered actions with their scores, for machines.
    Transition,
}

impl Arguments {
    /// What `graph` plans.
    pub(in crate::cli) fn for_graph(cib: Option<PathBuf>, what_if: Vec<WhatIf>, now: Option<i64>) -> Self {
        Self {
            out: None,
            record: None,
            detailed_exitcode: false,
            refresh_only: false,
            prune: false,
            cib,
            what_if,
            now,
            output: Format::Text,
        }
    }
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let terminal = match arguments.output {
        Format::Json => terminal.with_findings(Findings::Document),
        Format::Text | Format::Markdown | Format::Transition => terminal,
    };
    let (planned, observation) = make(arguments, options, terminal)?;
    show(&planned, arguments.output, terminal)?;
    if let Some(file) = &arguments.out {
        let saved = view::plan::write_saved(&planned.plan)
            .map_err(|error| Failure::error(format!("cannot save the plan: {error}")))?;
        std::fs::write(file, saved).map_err(|error| Failure::file("write", file, &error))?;
        terminal
            .note(&format!("Saved. `quorate apply {}` applies this plan and nothing else.", file.display()));
    }
    if let Some(file) = &arguments.record {
        let Planned { plan, schedule } = &planned;
        let wanted = observation.overlay.over(&plan.desired, Moment::at(plan.made_at));
        replay::record(file, &wanted, &plan.renamed(&observation.status), plan.made_at, schedule)?;
    }
    let exit = match arguments.output {
        // A machine that asks for the transition reads in it what cannot be, and takes any other code for "no transition".
        Format::Transition if !arguments.detailed_exitcode => Exit::Done,
        Format::Text | Format::Json | Format::Markdown | Format::Transition => {
            planning::exit_of(&planned.plan, arguments.detailed_exitcode)
        }
    };
    // The process ends here: the system takes all memory back at once, faster than piece by piece.
    std::mem::forget((planned, observation));
    Ok(exit)
}

/// Makes the plan that the arguments ask for; also gives what it was made from.
pub(in crate::cli) fn make(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<(Planned, Observation), Failure> {
    match &arguments.cib {
        Some(file) => plan_on_cib(file, arguments, options, terminal),
        None => engines::block_on(plan_on_cluster(arguments, options, terminal)),
    }
}

/// Prints a plan.
pub(in crate::cli) fn show(planned: &Planned, format: Format, terminal: Terminal) -> Result<(), Failure> {
    let text = match format {
        Format::Text => view::plan::text(&planned.plan, detail(terminal), terminal.output_ink()),
        Format::Json => view::plan::json(&planned.plan),
        Format::Markdown => view::plan::markdown(&planned.plan),
        Format::Transition => view::transition::json(&planned.schedule),
    };
    terminal.data(&text)
}

/// How much of a plan is shown.
pub(in crate::cli) fn detail(terminal: Terminal) -> Detail {
    if terminal.is_verbose() { Detail::All } else { Detail::Usual }
}

async fn plan_on_cluster(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<(Planned, Observation), Failure> {
    let mut engine = engines::open(options, Access::Read)?.engine;
    let (wanted, mut observation) = if arguments.refresh_only {
        let observation = engine.observe().await?;
        (Wanted::in_force(&observation), observation)
    } else {
        let wanted = Wanted::load_checked(&mut *engine, options, arguments.prune, terminal).await?;
        let observation = planning::observe(&mut *engine, options, &wanted.cluster).await?;
        (wanted, observation)
    };
    planning::imagine(&mut observation.status, &arguments.what_if, &wanted.cluster)?;
    observation.now = arguments.now.unwrap_or(observation.now);
    let mut planned = planning::make(&wanted, &observation);
    let admission = window::admission(&wanted.reconcile, &planned.plan, observation.now);
    if let Some(why) = view::window::waits(admission) {
        terminal.note(&why);
    }
    planning::rehearse(&mut planned.plan, &observation).await;
    Ok((planned, observation))
}

fn plan_on_cib(
    file: &Path,
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<(Planned, Observation), Failure> {
    let mut observation = observation_of_cib(file, arguments.now, terminal)?;
    if options.named_manifest().is_none() {
        let Observation { status, in_force, .. } = &mut observation;
        planning::imagine(status, &arguments.what_if, in_force)?;
        let planned = planning::make_from_force(&observation, &file.display().to_string());
        return Ok((planned, observation));
    }
    let wanted = Wanted::load(options, arguments.prune, terminal)?;
    planning::imagine(&mut observation.status, &arguments.what_if, &wanted.cluster)?;
    Ok((planning::make(&wanted, &observation), observation))
}

/// What a CIB file says, seen at `now`, or else at the moment it says it was made
/// (`execution-date`), or else at the present moment.
pub(in crate::cli) fn observation_of_cib(
    file: &Path,
    now: Option<i64>,
    terminal: Terminal,
) -> Result<Observation, Failure> {
    let cib = read_cib(file, terminal)?;
    let now = now.unwrap_or_else(|| {
        let own = cib.status.observed_at;
        terminal.note(&match own {
            Some(own) => format!("Planned for {}, the execution-date of the CIB.", view::moment(own)),
            None => "Planned for the present moment; --now names another.".to_owned(),
        });
        own.unwrap_or_else(clock::now)
    });
    Ok(Observation {
        now,
        generation: Generation(0),
        origin: String::new(),
        in_force: cib.cluster,
        overlay: Overlay::default(),
        status: cib.status,
        aside: Aside::default(),
    })
}

fn read_cib(file: &Path, terminal: Terminal) -> Result<cib::Cib, Failure> {
    let sources = source::read_other(file)?;
    cib::read(&sources).map_err(|diagnostic| {
        terminal.say_raw(&view::diagnostic::text(&[diagnostic], &sources, terminal.error_ink()));
        Failure::new(Exit::ManifestInvalid, format!("{} is not a CIB", source::called(file)))
    })
}
