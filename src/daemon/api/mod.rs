//! The API of a daemon: HTTP and JSON on a socket of this host. Its words are those of [`crate::api`].
//!
//! Only the superuser, or whoever the daemon runs as, may change anything. Members of the readers'
//! group, where there is one, may look. Everybody else cannot open the socket.

mod access;
mod answer;
mod history;
mod routes;
mod stream;
mod tape;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

use super::{DaemonError, Door};
use crate::cluster::Event;
use access::{Caller, Socket};
use history::History;
use tape::Tape;

/// Where the API is, and who may read there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The socket.
    pub socket: PathBuf,
    /// The group whose members may look, if any.
    pub readers: Option<String>,
    /// Keeps what happened.
    pub history: PathBuf,
}

/// A listening API.
#[derive(Debug)]
pub struct Api {
    listener: UnixListener,
    socket: Socket,
    door: Door,
    history: Arc<History>,
    events: Receiver<Arc<Event>>,
}

/// What requests are answered from.
#[derive(Debug, Clone)]
struct Desk {
    door: Door,
    tape: Arc<Tape>,
    history: Arc<History>,
    end: CancellationToken,
}

impl Api {
    /// How long requests under way may take at the end.
    const LAST_ORDERS: Duration = Duration::from_secs(2);

    /// Begins to listen. Must be called within a runtime.
    ///
    /// # Errors
    /// When the socket cannot be made: another daemon listens there, or the group does not exist.
    pub fn open(place: &Place, door: Door) -> Result<Self, DaemonError> {
        let (socket, listener) = Socket::open(&place.socket, place.readers.as_deref())?;
        let history = Arc::new(History::open(&place.history)?);
        // From the beginning: the daemon does not run yet.
        let events = door.events();
        Ok(Self { listener, socket, door, history, events })
    }

    /// Answers until `end` is cancelled; then streams end and the socket goes.
    pub async fn serve(self, end: CancellationToken) {
        let tape = Arc::new(Tape::default());
        let desk = Desk {
            door: self.door.clone(),
            tape: Arc::clone(&tape),
            history: Arc::clone(&self.history),
            end: end.clone(),
        };
        let app = routes::all(desk).into_make_service_with_connect_info::<Caller>();
        let server = axum::serve(self.listener, app).with_graceful_shutdown({
            let end = end.clone();
            async move { end.cancelled().await }
        });
        let recording = tape.record(self.events, &self.history);
        let finish = async {
            end.cancelled().await;
            #[expect(clippy::disallowed_methods, reason = "requests are given a moment to end")]
            tokio::time::sleep(Self::LAST_ORDERS).await;
        };
        tokio::select! {
            served = server.into_future() => {
                if let Err(error) = served {
                    tracing::error!(%error, "the API has ended");
                }
            }
            () = recording => {}
            () = finish => {}
        }
        drop(self.socket);
    }
}
