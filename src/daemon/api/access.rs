//! Who may ask: a socket that only some can open, and what the kernel says of who did.

#![expect(clippy::disallowed_methods, reason = "makes a socket with the right owner and mode")]

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::UnixListener;

use crate::daemon::DaemonError;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    /// The number of the user; `None` if the kernel did not say.
    user: Option<u32>,
}

impl Caller {
    /// Whether this user may change something: the superuser, and whoever the daemon runs as.
    pub(super) fn may_change(self) -> bool {
        self.user.is_some_and(|user| user == 0 || user == rustix::process::geteuid().as_raw())
    }

    /// The user, for people.
    pub(super) fn name(self) -> String {
        match self.user {
            Some(user) => {
                user_name(user).map_or_else(|| format!("user {user}"), |name| format!("user `{name}`"))
            }
            None => "somebody".to_owned(),
        }
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Caller {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self { user: stream.io().peer_cred().ok().map(|credentials| credentials.uid()) }
    }
}

/// A socket's file, which goes with this value.
#[derive(Debug)]
pub(super) struct Socket(PathBuf);

impl Socket {
    /// Makes the socket. One that a killed daemon left behind is replaced.
    pub(super) fn open(path: &Path, readers: Option<&str>) -> Result<(Self, UnixListener), DaemonError> {
        let fault = |what: &str| {
            let what = format!("cannot {what} {}", path.display());
            move |source| DaemonError::System { what, source }
        };
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            let taken = io::Error::new(io::ErrorKind::AddrInUse, "another daemon listens there");
            return Err(fault("listen on")(taken));
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault("replace")(error)),
            Ok(()) | Err(_) => {}
        }
        // Nobody may come in before mode and owner are right.
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = listener.map_err(fault("listen on"))?;
        let socket = Self(path.to_owned());
        if let Some(readers) = readers {
            let group = group_number(readers).map_err(fault("open for its readers"))?;
            chown(path, None, Some(group)).map_err(fault("give to its readers"))?;
            fs::set_permissions(path, Permissions::from_mode(0o660))
                .map_err(fault("open for its readers"))?;
        }
        Ok((socket, listener))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever comes next replaces it.
        let _ = fs::remove_file(&self.0);
    }
}

fn group_number(name: &str) -> io::Result<u32> {
    let groups = fs::read_to_string("/etc/group")?;
    number_in(&groups, name).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("there is no group `{name}` in /etc/group"))
    })
}

/// The number of a name in a table of users or groups.
fn number_in(table: &str, name: &str) -> Option<u32> {
    let line = table.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

fn user_name(number: u32) -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let number = number.to_string();
    let line = users.lines().find(|line| line.split(':').nth(2) == Some(&number))?;
    line.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let table = "root:x:0:\nhaclients:x:7:\nhaclient:x:112:alice\n";
        assert_eq!(number_in(table, "haclient"), Some(112));
        assert_eq!(number_in(table, "hacl"), None);
    }
}
