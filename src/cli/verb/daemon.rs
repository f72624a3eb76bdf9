//! `daemon`: this host as a member of a cluster.

#![expect(clippy::disallowed_methods, reason = "listens for signals beside the daemon")]

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::agent::Installation;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::log::{self, LogFormat};
use crate::cli::options::Options;
use crate::cluster::{Leave, Request};
use crate::daemon::api::{Api, Place};
use crate::daemon::group::Group;
use crate::daemon::group::corosync::Corosync;
use crate::daemon::group::in_process::Room;
use crate::daemon::{DATA_DIR, Daemon, Door, Ending, Notice, Reset, Safety, Setup, guard};
use crate::diagnostic::with_causes;
use crate::host;
use crate::model::NodeName;

/// Run this host as a member of a cluster, until it is told to leave.
///
/// The first SIGTERM or SIGINT lets the daemon leave as --on-stop says, a second one leaves what runs
/// here running, a third one ends the daemon at once. SIGHUP reads the manifest again.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The manifest to follow: a file or a directory of files. Without it, the cluster is changed by
    /// `apply` only.
    #[arg(long, value_name = "PATH", env = "QUORATE_MANIFEST")]
    manifest: Option<PathBuf>,
    /// Keeps the desired state; must outlast a power failure.
    #[arg(long, value_name = "DIR", default_value = DATA_DIR)]
    pub(in crate::cli) data_dir: PathBuf,
    /// Keeps what is known until this host boots; best in memory.
    #[arg(long, value_name = "DIR", default_value = "/run/quorate")]
    pub(in crate::cli) run_dir: PathBuf,
    /// One file per secret.
    #[arg(long, value_name = "DIR", default_value = "/etc/quorate/secrets")]
    pub(in crate::cli) secrets: PathBuf,
    /// How the daemon finds the others.
    #[arg(long, value_enum, default_value_t = GroupName::Corosync)]
    group: GroupName,
    /// The name of this node, if it is not the host's.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Members of this group may look at the API, but change nothing. [default: the superuser only]
    #[arg(long, value_name = "GROUP")]
    readers: Option<String>,
    /// How many actions run here at once. [default: twice the number of processors]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// What becomes of what runs here when the daemon is told to end.
    #[arg(long, value_enum, default_value_t = OnStop::Drain)]
    on_stop: OnStop,
    /// How this host is reset when what must not run here any more does not end in time.
    #[arg(long, value_enum, default_value_t = ResetName::Kernel, env = "QUORATE_RESET")]
    pub(in crate::cli) reset: ResetName,
    /// The hardware watchdog of this host, such as /dev/watchdog; it is armed while the daemon runs.
    #[arg(long, value_name = "DEVICE", env = "QUORATE_WATCHDOG")]
    pub(in crate::cli) watchdog: Option<PathBuf>,
    /// Also write the log to this file.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) log_file: Option<PathBuf>,
    /// Form of the log.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(in crate::cli) log_format: LogFormat,
}

/// How a host is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ResetName {
    /// By the kernel, at once.
    Kernel,
    /// Not at all: the log says that it should be.
    Never,
}

impl ResetName {
    /// What the daemon is told.
    pub(in crate::cli) const fn reset(self) -> Reset {
        match self {
            Self::Kernel => Reset::Kernel,
            Self::Never => Reset::Never,
        }
    }

    /// Its name.
    pub(in crate::cli) const fn as_str(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Never => "never",
        }
    }
}

/// How a daemon finds the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GroupName {
    /// Through corosync on this host.
    Corosync,
    /// There are no others: a cluster of this host alone, with quorum.
    Alone,
}

/// What becomes of what runs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnStop {
    /// It is moved to other nodes, or stopped.
    Drain,
    /// It goes on; the others leave it alone until the daemon is back.
    Detach,
}

impl OnStop {
    const fn leave(self) -> Leave {
        match self {
            Self::Drain => Leave::Drained,
            Self::Detach => Leave::Detached,
        }
    }
}

/// Runs the verb.
pub(in crate::cli) fn run(arguments: &Arguments, options: &Options) -> Result<Exit, Failure> {
    log::begin(arguments.log_format, arguments.log_file.as_deref())?;
    let node = match &arguments.node {
        Some(name) => NodeName::from(name.as_str()),
        None => {
            host::name().map_err(|error| Failure::error(format!("cannot read this host's name: {error}")))?
        }
    };
    // One thread: what a daemon does is wait, and memory is for services.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("cannot start the runtime: {error}")))?;
    let ending = match arguments.group {
        GroupName::Corosync => runtime.block_on(serve(arguments, options, node.clone(), Corosync::new(node))),
        GroupName::Alone => runtime.block_on(async {
            let seat = Room::new(&[node.as_str()]).enter(node.as_str());
            let seat = seat.ok_or_else(|| Failure::error("a group of one has no place for this node"))?;
            serve(arguments, options, node, seat).await
        }),
    };
    // The watch on the manifest may be reading.
    runtime.shutdown_background();
    ending.map(|_| Exit::Done)
}

async fn serve<G: Group>(
    arguments: &Arguments,
    options: &Options,
    node: NodeName,
    group: G,
) -> Result<Ending, Failure> {
    let setup = Setup {
        node: node.clone(),
        state_dir: arguments.data_dir.clone(),
        run_dir: arguments.run_dir.clone(),
        secrets: arguments.secrets.clone(),
        manifest: arguments.manifest.clone(),
        site: Installation::default(),
        jobs: arguments.jobs,
        return_grace: None,
        safety: safety(arguments, &node),
    };
    guard::wait_for_release(&arguments.run_dir).await;
    let signals = Signals::listen()?;
    let (daemon, door) = Daemon::new(setup, group, Notice::from_environment())
        .map_err(|error| Failure::error(with_causes(&error)))?;
    let place = Place {
        socket: options.socket().to_owned(),
        readers: arguments.readers.clone(),
        history: arguments.data_dir.join("history"),
    };
    let api = Api::open(&place, door.clone()).map_err(|error| Failure::error(with_causes(&error)))?;
    let end = CancellationToken::new();
    let serving = tokio::spawn(api.serve(end.clone()));
    let (abandon, abandoned) = oneshot::channel::<()>();
    let heed = tokio::spawn(signals.heed(door, arguments.on_stop.leave(), abandon));
    let ending = daemon
        .run(async {
            // Nobody left who could abandon it means that it is not.
            if abandoned.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await;
    heed.abort();
    end.cancel();
    if let Err(error) = serving.await {
        tracing::error!(%error, "the API did not end well");
    }
    ending.map_err(|error| Failure::error(with_causes(&error)))
}

/// What a daemon has for the case that it cannot do anything itself. Alone, nobody takes over what it
/// runs, and nothing has to end.
fn safety(arguments: &Arguments, node: &NodeName) -> Safety {
    let words = (arguments.group == GroupName::Corosync).then(|| super::guard::words(arguments, node));
    Safety {
        guard: words,
        reset: arguments.reset.reset(),
        has_watchdog: arguments.watchdog.is_some(),
        is_release: false,
    }
}

/// The signals that a daemon heeds.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::error(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for somebody to end this.
    async fn end(&mut self, door: &Door) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => door.reread(),
            }
        }
    }

    async fn heed(mut self, door: Door, first: Leave, abandon: oneshot::Sender<()>) {
        for leave in [first, Leave::Detached] {
            self.end(&door).await;
            tracing::info!(?leave, "told to end");
            let door = door.clone();
            // The answer comes when the cluster knows; the daemon ends by itself when it may.
            tokio::spawn(async move { door.request(Request::Leave(leave)).await });
        }
        self.end(&door).await;
        tracing::warn!("told to end at once");
        // A daemon that has ended needs no telling.
        let _ = abandon.send(());
    }
}
