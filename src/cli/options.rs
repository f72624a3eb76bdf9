//! Options that every verb takes.

#![expect(clippy::disallowed_methods, reason = "looks whether a daemon listens here")]

use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgAction, Args, ValueEnum};

use super::terminal::{Terminal, Verbosity};
use crate::{api, daemon};

/// Options that every verb takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Options {
    /// The manifest: a file, a directory of files, or `-` for standard input.
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        env = "QUORATE_FILE",
        help_heading = "Global options"
    )]
    file: Option<PathBuf>,

    /// Which engine carries out plans. [default: corosync with --host or --socket or where a daemon
    /// listens, unless --state-dir is given; else simulated]
    #[arg(long, global = true, value_enum, env = "QUORATE_ENGINE", help_heading = "Global options")]
    engine: Option<EngineName>,

    /// Speak to the daemon of another node, over ssh: `node` or `user@node`. Needs no open port.
    #[arg(long, global = true, value_name = "HOST", env = "QUORATE_HOST", help_heading = "Global options")]
    host: Option<String>,

    /// Where the daemon listens. [default: /run/quorate.sock]
    #[arg(long, global = true, value_name = "PATH", env = "QUORATE_SOCKET", help_heading = "Global options")]
    socket: Option<PathBuf>,

    /// Where the engine keeps its state. [default: .quorate for engine simulated, /var/lib/quorate
    /// and /run/quorate for engine local]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "QUORATE_STATE_DIR",
        help_heading = "Global options"
    )]
    pub(super) state_dir: Option<PathBuf>,

    /// When to colour the output. NO_COLOR in the environment means never, unless this says always.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = Colour::Auto,
        conflicts_with = "no_color",
        help_heading = "Global options"
    )]
    color: Colour,

    /// Never colour the output.
    #[arg(long, global = true, help_heading = "Global options")]
    no_color: bool,

    /// Where the name of the manifest came from.
    #[arg(skip)]
    pub(super) file_origin: Option<ValueSource>,

    /// Print data and errors, nothing else.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    quiet: bool,

    /// Show details that are usually folded away.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    verbose: u8,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always, also into files and pipes.
    Always,
    /// Never.
    Never,
}

/// Engines that the command line can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineName {
    /// A cluster inside this process: nothing outside is touched.
    Simulated,
    /// This host as a cluster of one node, with real agents.
    Local,
    /// A real cluster, through one of its daemons.
    Corosync,
}

impl Options {
    /// The manifest to read: as given, or `cluster.yaml` here.
    pub(super) fn manifest(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new("cluster.yaml"))
    }

    /// The manifest, if one was named.
    pub(super) fn named_manifest(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The manifest, if it was named on the command line and not only in the environment.
    pub(super) fn manifest_on_command_line(&self) -> Option<&Path> {
        self.named_manifest().filter(|_| self.file_origin == Some(ValueSource::CommandLine))
    }

    /// The engine: as named, or else the one that is at hand.
    pub(super) fn engine(&self) -> EngineName {
        let is_daemon_at_hand = self.host.is_some()
            || self.socket.is_some()
            || (self.state_dir.is_none() && (Path::new(api::SOCKET).exists() || daemon::is_member_host()));
        match self.engine {
            Some(engine) => engine,
            None if is_daemon_at_hand => EngineName::Corosync,
            None => EngineName::Simulated,
        }
    }

    /// Where the daemon listens.
    pub(super) fn socket(&self) -> &Path {
        self.socket.as_deref().unwrap_or(Path::new(api::SOCKET))
    }

    /// The host whose daemon is meant, if it is not this one's.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The terminal, coloured and as talkative as asked for.
    pub(super) fn terminal(&self) -> Terminal {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        let colour = if self.no_color { Colour::Never } else { self.color };
        Terminal::new(colour, verbosity)
    }
}
