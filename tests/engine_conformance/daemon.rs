//! A daemon of one node in this process, on a thread of its own, with its API on a socket.

use std::path::Path;
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use quorate::agent::Installation;
use quorate::cluster::{Leave, Request};
use quorate::daemon::api::{Api, Place};
use quorate::daemon::group::in_process::Room;
use quorate::daemon::{Daemon, Notice, Setup};
use quorate::engine::corosync::{Corosync, Link};
use quorate::model::{Agent, NodeName};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

/// A running daemon.
pub(crate) struct Running {
    leave: UnboundedSender<Leave>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts the daemon of `node1`, which keeps everything in `dir`. Its agents are those of the tests.
    pub(crate) fn start(dir: &Path) -> Self {
        let (leave, mut leaving) = unbounded_channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let dir = dir.to_owned();
        let thread = spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let agents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/ocf");
                let setup = Setup {
                    node: NodeName::new("node1"),
                    state_dir: dir.join("data"),
                    run_dir: dir.join("run"),
                    secrets: dir.join("secrets"),
                    manifest: None,
                    site: Installation { ocf_root: agents, ..Installation::default() },
                    jobs: None,
                    return_grace: None,
                    safety: Default::default(),
                };
                let seat = Room::new(&["node1"]).enter("node1").unwrap();
                let (daemon, door) = Daemon::new(setup, seat, Notice::default()).unwrap();
                let place =
                    Place { socket: dir.join("socket"), readers: None, history: dir.join("data/history") };
                let api = Api::open(&place, door.clone()).unwrap();
                let end = CancellationToken::new();
                let serving = tokio::spawn(api.serve(end.clone()));
                ready.send(()).unwrap();
                tokio::spawn(async move {
                    if let Some(leave) = leaving.recv().await {
                        // The daemon ends by itself when it may.
                        let _ = door.request(Request::Leave(leave)).await;
                    }
                    std::future::pending::<()>().await;
                });
                daemon.run(std::future::pending()).await.unwrap();
                end.cancel();
                serving.await.unwrap();
            });
            runtime.shutdown_timeout(Duration::from_secs(1));
        });
        is_ready.recv().unwrap();
        Self { leave, thread: Some(thread) }
    }

    /// Lets it leave, and waits until it has.
    pub(crate) fn end(&mut self, how: Leave) {
        // One that has ended hears nothing.
        let _ = self.leave.send(how);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end(Leave::Detached);
        }
    }
}

/// Speaks to the daemon in `dir`, once it takes part in its cluster.
pub(crate) fn engine(dir: &Path) -> Corosync {
    Corosync::new(Link::Socket(dir.join("socket")))
}

/// Waits until the daemon takes part in its cluster and has quorum.
pub(crate) async fn settled(engine: &mut Corosync) {
    for _ in 0..500 {
        let sighting = engine.sight().await.unwrap();
        if sighting.is_settled && sighting.status.has_quorum {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("the daemon found no cluster");
}

/// The agent whose service is a file.
pub(crate) fn agent() -> Agent {
    Agent::parse("ocf:test:service").unwrap()
}
