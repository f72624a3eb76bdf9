//! Options that every verb takes.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};

use super::terminal::{Terminal, Verbosity};

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

    /// Which engine carries out plans.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = EngineName::Simulated,
        env = "QUORATE_ENGINE",
        help_heading = "Global options"
    )]
    pub(super) engine: EngineName,

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

    /// Never colour the output. NO_COLOR does the same.
    #[arg(long, global = true, help_heading = "Global options")]
    no_color: bool,

    /// Print data and errors, nothing else.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    quiet: bool,

    /// Show details that are usually folded away.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    verbose: u8,
}

/// Engines that the command line can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineName {
    /// A cluster inside this process: nothing outside is touched.
    Simulated,
    /// This host as a cluster of one node, with real agents.
    Local,
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

    /// The terminal, coloured and as talkative as asked for.
    pub(super) fn terminal(&self) -> Terminal {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Terminal::new(!self.no_color, verbosity)
    }
}
