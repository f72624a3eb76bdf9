//! The programs that agents call to tell and ask the cluster, by the names that agents know:
//! `crm_attribute`, `crm_master`, `attrd_updater`, `crm_node` and `crm_resource`.
//!
//! They are this program under other names ([`Folder`]): links in a folder that only agents find, as it
//! stands first on their `PATH` and is their `HA_SBIN_DIR`. They put one [`Question`] to whoever runs
//! the agent, over a socket that the agent's environment names, and print the [`Answer`] as existing
//! agents expect it. Whoever runs agents answers by an [`Oracle`].
//!
//! ```text
//! agent -- crm_attribute -- Question --> socket -- serve --> Oracle: daemon | engine local
//!                        <-- Answer ---
//! ```

mod attrd_updater;
mod crm_attribute;
mod crm_node;
mod crm_resource;
mod folder;
mod knowledge;
mod serve;
mod verdict;
mod wire;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

pub use folder::Folder;
pub use knowledge::{Knowledge, Lasting};
pub use serve::{Oracle, Serving, serve};
pub use verdict::Verdict;
pub use wire::{Answer, Member, Place, Problem, Question, Shelf, Spot, Stored};

/// The variable in an agent's environment that names the socket.
pub const SOCKET_VARIABLE: &str = "QUORATE_AGENT_SOCKET";

/// A program under its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Sets, asks for and deletes node attributes; asks for cluster options.
    CrmAttribute,
    /// The same for promotion scores only.
    CrmMaster,
    /// The same for attributes that last until a node leaves, with dampening.
    AttrdUpdater,
    /// Tells names, numbers and membership of nodes.
    CrmNode,
    /// Tells parameters and places of resources.
    CrmResource,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::CrmAttribute, Self::CrmMaster, Self::AttrdUpdater, Self::CrmNode, Self::CrmResource];

    /// The name it is called by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrmAttribute => "crm_attribute",
            Self::CrmMaster => "crm_master",
            Self::AttrdUpdater => "attrd_updater",
            Self::CrmNode => "crm_node",
            Self::CrmResource => "crm_resource",
        }
    }

    /// The one that a program of this path is.
    pub fn called(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Runs it with these words, the first of which is its name.
    pub fn run(self, words: Vec<OsString>) -> ExitCode {
        let surroundings = Surroundings::of_this_process();
        let verdict = match self {
            Self::CrmAttribute => parse(words, |call: &crm_attribute::Call| call.run(&surroundings)),
            Self::CrmMaster => parse(crm_attribute::for_promotion(words), |call: &crm_attribute::Call| {
                call.run(&surroundings)
            }),
            Self::AttrdUpdater => parse(words, |call: &attrd_updater::Call| call.run(&surroundings)),
            Self::CrmNode => parse(words, |call: &crm_node::Call| call.run(&surroundings)),
            Self::CrmResource => parse(words, |call: &crm_resource::Call| call.run(&surroundings)),
        };
        verdict.say(self.name())
    }
}

/// What the environment of an agent tells its tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Surroundings {
    /// Where questions go.
    socket: Option<OsString>,
    /// The resource whose agent this is called by.
    resource: Option<String>,
}

impl Surroundings {
    #[expect(clippy::disallowed_methods, reason = "the agent's environment says whom to ask")]
    fn of_this_process() -> Self {
        Self {
            socket: std::env::var_os(SOCKET_VARIABLE),
            resource: std::env::var("OCF_RESOURCE_INSTANCE").ok(),
        }
    }

    /// Puts a question; what cannot be asked is a problem too.
    fn ask(&self, question: &Question) -> Result<Answer, Verdict> {
        let Some(socket) = &self.socket else {
            return Err(Verdict::unreachable("not called by an agent that quorate runs"));
        };
        match wire::ask(Path::new(socket), question) {
            Ok(Answer::Refused(problem)) => Err(Verdict::of(&problem)),
            Ok(answer) => Ok(answer),
            Err(error) => Err(Verdict::unreachable(&format!("the cluster cannot be reached: {error}"))),
        }
    }
}

fn parse<T: Parser>(words: Vec<OsString>, run: impl FnOnce(&T) -> Verdict) -> Verdict {
    match T::try_parse_from(words) {
        Ok(call) => run(&call),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Verdict::told(error.render().to_string().trim_end().to_owned())
        }
        Err(error) => Verdict::usage(error.render().to_string().trim_end()),
    }
}

#[cfg(test)]
mod tests;
