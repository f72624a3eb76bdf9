//! `apply`: plan, confirm, apply, wait until it holds.

#![expect(clippy::disallowed_methods, reason = "waits for the cluster")]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::show;
use crate::cli::ending::{Ending, Superseded};
use crate::cli::engines::{Access, Opened};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::interrupt::{Hangup, Interrupt};
use crate::cli::options::Options;
use crate::cli::planning::{self, Wanted};
use crate::cli::progress::{Form, Progress};
use crate::cli::terminal::{Findings, Terminal};
use crate::cli::{clock, engines, saved};
use crate::engine::{Desired, Engine, EngineError, Observation, Outcome};
use crate::model::Generation;
use crate::plan::{Hazard, Plan};
use crate::view;

/// Plan, ask, apply, and wait until the cluster is as it should be.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A saved plan: it alone is applied, and only if the cluster has not moved on.
    #[arg(conflicts_with_all = ["prune"])]
    plan: Option<PathBuf>,
    /// Do not ask.
    #[arg(long)]
    auto_approve: bool,
    /// Delete what is in force but not in the manifest.
    #[arg(long)]
    prune: bool,
    /// What may happen without a person's yes: `stop` a running resource for good, `fence` a node.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_enum)]
    allow: Vec<Allowed>,
    /// Wait until it holds; that is what happens anyway, unless --no-wait is given.
    #[arg(long)]
    wait: bool,
    /// Put it in force, but do not wait until it holds.
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Give up after this long.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_period)]
    timeout: Option<Duration>,
    /// Form of plan and progress.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// What may happen without a person's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Allowed {
    /// A running resource stops for good.
    Stop,
    /// A node is fenced.
    Fence,
    /// Everything.
    All,
}

impl Allowed {
    /// Whether this allows the hazard.
    pub(in crate::cli) fn allows(self, hazard: Hazard) -> bool {
        match self {
            Self::All => true,
            Self::Stop => hazard == Hazard::Stop,
            Self::Fence => hazard == Hazard::Fence,
        }
    }
}

/// What is said when somebody presses Ctrl-C while agents run.
const LETTING_END: &str =
    "Interrupted: what has begun is let end, and nothing else begins. Ctrl-C again ends at once.";

/// Forms of plan and progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document at the end.
    Json,
    /// One JSON record per event, as it happens.
    Ndjson,
}

impl Format {
    const fn progress(self) -> Form {
        match self {
            Self::Text => Form::People,
            Self::Json => Form::Silent,
            Self::Ndjson => Form::Records,
        }
    }
}

/// The JSON document at the end.
#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    generation: u64,
    outcome: &'static str,
    message: String,
    /// What is not as it should be, and why.
    obstacles: Vec<String>,
    actions_started: usize,
    actions_failed: usize,
    basis: &'a crate::plan::Basis,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let terminal = terminal.with_findings(match arguments.output {
        Format::Text => Findings::People,
        Format::Json => Findings::Document,
        Format::Ndjson => Findings::Records,
    });
    engines::block_on(apply(arguments, options, terminal))
}

async fn apply(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
    if let (Some(plan), Some(file)) = (&arguments.plan, options.manifest_on_command_line()) {
        let what = format!(
            "{} is applied as it was saved: -f {} says nothing about it",
            plan.display(),
            file.display()
        );
        return Err(
            Failure::usage(what).help("apply the one or the other; `quorate plan --out` saves a new plan")
        );
    }
    let saved = arguments.plan.as_deref().map(show::read).transpose()?;
    let mut opened = engines::open(options, Access::Write)?;
    let saved = match saved {
        Some(sealed) => {
            let unsealed = saved::unseal(&sealed, &mut *opened.engine).await;
            Some(unsealed.map_err(|failure| saved::refused(failure, terminal))?)
        }
        None => None,
    };
    let wanted = match &saved {
        Some(plan) => saved::wanted(plan),
        None => Wanted::load_checked(&mut *opened.engine, options, arguments.prune, terminal).await?,
    };
    let mut progress = Progress::new(terminal, arguments.output.progress());
    claim(&mut *opened.engine, &mut progress, arguments.timeout).await?;
    let observation = planning::observe(&mut *opened.engine, options, &wanted.cluster).await?;
    let mut plan = planning::make(&wanted, &observation).plan;
    planning::rehearse(&mut plan, &observation).await;
    if let Some(saved) = &saved {
        saved::check_fresh(saved, &plan).map_err(|failure| saved::refused(failure, terminal))?;
    }
    // Who is about to be asked must see what about.
    let is_asked = plan.is_actionable() && saved.is_none() && !arguments.auto_approve;
    if arguments.output == Format::Text && (is_asked || !terminal.is_quiet()) {
        terminal.data(&view::plan::text(&plan, super::plan::detail(terminal), terminal.output_ink()))?;
    }
    if plan.is_actionable() {
        confirm(arguments, &plan, saved.is_some(), terminal)?;
    }
    carry_out(arguments, &plan, &mut opened, &observation, progress).await
}

/// Makes sure that nobody else is at work, and waits for what a killed command left behind.
async fn claim(
    engine: &mut dyn Engine,
    progress: &mut Progress,
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let mut report = |event| progress.show(&event);
    let claiming = engine.claim(&mut report);
    let Some(timeout) = timeout else { return Ok(claiming.await?) };
    match tokio::time::timeout(timeout, claiming).await {
        Ok(claimed) => Ok(claimed?),
        Err(_) => Err(Failure::new(Exit::Timeout, "what an earlier command began has not ended; time is up")),
    }
}

/// A saved plan was confirmed when it was reviewed. Otherwise a person says yes, or the flags do.
fn confirm(arguments: &Arguments, plan: &Plan, is_saved: bool, terminal: Terminal) -> Result<(), Failure> {
    if is_saved {
        return Ok(());
    }
    if arguments.auto_approve {
        return check_allowed(&plan.hazards, &arguments.allow);
    }
    if !terminal.can_ask() {
        return Err(Failure::new(Exit::Unsafe, "nobody is there to confirm the plan")
            .help("--auto-approve applies it all the same; or save it with `plan --out`, and apply that"));
    }
    if terminal.ask("Apply this plan? Only `yes` is taken as yes:") {
        Ok(())
    } else {
        Err(Failure::error("not confirmed; nothing was changed"))
    }
}

/// Refuses a plan that does what nobody allowed.
pub(in crate::cli) fn check_allowed(hazards: &[Hazard], allowed: &[Allowed]) -> Result<(), Failure> {
    let missing: Vec<&str> = hazards
        .iter()
        .filter(|hazard| !allowed.iter().any(|allowed| allowed.allows(**hazard)))
        .map(|hazard| hazard.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what: Vec<&str> = missing
        .iter()
        .map(|hazard| if *hazard == "fence" { "fence a node" } else { "stop a running resource for good" })
        .collect();
    Err(Failure::new(Exit::Unsafe, format!("refused: the plan would {}", what.join(" and ")))
        .help(format!("--allow {} permits it", missing.join(","))))
}

async fn carry_out(
    arguments: &Arguments,
    plan: &Plan,
    opened: &mut Opened,
    observation: &Observation,
    mut progress: Progress,
) -> Result<Exit, Failure> {
    let terminal = progress.terminal;
    let interrupt = Interrupt::listen(Hangup::Ends)?;
    let (base, retired) =
        retire(plan, opened, observation.generation, &mut progress, arguments.timeout, &interrupt).await?;
    let is_retired = retired == Outcome::Converged;
    let generation = if is_retired { put_in_force(plan, &mut *opened.engine, base).await? } else { base };
    let outcome = if !is_retired {
        Some(retired)
    } else if arguments.no_wait && !arguments.wait {
        None
    } else if plan.is_calm() && plan.objects.is_empty() {
        Some(Outcome::Converged)
    } else {
        Some(converge(opened, &mut progress, arguments.timeout, &interrupt).await?)
    };
    progress.end();
    let ending = match outcome {
        Some(outcome) => Some(Ending::of(outcome, &mut *opened.engine).await?),
        None => None,
    };
    let superseded =
        ending.as_ref().and_then(|ending| ending.superseded(plan, generation)).filter(|_| is_retired);
    if let (Some(ending), Format::Ndjson) = (&ending, arguments.output) {
        terminal.outcome(&match &superseded {
            Some(superseded) => view::progress::superseded_record(&superseded.message()),
            None => view::progress::outcome_record(&ending.outcome, &ending.obstacles()),
        })?;
    }
    if arguments.output == Format::Json {
        let ending = ending.as_ref();
        terminal.data(&document(plan, generation, ending, superseded.as_ref(), &progress))?;
    }
    if let Some(superseded) = superseded {
        return Err(superseded.into_failure());
    }
    let is_silent = !plan.is_actionable() || arguments.output != Format::Text;
    ending.map_or(Ok(Exit::Done), |ending| ending.conclude(is_silent, terminal))
}

/// Lets what is to be deleted stop in order first. Gives the generation to go on from, and whether
/// all of it has stopped: only then may it be forgotten.
pub(in crate::cli) async fn retire(
    plan: &Plan,
    opened: &mut Opened,
    base: Generation,
    progress: &mut Progress,
    timeout: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<(Generation, Outcome), Failure> {
    let Some(retiring) = &plan.retiring else { return Ok((base, Outcome::Converged)) };
    let desired = Desired {
        cluster: retiring.clone(),
        base,
        origin: plan.origin.clone(),
        renames: plan.renames.clone(),
    };
    let generation = opened.engine.submit(desired).await?;
    let outcome = converge(opened, progress, timeout, interrupt).await;
    let outcome = outcome.map_err(|failure| {
        failure
            .help("what is to be deleted is told to stop and not deleted yet: `quorate apply --prune` does")
    })?;
    Ok((generation, outcome))
}

/// Puts what the plan wants in force, unless it is already.
pub(in crate::cli) async fn put_in_force(
    plan: &Plan,
    engine: &mut dyn Engine,
    base: Generation,
) -> Result<Generation, Failure> {
    if plan.objects.is_empty() {
        return Ok(base);
    }
    // What was held for retiring has the new names already.
    let renames = if plan.retiring.is_some() { Vec::new() } else { plan.renames.clone() };
    let desired = Desired { cluster: plan.desired.clone(), base, origin: plan.origin.clone(), renames };
    Ok(engine.submit(desired).await?)
}

/// Lets the engine work until it is done, the time is up, or somebody presses Ctrl-C. An engine
/// that can be stopped finishes what is in flight first.
pub(in crate::cli) async fn converge(
    opened: &mut Opened,
    progress: &mut Progress,
    timeout: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<Outcome, Failure> {
    let (stopper, terminal) = (opened.stopper.clone(), progress.terminal);
    let mut report = |event| progress.show(&event);
    let mut work = opened.engine.converge(&mut report);
    let deadline = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let mut failure = tokio::select! {
        outcome = &mut work => return Ok(outcome?),
        () = deadline => Failure::new(Exit::Timeout, "the cluster is not yet as it should be; time is up"),
        () = interrupt.soon() => {
            if stopper.is_some() {
                Progress::interject(terminal, LETTING_END);
            }
            Failure::new(Exit::Interrupted, "interrupted")
        }
    };
    if let Some(stopper) = stopper {
        stopper.end.cancel();
        tokio::select! {
            // Whoever is at work on the cluster instead was waited for long enough.
            outcome = &mut work => match outcome {
                Ok(_) | Err(EngineError::Locked(_)) => {}
                Err(error) => return Err(error.into()),
            },
            () = interrupt.now() => {
                stopper.leash.let_go();
                let what = "interrupted at once: what agents had begun goes on without this command";
                failure = Failure::new(Exit::Interrupted, what)
                    .help("the next command waits for it, and finds out what came of it");
            }
        }
    }
    drop(work);
    progress.end();
    Err(failure.help("what is in force stays in force; `quorate apply` goes on with it"))
}

fn document(
    plan: &Plan,
    generation: Generation,
    ending: Option<&Ending>,
    superseded: Option<&Superseded>,
    progress: &Progress,
) -> String {
    let outcome = ending.map(|ending| &ending.outcome);
    let word = || outcome.map_or("submitted", view::progress::outcome_word);
    let message = || outcome.map_or_else(|| "In force.".to_owned(), view::progress::outcome_message);
    view::to_json(&Document {
        format_version: "1.0",
        kind: "apply",
        generation: generation.0,
        outcome: superseded.map_or_else(word, |_| view::progress::SUPERSEDED),
        message: superseded.map_or_else(message, Superseded::message),
        obstacles: ending.filter(|_| superseded.is_none()).map(Ending::obstacles).unwrap_or_default(),
        actions_started: progress.started,
        actions_failed: progress.failures,
        basis: &plan.basis,
    })
}
