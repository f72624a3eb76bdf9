//! Where agents are on this host, and the one way to run them.

#![expect(clippy::disallowed_methods, reason = "agents are programs on this host")]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::invocation::{Completed, Invocation};
use super::process::{self, End, Ended, Leash, Program};
use super::systemd::Bus;
use super::{fence, lsb, ocf, said, service, systemd};
use crate::model::{AgentClass, period};
use crate::status::{ResultCode, ResultStatus};

/// Where agents are on this host, and how they are run.
#[derive(Debug, Clone)]
pub struct Installation {
    /// `OCF_ROOT`; agents are in `resource.d/PROVIDER/TYPE` below it.
    pub ocf_root: PathBuf,
    /// Where init scripts are.
    pub init_dir: PathBuf,
    /// Where fence agents are.
    pub fence_dir: PathBuf,
    /// The way to systemd.
    pub bus: Bus,
    /// Where units are given what is different while they are the cluster's; `None` is nowhere.
    pub unit_overrides: Option<PathBuf>,
    /// Where unit files are, for lists.
    pub unit_dirs: Vec<PathBuf>,
    /// `PATH` of agents.
    pub path: String,
    /// The tools by which agents tell and ask the cluster, where there are any.
    pub tools: Option<Tools>,
    /// Where it is kept what agents say of themselves; `None` asks them each time.
    pub shelf: Option<PathBuf>,
    /// The program that the tools lead to, where it is not the one that runs agents.
    pub tool_program: Option<PathBuf>,
    /// How long an agent may take to end after it was asked to.
    pub grace: Duration,
    /// How many bytes of each output of an agent are kept.
    pub output_limit: usize,
    /// What holds the agents that run.
    pub leash: Leash,
}

/// The tools by which agents tell and ask the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// The folder that they are in.
    pub folder: PathBuf,
    /// The socket on which they are answered.
    pub socket: PathBuf,
}

impl Default for Installation {
    /// Where packages put agents; `OCF_ROOT` in the environment, as the OCF standard has it, moves that
    /// hierarchy.
    fn default() -> Self {
        let moved = std::env::var_os("OCF_ROOT").map(PathBuf::from).filter(|root| root.is_absolute());
        Self {
            ocf_root: moved.unwrap_or_else(|| "/usr/lib/ocf".into()),
            init_dir: "/etc/init.d".into(),
            fence_dir: "/usr/sbin".into(),
            bus: Bus::default(),
            unit_overrides: Some("/run/systemd/system".into()),
            unit_dirs: [
                "/etc/systemd/system",
                "/run/systemd/system",
                "/usr/lib/systemd/system",
                "/lib/systemd/system",
            ]
            .map(PathBuf::from)
            .to_vec(),
            path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            tools: None,
            shelf: None,
            tool_program: None,
            grace: Duration::from_secs(5),
            output_limit: 32 * 1024,
            leash: Leash::default(),
        }
    }
}

impl Installation {
    /// Runs one action to its end, or to the end of its time. When the future is dropped, the
    /// agent is killed with all that it started.
    ///
    /// Whatever goes wrong is a result: a missing agent answers `not installed`, an agent that is
    /// too slow has the status `TimedOut` and leaves no process behind.
    pub async fn run(&self, call: &Invocation) -> Completed {
        tracing::debug!(resource = %call.resource, action = %call.action, agent = %call.agent, "agent call");
        let done = match &call.agent.class {
            AgentClass::Ocf => ocf::run(self, call).await,
            AgentClass::Lsb => lsb::run(self, call).await,
            AgentClass::Systemd => systemd::run(self, call).await,
            AgentClass::Service => service::run(self, call).await,
            AgentClass::Stonith => fence::run(self, call).await,
            AgentClass::Other(class) => Completed::refused(
                ResultCode::NOT_INSTALLED,
                ResultStatus::NotInstalled,
                format!("agents of class `{class}` cannot be run"),
            ),
        };
        tracing::debug!(
            resource = %call.resource, action = %call.action, rc = done.rc.0, status = ?done.status,
            took = ?done.took, reason = done.exit_reason.as_deref(), "agent result"
        );
        done
    }

    /// What every agent finds in its environment.
    pub(super) fn base_env(&self) -> Vec<(String, String)> {
        [("PATH", self.path.as_str()), ("LC_ALL", "C")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    /// A program of this installation with nothing but its surroundings.
    pub(super) fn program(&self, path: PathBuf, timeout: Duration) -> Program {
        Program {
            path,
            args: Vec::new(),
            env: self.base_env(),
            stdin: None,
            timeout,
            grace: self.grace,
            output_limit: self.output_limit,
            witness: None,
            leash: self.leash.clone(),
        }
    }

    /// Runs an agent's program, or says why it cannot be run.
    pub(super) async fn execute(&self, program: Program) -> Result<Ended, Completed> {
        let path = program.path.clone();
        check_program(&path)?;
        let ended = process::run(program).await;
        match ended.end {
            End::NotStarted(error) => Err(not_started(&path, &error)),
            End::Exited(_) | End::Signalled(_) | End::TimedOut => Ok(ended),
        }
    }
}

/// Refuses a path at which there is no program.
fn check_program(path: &Path) -> Result<(), Completed> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(not_installed(format!("{shown} is not a program"))),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => {
            Err(not_permitted(format!("{shown} is not executable")))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(not_permitted(format!("{shown} cannot be reached: {error}")))
        }
        Err(_) => Err(not_installed(format!("{shown} does not exist"))),
    }
}

/// Says why a program that is there could not be started.
fn not_started(path: &Path, error: &std::io::Error) -> Completed {
    let shown = path.display();
    if error.kind() == ErrorKind::NotFound {
        return match interpreter(path) {
            Some(name) => not_installed(format!("{shown} asks for {name}, which does not exist")),
            None => not_installed(format!("{shown} does not exist")),
        };
    }
    if error.kind() == ErrorKind::PermissionDenied {
        return not_permitted(format!("{shown} may not be run: {error}"));
    }
    Completed::refused(ResultCode::ERROR, ResultStatus::Error, format!("{shown} cannot be run: {error}"))
}

fn not_installed(reason: String) -> Completed {
    Completed::refused(ResultCode::NOT_INSTALLED, ResultStatus::NotInstalled, reason)
}

fn not_permitted(reason: String) -> Completed {
    Completed::refused(ResultCode::PERM, ResultStatus::Error, reason)
}

/// The program that a script asks for in its first line.
fn interpreter(path: &Path) -> Option<String> {
    let mut line = Vec::new();
    BufReader::new(fs::File::open(path).ok()?.take(256)).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line);
    line.strip_prefix("#!")?.split_whitespace().next().map(str::to_owned)
}

impl Ended {
    /// The result, when an exit code is translated by `code`. Where the agent did not end by itself, the
    /// reason has the last it said, without `secrets`.
    pub(super) fn into_completed(
        self,
        timeout: Duration,
        secrets: &[String],
        code: impl Fn(u8) -> ResultCode,
    ) -> Completed {
        let stdout = self.stdout.to_text();
        // Nobody needs more of it: what it says of secrets goes no further, whoever reads it.
        let stderr = said::hide(&self.stderr.to_text(), secrets);
        let with_last_lines = |what: String| match said::last_lines(&said::hide(&stdout, secrets), &stderr) {
            Some(lines) => format!("{what}; it said: {lines}"),
            None => what,
        };
        let (rc, status, reason) = match self.end {
            End::Exited(exit) => (code(exit), ResultStatus::Done, ocf::exit_reason(&stderr)),
            End::Signalled(signal) => (
                ResultCode::ERROR,
                ResultStatus::Error,
                Some(with_last_lines(format!("the agent was ended by signal {signal}"))),
            ),
            End::TimedOut => (
                ResultCode::ERROR,
                ResultStatus::TimedOut,
                Some(with_last_lines(format!("did not end within {}", period::format(timeout)))),
            ),
            End::NotStarted(error) => (ResultCode::ERROR, ResultStatus::Error, Some(error.to_string())),
        };
        let done = Completed { rc, status, exit_reason: None, stdout, stderr, took: self.took };
        match reason {
            Some(reason) => done.because(reason),
            None => done,
        }
    }
}

/// Whether a name is fit to be a part of a path.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['.', '-']) && !name.contains(['/', '\0'])
}

/// The refusal of a name that is not fit to be a part of a path.
pub(super) fn bad_name(name: &str) -> Completed {
    not_installed(format!("`{name}` is not the name of an agent"))
}
