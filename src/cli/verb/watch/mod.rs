//! `watch`: reconcile again at each change of the manifest or of the cluster.
//!
//! A manifest that cannot be used does not stop the watch: the last good one stays in force, and
//! the trouble is told once.

mod known;
mod pulse;

use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::apply::{self, Allowed};
use crate::cli::ending::Ending;
use crate::cli::engines::Opened;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::interrupt::{Hangup, Interrupt};
use crate::cli::options::Options;
use crate::cli::planning::{self, Wanted};
use crate::cli::progress::{Form, Progress};
use crate::cli::terminal::Terminal;
use crate::cli::{advice, clock};
use crate::engine::{Engine, Outcome};
use crate::plan::Plan;
use crate::plan::window;
use crate::source::folder::FolderWatch;
use crate::view;
use known::Known;
use pulse::Resident;

/// Keep the cluster as the manifest says: reconcile at each change of either.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Delete what is in force but not in the manifest.
    #[arg(long)]
    prune: bool,
    /// What may happen without a person's yes.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_enum, default_value = "all")]
    allow: Vec<Allowed>,
    /// Look at the cluster and its monitors this often, even if no file changes.
    #[arg(long, value_name = "TIME", value_parser = clock::parse_period, default_value = "5s")]
    interval: Duration,
    /// Form of the progress.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON record per event.
    Ndjson,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let path = options.manifest();
    if path == Path::new("-") {
        return Err(Failure::usage("standard input cannot be watched"));
    }
    crate::cli::engines::block_on(watch(arguments, options, path, terminal))
}

async fn watch(
    arguments: &Arguments,
    options: &Options,
    path: &Path,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    // Without a terminal this is a service, and a hangup asks it to look again.
    let hangup = if terminal.can_ask() { Hangup::Ends } else { Hangup::LooksAgain };
    let interrupt = Interrupt::listen(hangup)?;
    let mut folder = FolderWatch::new(path).map_err(|error| Failure::error(error.to_string()))?;
    let mut known = Known::default();
    let form = match arguments.output {
        Format::Text => Form::People,
        Format::Ndjson => Form::Records,
    };
    let mut progress = Progress::new(terminal, form);
    terminal.note(&format!("Watching {}. Ctrl-C ends it; what is in force stays.", path.display()));
    let mut result = Ok(Exit::Done);
    let mut engine = Resident::new(options);
    while !interrupt.is_soon() && result.is_ok() {
        known.read(path, arguments.prune, &progress);
        if let Some(wanted) = known.wanted.clone() {
            let round = Round { arguments, options, wanted: &wanted, interrupt: &interrupt, terminal };
            if let Err(failure) = round.reconcile(&mut engine, &mut known, &mut progress).await {
                result = Err(failure);
                continue;
            }
        }
        tokio::select! {
            () = folder.changed() => {}
            () = interrupt.soon() => {}
            () = interrupt.again() => terminal.note("Looking again."),
            beat = engine.beat(arguments.interval, &mut known, &mut progress) => {
                result = beat.map(|()| Exit::Done);
            }
        }
    }
    progress.end();
    terminal.note("No longer watching.");
    result
}

/// One round of making the cluster what the manifest says.
struct Round<'a> {
    arguments: &'a Arguments,
    options: &'a Options,
    wanted: &'a Wanted,
    interrupt: &'a Interrupt,
    terminal: Terminal,
}

impl Round<'_> {
    /// Plans, and applies what there is to apply. Another process at work, or a conflict with
    /// one, is no reason to end: the next round looks again.
    async fn reconcile(
        &self,
        engine: &mut Resident<'_>,
        known: &mut Known,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let done = match engine.open() {
            Ok(opened) => self.apply(opened, known, progress).await,
            Err(failure) => Err(failure),
        };
        match &done {
            Err(failure) if failure.is_of_storage => engine.abandon(),
            Ok(_) => {
                engine.leave();
                known.tell_recovery(progress);
            }
            Err(_) => engine.leave(),
        }
        match done {
            Ok(Some(Ending { outcome: Outcome::Converged, .. })) => {
                self.terminal.note("In sync.");
                known.told = None;
            }
            Ok(Some(ending)) => {
                let said = view::progress::outcome_message(&ending.outcome);
                known.tell(in_the_way(&said, ending.obstacles()), self.terminal);
            }
            Ok(None) => {}
            // Ending is what was asked for; that agents go on is not.
            Err(failure) if failure.exit == Exit::Interrupted && !self.interrupt.is_now() => {}
            Err(failure) if is_passing(&failure) => {
                known.tell_failure(failure, progress);
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// `None` when there was nothing to do.
    async fn apply(
        &self,
        opened: &mut Opened,
        known: &mut Known,
        progress: &mut Progress,
    ) -> Result<Option<Ending>, Failure> {
        opened.engine.claim(&mut |event| progress.show(&event)).await?;
        self.check(&mut *opened.engine, known).await?;
        let observation = planning::observe(&mut *opened.engine, self.options, &self.wanted.cluster).await?;
        let mut plan = planning::make(self.wanted, &observation).plan;
        let reconcile = &self.wanted.reconcile;
        let admission = window::admission(reconcile, &plan, observation.now);
        let mut is_held = false;
        if let Some(why) = view::window::waits(admission) {
            self.hold(&plan, &why, known)?;
            // What is in force goes on being kept, whatever waits.
            plan = planning::make(&Wanted::in_force(&observation), &observation).plan;
            is_held = true;
        }
        if !plan.is_actionable() {
            if !is_held {
                self.tell_kept(&plan, known, progress);
            }
            let obstacles = view::because::obstacles(&plan);
            if !obstacles.is_empty() {
                let record = view::progress::outcome_record(&Outcome::Stuck, &obstacles);
                let said = in_the_way(&view::progress::outcome_message(&Outcome::Stuck), obstacles);
                if known.tell(said, self.terminal) {
                    progress.record(&record);
                }
            }
            return Ok(None);
        }
        if plan.objects.is_empty() && reconcile.self_heal == Some(false) && plan.disruption.fences.is_empty()
        {
            let steps = view::plan::actions(&plan);
            let why =
                "Nothing is put right by itself (`reconcile.self-heal: false`); `quorate apply` does it:";
            known.tell(format!("{why}{steps}"), self.terminal);
            return Ok(None);
        }
        if self.arguments.output == Format::Text && known.shown.as_ref() != Some(&plan.basis) {
            self.show(&plan)?;
            known.shown = Some(plan.basis.clone());
            known.kept.clone_from(&plan.leftovers);
        }
        if !is_held {
            self.tell_kept(&plan, known, progress);
        }
        apply::check_allowed(&plan.hazards, &self.arguments.allow)?;
        let (base, retired) =
            apply::retire(&plan, opened, observation.generation, progress, None, self.interrupt).await?;
        let outcome = if retired == Outcome::Converged {
            apply::put_in_force(&plan, &mut *opened.engine, base).await?;
            apply::converge(opened, progress, None, self.interrupt).await?
        } else {
            retired
        };
        let ending = Ending::of(outcome, &mut *opened.engine).await?;
        progress.record(&view::progress::outcome_record(&ending.outcome, &ending.obstacles()));
        Ok(Some(ending))
    }

    /// Shows a change that has to wait, and says for what.
    fn hold(&self, plan: &Plan, why: &str, known: &mut Known) -> Result<(), Failure> {
        if self.arguments.output == Format::Text && known.shown.as_ref() != Some(&plan.basis) {
            self.show(plan)?;
            known.shown = Some(plan.basis.clone());
        }
        if known.waiting.as_deref() != Some(why) {
            self.terminal.note(why);
            known.waiting = Some(why.to_owned());
        }
        Ok(())
    }

    /// Says what stays in force although the manifest does not have it, when that is news.
    fn tell_kept(&self, plan: &Plan, known: &mut Known, progress: &Progress) {
        if known.kept == plan.leftovers {
            return;
        }
        known.kept.clone_from(&plan.leftovers);
        let text = view::plan::leftovers(plan, self.terminal.error_ink());
        if self.arguments.output == Format::Text && !text.is_empty() {
            self.terminal.note(text.trim_end());
        }
        progress.record(&view::progress::kept_record(&plan.leftovers));
    }

    /// Lets the engine look at a manifest that is new. What it finds is told once; where it finds an
    /// error it looks again, as an agent may come to be there.
    async fn check(&self, engine: &mut dyn Engine, known: &mut Known) -> Result<(), Failure> {
        let Some((manifest, sources)) = known.unchecked.take() else { return Ok(()) };
        let found = advice::of_engine(engine, &manifest, self.options, &sources).await;
        if known.found != found {
            advice::tell(&found, &sources, self.terminal);
        }
        let verdict = advice::refuse(&found);
        known.found = found;
        if verdict.is_err() {
            known.unchecked = Some((manifest, sources));
        }
        verdict
    }

    fn show(&self, plan: &Plan) -> Result<(), Failure> {
        let detail = super::plan::detail(self.terminal);
        self.terminal.data(&view::plan::text(plan, detail, self.terminal.output_ink()))
    }
}

/// How it ended, and what is in the way, on a line each.
fn in_the_way(outcome: &str, obstacles: Vec<String>) -> String {
    let lines: String = view::fold::lines(obstacles).iter().map(|line| format!("\n  {line}")).collect();
    format!("{outcome}{lines}")
}

/// Whether it is worth trying again.
fn is_passing(failure: &Failure) -> bool {
    failure.is_of_storage
        || matches!(
            failure.exit,
            Exit::Locked | Exit::ManifestInvalid | Exit::Stale | Exit::Unreachable | Exit::Unsafe
        )
}
