//! Units that leave the state `active`, as soon as systemd says so.

use super::bus::{Bus, Changes, decode};
use super::is_active;

/// Units that leave the state `active`, as soon as systemd says so.
pub struct Departures(Changes);

impl Departures {
    /// Listens from now on, on a connection of its own.
    ///
    /// # Errors
    /// Why systemd cannot be listened to.
    pub async fn open(bus: &Bus) -> Result<Self, String> {
        let listen = async { bus.connect().await?.changes().await };
        listen.await.map(Self).map_err(|error: zbus::Error| error.to_string())
    }

    /// The next unit that is not active any more, by its whole name; `None` when systemd cannot be
    /// listened to any longer. May be dropped without losing one.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let (unit, state) = self.0.next().await?;
            if state.is_some_and(|state| !is_active(&state)) {
                return Some(decode(&unit));
            }
        }
    }
}

impl std::fmt::Debug for Departures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Departures")
    }
}
