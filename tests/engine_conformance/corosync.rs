//! The engine of real clusters as a subject: a daemon in this process, spoken to through its socket.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use quorate::cluster::Leave;
use quorate::engine::corosync::Corosync;
use quorate::engine::{Engine, EngineError};
use quorate::model::Agent;
use quorate::status::ResultCode;

use crate::daemon::{Running, agent, engine, settled};
use crate::subject::{Log, Subject};

/// A daemon with everything in a directory of its own.
pub(crate) struct OnCorosync {
    engine: Corosync,
    daemon: Running,
    dir: tempfile::TempDir,
}

impl OnCorosync {
    fn state(&self, resource: &str) -> PathBuf {
        self.dir.path().join(resource)
    }

    fn answer(&self, resource: &str, operation: &str) -> PathBuf {
        self.dir.path().join(format!("{resource}.force-{operation}"))
    }

    fn open(dir: tempfile::TempDir) -> Self {
        let daemon = Running::start(dir.path());
        let path = dir.path().to_owned();
        // On a thread of its own: cases begin inside a runtime that must not be blocked on.
        let waiting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(settled(&mut engine(&path)));
        });
        waiting.join().unwrap();
        Self { engine: engine(dir.path()), daemon, dir }
    }
}

impl Subject for OnCorosync {
    fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn engine(&mut self) -> &mut dyn Engine {
        &mut self.engine
    }

    fn node(&self) -> String {
        "node1".to_owned()
    }

    fn agent(&self) -> Agent {
        agent()
    }

    fn params(&self, resource: &str) -> Vec<(String, String)> {
        vec![("state".to_owned(), self.state(resource).display().to_string())]
    }

    fn force(&mut self, resource: &str, operation: &str, rc: ResultCode) {
        fs::write(self.answer(resource, operation), rc.0.to_string()).unwrap();
    }

    fn release(&mut self, resource: &str) {
        for operation in ["start", "stop", "monitor"] {
            // Most operations had nothing forced upon them.
            let _ = fs::remove_file(self.answer(resource, operation));
        }
    }

    fn kill(&mut self, resource: &str) {
        fs::remove_file(self.state(resource)).unwrap();
    }

    /// The daemon runs them by itself: what they find is waited for, and what follows from it.
    async fn let_monitors_run(&mut self, log: &mut Log) -> Result<(), EngineError> {
        self.engine.rest(Duration::from_secs(60), &mut |event| log.0.push(event)).await?;
        self.engine.converge(&mut |event| log.0.push(event)).await.map(drop)
    }

    fn reopen(self) -> Self {
        let Self { engine, mut daemon, dir } = self;
        drop(engine);
        daemon.end(Leave::Detached);
        Self::open(dir)
    }
}
