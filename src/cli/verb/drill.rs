//! `drill`: would every failure be survived?

#![expect(clippy::disallowed_methods, reason = "a line of progress is redrawn from time to time")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::{plan, validate};
use crate::cli::engines::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::progress::ERASE;
use crate::cli::terminal::Terminal;
use crate::cli::{clock, engines};
use crate::engine::drill::{Beginning, Extent, drill};
use crate::model::Overlay;
use crate::plan::drill::Report;
use crate::view;
use crate::view::plan::Detail;

/// How often the line of progress is redrawn at most.
const REDRAWN_AFTER: Duration = Duration::from_millis(200);

/// Let every node and every resource fail in a simulation, and report what would stay down.
///
/// Begins with the manifest alone, all nodes up and everything started, unless told otherwise.
/// Nothing outside of this process is touched.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Let up to so many nodes fail at once; 0 spares them.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    failures: usize,
    /// Let only nodes fail, no resources.
    #[arg(long)]
    nodes_only: bool,
    /// Let resources fail only where they run, not also where they could run.
    #[arg(long, conflicts_with = "nodes_only")]
    here_only: bool,
    /// Begin with the cluster as it is now, with what is in force.
    #[arg(long, conflicts_with = "cib")]
    live: bool,
    /// Begin with a Pacemaker CIB file, status included.
    #[arg(long, value_name = "FILE")]
    cib: Option<PathBuf>,
    /// Begin at this moment (with --live or --cib).
    #[arg(long, value_name = "TIME", value_parser = clock::parse_moment)]
    now: Option<i64>,
    /// Refuse to try more failures than this.
    #[arg(long, value_name = "NUMBER", default_value_t = 2000)]
    trials_max: usize,
    /// Form of the report.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// For a pull request.
    Markdown,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let report = engines::block_on(make(arguments, options, terminal))?;
    let text = match arguments.output {
        Format::Text => view::drill::text(&report, detail(terminal), terminal.output_ink()),
        Format::Json => view::drill::json(&report),
        Format::Markdown => view::drill::markdown(&report),
    };
    terminal.data(&text)?;
    Ok(if report.is_survived() { Exit::Done } else { Exit::Unsatisfiable })
}

async fn make(arguments: &Arguments, options: &Options, terminal: Terminal) -> Result<Report, Failure> {
    let extent = Extent {
        nodes: arguments.failures,
        resources: !arguments.nodes_only,
        everywhere: !arguments.here_only,
        trials_max: arguments.trials_max,
    };
    let mut showing = Showing::new(terminal);
    let mut report = |tried, total| showing.show(tried, total);
    if let Some(file) = &arguments.cib {
        let observation = plan::observation_of_cib(file, arguments.now, terminal)?;
        return Ok(drill(Beginning::Seen(&observation), extent, &mut report).await?);
    }
    if arguments.live {
        let mut observation = engines::open(options, Access::Read)?.engine.observe().await?;
        observation.now = arguments.now.unwrap_or(observation.now);
        observation.in_force = observation.effective().into_owned();
        observation.overlay = Overlay::default();
        return Ok(drill(Beginning::Seen(&observation), extent, &mut report).await?);
    }
    let manifest = validate::load(options.manifest(), terminal)?;
    Ok(drill(Beginning::Cold(&manifest.cluster), extent, &mut report).await?)
}

/// How far a drill is, on a line that is redrawn; where nothing can be redrawn, nothing.
struct Showing {
    terminal: Terminal,
    shown: Option<Instant>,
}

impl Showing {
    fn new(terminal: Terminal) -> Self {
        Self { terminal, shown: None }
    }

    fn show(&mut self, tried: usize, total: usize) {
        if !self.terminal.can_redraw() || self.shown.is_some_and(|last| last.elapsed() < REDRAWN_AFTER) {
            return;
        }
        self.shown = Some(Instant::now());
        self.terminal.say_raw(&format!("{ERASE}  ...     {tried} of {total} failures tried"));
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        if self.shown.is_some() {
            self.terminal.say_raw(ERASE);
        }
    }
}

fn detail(terminal: Terminal) -> Detail {
    if terminal.is_verbose() { Detail::All } else { Detail::Usual }
}
