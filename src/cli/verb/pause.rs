//! `pause` and `resume`: whether the cluster decides anything.

use std::time::Duration;

use clap::Args;

use crate::cli::answer::Answering;
use crate::cli::asking::{self, Waiting};
use crate::cli::engines::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::cli::{clock, engines, who};
use crate::cluster::Change;
use crate::model::{Moment, Pause};
use crate::view;

/// Decide nothing for a while: failures are noticed, but nothing is started, stopped or fenced.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// How long; then the cluster decides again by itself.
    #[arg(long = "for", value_name = "TIME", value_parser = clock::parse_length, default_value = "1h")]
    length: Duration,
    /// Until when, instead; without offset it is in UTC.
    #[arg(long, value_name = "MOMENT", value_parser = clock::parse_moment, conflicts_with = "length")]
    until: Option<i64>,
    /// Why, for others who look.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// End a pause.
#[derive(Debug, Args)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// Runs `pause`.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    engines::block_on(async {
        let mut engine = engines::open(options, Access::Write)?.engine;
        engine.claim(&mut |_| {}).await?;
        let seen = engine.observe().await?;
        let end = match arguments.until {
            Some(until) if until <= seen.now => {
                let now = view::moment(seen.now);
                return Err(Failure::usage(format!("that moment is past: it is {now} in the cluster")));
            }
            Some(until) => Moment::at(until),
            None => Moment::at(seen.now).after(arguments.length),
        };
        let until = Some(end);
        let pause = Pause { until, origin: who::origin(arguments.reason.as_deref()) };
        engine.change(Change::Pause(pause.clone())).await?;
        terminal.note(&view::overlay::pause(&pause, seen.now));
        Ok(Exit::Done)
    })
}

/// Runs `resume`.
pub(in crate::cli) fn run_resume(
    arguments: &Resume,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    asking::ask(|_| Ok(vec![Change::Resume]), &arguments.waiting, options, terminal)
}
