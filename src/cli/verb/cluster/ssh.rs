//! Scripts on hosts, through the system's own `ssh`: its configuration, agents and known hosts all hold.

#![expect(clippy::disallowed_methods, reason = "runs ssh and reads the clock")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time;

use crate::formation::Member;

/// Most bytes that a host may say on one stream.
const SAID_MAX: u64 = 16 * 1024 * 1024;

/// How hosts are reached.
#[derive(Debug, Clone, Args)]
pub(super) struct Reach {
    /// Log in as this user. [default: what ssh's configuration says]
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Become root with sudo, which must not ask for a password.
    #[arg(long)]
    sudo: bool,
    /// The configuration that ssh reads.
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// Reach a node at this host instead of its first address.
    #[arg(long = "at", value_name = "NODE=HOST", value_parser = parse_place)]
    places: Vec<(String, String)>,
}

fn parse_place(text: &str) -> Result<(String, String), String> {
    let (node, host) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NODE=HOST"))?;
    Ok((node.to_owned(), host.to_owned()))
}

/// What a script printed, and when.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// What it printed.
    pub(super) text: String,
    /// When it was asked for, in seconds since 1970.
    pub(super) asked: f64,
    /// When it had ended.
    pub(super) ended: f64,
}

impl Answer {
    /// By how many seconds a clock that was read meanwhile is ahead at least; negative if it is behind.
    pub(super) fn ahead(&self, clock: f64) -> f64 {
        clock - clock.clamp(self.asked, self.ended)
    }
}

/// Why a script did not end well.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// Whether the host could not be reached at all.
    pub(super) is_unreachable: bool,
    /// What went wrong, as a lower-case fragment.
    pub(super) what: String,
    /// What to do about it.
    pub(super) help: String,
}

impl Reach {
    /// Where a member is reached.
    pub(super) fn place<'a>(&'a self, member: &'a Member) -> &'a str {
        let named = self.places.iter().find(|(node, _)| member.name.is(node)).map(|(_, host)| host.as_str());
        named.or(member.addresses.first().map(String::as_str)).unwrap_or(member.name.as_str())
    }

    /// Runs a script on a member's host.
    ///
    /// # Errors
    /// When the host cannot be reached, or the script fails or takes longer than `limit`.
    pub(super) async fn run(&self, member: &Member, script: &str, limit: Duration) -> Result<Answer, Fault> {
        let place = self.place(member);
        let asked = now();
        let output = match time::timeout(limit, self.run_ssh(place, script)).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => {
                return Err(Fault {
                    is_unreachable: true,
                    what: format!("cannot run ssh: {error}"),
                    help: "install the package `openssh-client`".to_owned(),
                });
            }
            Err(_) => {
                return Err(Fault {
                    is_unreachable: false,
                    what: format!("no answer from {place} within {} s", limit.as_secs()),
                    help: format!("see what hangs there: `ssh {place}`"),
                });
            }
        };
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => {
                Ok(Answer { text: String::from_utf8_lossy(&output.stdout).into_owned(), asked, ended: now() })
            }
            // The code by which ssh says that it is ssh itself that failed.
            Some(255) => Err(unreachable(place, &said)),
            Some(_) | None => {
                Err(Fault { is_unreachable: false, what: last_line(&said), help: String::new() })
            }
        }
    }

    async fn run_ssh(&self, place: &str, script: &str) -> std::io::Result<std::process::Output> {
        let mut command = Command::new("ssh");
        command.args(["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR"]);
        command.args(["-o", "ServerAliveInterval=10"]);
        if let Some(config) = &self.ssh_config {
            command.arg("-F").arg(config);
        }
        if let Some(user) = &self.user {
            command.args(["-l", user]);
        }
        command.args(["--", place]).arg(if self.sudo { "sudo -n sh -s" } else { "sh -s" });
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // When ssh ends early, how it ended says more than the broken pipe.
            let _ = stdin.write_all(script.as_bytes()).await;
        }
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = tokio::try_join!(read_bounded(stdout), read_bounded(stderr))?;
        Ok(std::process::Output { status: child.wait().await?, stdout, stderr })
    }
}

/// Reads what a host says; one that says more than this is not well.
async fn read_bounded(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    let Some(stream) = stream else { return Ok(said) };
    if stream.take(SAID_MAX + 1).read_to_end(&mut said).await? as u64 > SAID_MAX {
        return Err(std::io::Error::other("it does not stop talking"));
    }
    Ok(said)
}

fn unreachable(place: &str, said: &str) -> Fault {
    let knows = |text: &str| said.contains(text);
    let help = if knows("Host key verification failed") {
        format!(
            "ssh does not know this host yet, or knows another: compare its key, and log in once by hand (`ssh {place}`)"
        )
    } else if knows("Permission denied") {
        format!("let your key in: `ssh-copy-id {place}`; another user is chosen with --user")
    } else if knows("Could not resolve") {
        "give the node an address in the manifest, or say where it is with `--at NODE=HOST`".to_owned()
    } else {
        format!("is the host on, is sshd running, is port 22 open? Try `ssh {place}`")
    };
    let what = if said.is_empty() { format!("ssh cannot reach {place}") } else { last_line(said) };
    Fault { is_unreachable: true, what, help }
}

fn last_line(said: &str) -> String {
    said.lines().next_back().unwrap_or("the script failed without a word").trim().to_owned()
}

fn now() -> f64 {
    jiff::Timestamp::now().as_duration().as_secs_f64()
}
