//! The verbs, one file each; those that belong together (`move`, `ban` and `clear`) share one.

pub(super) mod api_stream;
pub(super) mod apply;
pub(super) mod attribute;
pub(super) mod cluster;
pub(super) mod completions;
pub(super) mod daemon;
pub(super) mod drill;
pub(super) mod explain;
pub(super) mod export;
pub(super) mod fmt;
pub(super) mod forget;
pub(super) mod graph;
pub(super) mod guard;
pub(super) mod history;
pub(super) mod import;
pub(super) mod init;
pub(super) mod man;
pub(super) mod node;
pub(super) mod pause;
pub(super) mod plan;
pub(super) mod relocate;
pub(super) mod replay;
pub(super) mod resource;
pub(super) mod schema;
pub(super) mod show;
pub(super) mod simulate;
pub(super) mod status;
pub(super) mod ticket;
pub(super) mod validate;
pub(super) mod wait;
pub(super) mod watch;

use clap::Subcommand;

use super::exit::Exit;
use super::failure::Failure;
use super::options::Options;
use super::terminal::Terminal;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    Init(init::Arguments),
    Validate(validate::Arguments),
    Fmt(fmt::Arguments),
    Schema(schema::Arguments),
    Plan(plan::Arguments),
    Show(show::Arguments),
    Apply(apply::Arguments),
    Watch(watch::Arguments),
    Daemon(daemon::Arguments),
    Status(status::Arguments),
    Wait(wait::Arguments),
    Explain(explain::Arguments),
    Drill(drill::Arguments),
    History(history::Arguments),
    Node(node::Arguments),
    Move(relocate::Move),
    Ban(relocate::Ban),
    Clear(relocate::Clear),
    Ticket(ticket::Arguments),
    Cleanup(forget::Cleanup),
    Refresh(forget::Refresh),
    Pause(pause::Arguments),
    Resume(pause::Resume),
    Replay(replay::Arguments),
    Simulate(simulate::Arguments),
    Graph(graph::Arguments),
    Resource(resource::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
    Cluster(cluster::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    #[command(hide = true)]
    ApiStream(api_stream::Arguments),
    #[command(hide = true)]
    Guard(guard::Arguments),
}

impl Verb {
    /// Whether the verb is one without a document of its own, and is to answer with one.
    pub(super) fn answers_machines(&self) -> bool {
        let answering = match self {
            Self::Fmt(arguments) => arguments.answering,
            Self::Wait(arguments) => arguments.answering,
            Self::Node(arguments) => arguments.answering,
            Self::Move(arguments) => arguments.answering,
            Self::Ban(arguments) => arguments.answering,
            Self::Clear(arguments) => arguments.answering,
            Self::Ticket(arguments) => arguments.answering,
            Self::Cleanup(arguments) => arguments.answering(),
            Self::Refresh(arguments) => arguments.answering(),
            Self::Pause(arguments) => arguments.answering,
            Self::Resume(arguments) => arguments.answering,
            Self::Import(arguments) => arguments.answering,
            Self::Export(arguments) => arguments.answering,
            Self::Cluster(arguments) => arguments.answering,
            Self::Init(_)
            | Self::Validate(_)
            | Self::Schema(_)
            | Self::Plan(_)
            | Self::Show(_)
            | Self::Apply(_)
            | Self::Watch(_)
            | Self::Daemon(_)
            | Self::Status(_)
            | Self::Explain(_)
            | Self::Drill(_)
            | Self::History(_)
            | Self::Replay(_)
            | Self::Simulate(_)
            | Self::Graph(_)
            | Self::Resource(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::ApiStream(_)
            | Self::Guard(_) => return false,
        };
        answering.is_json()
    }

    /// Does it.
    pub(super) fn run(self, options: &Options, terminal: Terminal) -> Result<Exit, Failure> {
        match self {
            Self::Init(arguments) => init::run(&arguments, options, terminal),
            Self::Validate(arguments) => validate::run(&arguments, options, terminal),
            Self::Fmt(arguments) => fmt::run(&arguments, options, terminal),
            Self::Schema(arguments) => schema::run(&arguments, terminal),
            Self::Plan(arguments) => plan::run(&arguments, options, terminal),
            Self::Show(arguments) => show::run(&arguments, terminal),
            Self::Apply(arguments) => apply::run(&arguments, options, terminal),
            Self::Watch(arguments) => watch::run(&arguments, options, terminal),
            Self::Daemon(arguments) => daemon::run(&arguments, options),
            Self::Status(arguments) => status::run(&arguments, options, terminal),
            Self::Wait(arguments) => wait::run(&arguments, options, terminal),
            Self::Explain(arguments) => explain::run(&arguments, options, terminal),
            Self::Drill(arguments) => drill::run(&arguments, options, terminal),
            Self::History(arguments) => history::run(&arguments, options, terminal),
            Self::Node(arguments) => node::run(&arguments, options, terminal),
            Self::Move(arguments) => relocate::run_move(&arguments, options, terminal),
            Self::Ban(arguments) => relocate::run_ban(&arguments, options, terminal),
            Self::Clear(arguments) => relocate::run_clear(&arguments, options, terminal),
            Self::Ticket(arguments) => ticket::run(&arguments, options, terminal),
            Self::Cleanup(arguments) => forget::run_cleanup(&arguments, options, terminal),
            Self::Refresh(arguments) => forget::run_refresh(&arguments, options, terminal),
            Self::Pause(arguments) => pause::run(&arguments, options, terminal),
            Self::Resume(arguments) => pause::run_resume(&arguments, options, terminal),
            Self::ApiStream(_) => api_stream::run(options),
            Self::Guard(arguments) => guard::run(&arguments),
            Self::Replay(arguments) => replay::run(&arguments, terminal),
            Self::Simulate(arguments) => simulate::run(&arguments, options, terminal),
            Self::Graph(arguments) => graph::run(&arguments, options, terminal),
            Self::Resource(arguments) => resource::run(&arguments, options, terminal),
            Self::Import(arguments) => import::run(&arguments, options, terminal),
            Self::Export(arguments) => export::run(&arguments, options, terminal),
            Self::Cluster(arguments) => cluster::run(&arguments, options, terminal),
            Self::Completions(arguments) => completions::run(&arguments, terminal),
            Self::Man(arguments) => man::run(&arguments, terminal),
        }
    }
}
