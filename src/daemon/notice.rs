//! What the service manager is told: ready, alive, stopping (the protocol of `sd_notify`).

#![expect(clippy::disallowed_methods, reason = "the service manager speaks through the environment")]

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The ear of the service manager, where there is one.
#[derive(Debug, Default)]
pub struct Notice {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How long the service manager lets a silent daemon live.
    patience: Option<Duration>,
}

impl Notice {
    /// As the environment says; agents do not inherit it, as theirs is made anew.
    pub fn from_environment() -> Self {
        let socket = std::env::var("NOTIFY_SOCKET").ok().and_then(|name| connect(&name).ok());
        let own = std::process::id().to_string();
        let is_ours = std::env::var("WATCHDOG_PID").map_or(true, |pid| pid == own);
        let micros = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        Self { socket, patience: micros.filter(|_| is_ours).map(Duration::from_micros) }
    }

    /// How often the service manager wants to hear that the daemon lives.
    pub fn beat(&self) -> Option<Duration> {
        self.patience.map(|patience| patience / 3)
    }

    /// The daemon takes part, with this to say for people.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// The daemon lives.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// How the daemon does, for people.
    pub fn status(&self, status: &str) {
        self.send(&format!("STATUS={status}"));
    }

    /// The daemon is about to end, and may need this long for it.
    pub fn stopping(&self, time: Duration) {
        self.send(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}", time.as_micros()));
    }

    fn send(&self, text: &str) {
        if let Some((socket, manager)) = &self.socket {
            // A service manager that does not listen has nothing to be told.
            let _ = socket.send_to_addr(text.as_bytes(), manager);
        }
    }
}

fn connect(name: &str) -> io::Result<(UnixDatagram, SocketAddr)> {
    let manager = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, manager))
}
