//! How a daemon is reached: through its socket on this host, or through ssh and its socket there.

#![expect(clippy::disallowed_methods, reason = "speaks to daemons through sockets and ssh")]

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// How ssh is called, before host and command: it asks nothing, and gives up soon.
pub const SSH: [&str; 6] = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T", "--"];

/// Where a daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// On this host, listening here.
    Socket(PathBuf),
    /// On another host, reached as ssh does.
    Ssh {
        /// As ssh takes it: `node` or `user@node`.
        host: String,
        /// Where it listens there.
        socket: PathBuf,
    },
}

/// An open connection.
#[derive(Debug)]
pub(super) enum Connection {
    Socket(UnixStream),
    Ssh(Box<Pipe>),
}

/// The two ends of an ssh that carries the talk.
#[derive(Debug)]
pub(super) struct Pipe {
    /// Ends with this value.
    _ssh: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "the daemon of this host ({})", path.display()),
            Self::Ssh { host, .. } => write!(f, "the daemon of {host}"),
        }
    }
}

impl Link {
    /// What to do when there is no answer.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Socket(_) => {
                "is it running? `systemctl start quorate` starts it; `--host NODE` asks that of another node, \
                 `--engine simulated` a cluster that is not real"
            }
            Self::Ssh { .. } => {
                "`ssh HOST quorate api-stream` must work without a password, as a user who may use the socket there"
            }
        }
    }

    /// Opens a connection. That of ssh is only known to work when something comes back.
    pub(super) async fn open(&self) -> io::Result<(Connection, Option<ChildStderr>)> {
        match self {
            Self::Socket(path) => Ok((Connection::Socket(UnixStream::connect(path).await?), None)),
            Self::Ssh { host, socket } => {
                let mut ssh = Command::new("ssh")
                    .args(SSH)
                    .arg(host)
                    .arg(format!("quorate api-stream --socket {}", quoted(&socket.to_string_lossy())))
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .kill_on_drop(true)
                    .spawn()?;
                let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
                let input = ssh.stdin.take().ok_or_else(gone)?;
                let output = ssh.stdout.take().ok_or_else(gone)?;
                let errors = ssh.stderr.take();
                Ok((Connection::Ssh(Box::new(Pipe { _ssh: ssh, input, output })), errors))
            }
        }
    }
}

/// What the program at the other end complained of, or else the last line of ssh.
pub(super) async fn complaint(errors: Option<ChildStderr>) -> Option<String> {
    let mut text = Vec::new();
    errors?.take(4096).read_to_end(&mut text).await.ok()?;
    worst(&String::from_utf8_lossy(&text))
}

/// What was an error in what was said on the way; without any, the last line.
fn worst(said: &str) -> Option<String> {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty()).rev();
    let error = lines.clone().find_map(|line| line.strip_prefix("error: "));
    error.or_else(|| lines.next()).map(str::to_owned)
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Socket(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Ssh(pipe) => Pin::new(&mut pipe.output).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Socket(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Ssh(pipe) => Pin::new(&mut pipe.input).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Socket(stream) => Pin::new(stream).poll_flush(cx),
            Self::Ssh(pipe) => Pin::new(&mut pipe.input).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Socket(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Ssh(pipe) => Pin::new(&mut pipe.input).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_and_not_the_advice_below_it() {
        let said =
            "Warning: Permanently added a host.\nerror: no daemon listens on /run/x\n  help: start it\n";
        assert_eq!(worst(said).as_deref(), Some("no daemon listens on /run/x"));
        assert_eq!(
            worst("ssh: connect to host n1: refused\n\n").as_deref(),
            Some("ssh: connect to host n1: refused")
        );
        assert_eq!(worst(""), None);
    }
}
