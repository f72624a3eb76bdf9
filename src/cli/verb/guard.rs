//! `guard`: the supervisor of a node's daemon, and what lets go of everything when there is none. Both
//! are started by the daemon, not by people.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::daemon::{self, ResetName};
use crate::agent::Installation;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::log::{self, LogFormat};
use crate::daemon::group::nowhere::Nowhere;
use crate::daemon::guard::{Charge, stand_guard};
use crate::daemon::{Daemon, DaemonError, Ending, Notice, Safety, Setup};
use crate::model::NodeName;

/// Watch the daemon of this node, and let go of what it runs when it does not come back.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// What to do.
    #[arg(value_enum)]
    duty: Duty,
    /// Keeps the desired state.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Keeps what is known until this host boots.
    #[arg(long, value_name = "DIR")]
    run_dir: PathBuf,
    /// One file per secret.
    #[arg(long, value_name = "DIR")]
    secrets: PathBuf,
    /// The name of this node.
    #[arg(long, value_name = "NAME")]
    node: String,
    /// How this host is reset.
    #[arg(long, value_enum)]
    reset: ResetName,
    /// The hardware watchdog of this host.
    #[arg(long, value_name = "DEVICE")]
    watchdog: Option<PathBuf>,
    /// Also write the log to this file.
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Form of the log.
    #[arg(long, value_enum)]
    log_format: LogFormat,
}

/// What a supervisor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Duty {
    /// It watches the daemon.
    Watch,
    /// It lets go of everything, and ends.
    Release,
}

/// The words of the command that watches a daemon.
pub(in crate::cli) fn words(daemon: &daemon::Arguments, node: &NodeName) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["guard".into(), "watch".into()];
    let mut add = |name: &str, value: OsString| words.extend([name.into(), value]);
    add("--data-dir", daemon.data_dir.clone().into());
    add("--run-dir", daemon.run_dir.clone().into());
    add("--secrets", daemon.secrets.clone().into());
    add("--node", node.as_str().into());
    add("--reset", daemon.reset.as_str().into());
    add("--log-format", daemon.log_format.as_str().into());
    if let Some(watchdog) = &daemon.watchdog {
        add("--watchdog", watchdog.clone().into());
    }
    if let Some(file) = &daemon.log_file {
        add("--log-file", file.clone().into());
    }
    words
}

/// Runs the verb.
pub(in crate::cli) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    log::begin(arguments.log_format, arguments.log_file.as_deref())?;
    let ended = match arguments.duty {
        Duty::Watch => {
            name("quorate-guard");
            stand_guard(&charge(arguments));
            Ok(())
        }
        Duty::Release => {
            name("quorate-letgo");
            release(arguments)
        }
    };
    ended.map(|()| Exit::Done)
}

/// What tells a supervisor from its daemon in a list of processes.
fn name(name: &str) {
    let name = std::ffi::CString::new(name).unwrap_or_default();
    // Its name is of no importance.
    let _ = rustix::thread::set_name(&name);
}

fn charge(arguments: &Arguments) -> Charge {
    let mut release: Vec<OsString> = vec!["guard".into(), "release".into()];
    let mut add = |name: &str, value: OsString| release.extend([name.into(), value]);
    add("--data-dir", arguments.data_dir.clone().into());
    add("--run-dir", arguments.run_dir.clone().into());
    add("--secrets", arguments.secrets.clone().into());
    add("--node", arguments.node.clone().into());
    add("--reset", arguments.reset.as_str().into());
    add("--log-format", arguments.log_format.as_str().into());
    if let Some(file) = &arguments.log_file {
        add("--log-file", file.clone().into());
    }
    Charge {
        run_dir: arguments.run_dir.clone(),
        release,
        is_served: Exit::Locked.code().into(),
        is_postponed: Exit::Unsafe.code().into(),
        reset: arguments.reset.reset(),
        watchdog: arguments.watchdog.clone(),
    }
}

/// Lets go of everything that runs here.
fn release(arguments: &Arguments) -> Result<(), Failure> {
    let setup = Setup {
        node: NodeName::from(arguments.node.as_str()),
        state_dir: arguments.data_dir.clone(),
        run_dir: arguments.run_dir.clone(),
        secrets: arguments.secrets.clone(),
        manifest: None,
        site: Installation::default(),
        jobs: None,
        return_grace: None,
        safety: Safety { reset: arguments.reset.reset(), is_release: true, ..Safety::default() },
    };
    let failure = |error: String| Failure::error(error);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failure(format!("cannot start the runtime: {error}")))?;
    let ending = runtime.block_on(async {
        let (daemon, _door) =
            Daemon::new(setup, Nowhere, Notice::default()).map_err(|error| match error {
                DaemonError::Storage(error) => Failure::from(error),
                error @ DaemonError::System { .. } => failure(error.to_string()),
            })?;
        daemon.run(std::future::pending()).await.map_err(|error| failure(error.to_string()))
    })?;
    match ending {
        Ending::Released => Ok(()),
        Ending::Postponed => Err(Failure::new(Exit::Unsafe, "what runs here is to be left alone for now")),
        Ending::Left(_) | Ending::Abandoned => Err(failure("not everything was let go of".to_owned())),
    }
}
