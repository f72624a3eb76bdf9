//! The local engine as a subject: real processes, of an agent whose service is a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quorate::agent::Installation;
use quorate::engine::converge::Bounds;
use quorate::engine::local::{Folders, Local};
use quorate::engine::{Engine, EngineError};
use quorate::model::{Agent, NodeName};
use quorate::status::ResultCode;

use crate::subject::{Log, Subject};

/// A local engine in a directory of its own.
pub(crate) struct OnLocal {
    engine: Local,
    dir: tempfile::TempDir,
}

impl OnLocal {
    fn open(dir: &Path) -> Local {
        let agents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents/ocf");
        let site = Installation { ocf_root: agents, ..Installation::default() };
        let mut engine = Local::open_as(NodeName::new("node1"), &Folders::within(dir), site).unwrap();
        engine.set_bounds(Bounds { pause: Duration::from_millis(1), ..Bounds::default() });
        engine
    }

    /// The file that a resource is.
    fn state(&self, resource: &str) -> PathBuf {
        self.dir.path().join(resource)
    }

    /// What is forced upon an operation of a resource.
    fn answer(&self, resource: &str, operation: &str) -> PathBuf {
        self.dir.path().join(format!("{resource}.force-{operation}"))
    }
}

impl Subject for OnLocal {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { engine: Self::open(dir.path()), dir }
    }

    fn engine(&mut self) -> &mut dyn Engine {
        &mut self.engine
    }

    fn node(&self) -> String {
        "node1".to_owned()
    }

    fn agent(&self) -> Agent {
        Agent::parse("ocf:test:service").unwrap()
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

    /// Makes every monitor due, as if the engine had slept.
    async fn let_monitors_run(&mut self, log: &mut Log) -> Result<(), EngineError> {
        let path = self.dir.path().join("live.json");
        let mut live: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for monitor in live["monitors"].as_array_mut().unwrap() {
            monitor["due"] = 0.into();
        }
        fs::write(&path, live.to_string()).unwrap();
        self.engine.converge(&mut |event| log.0.push(event)).await.map(drop)
    }

    fn reopen(self) -> Self {
        let Self { engine, dir } = self;
        drop(engine);
        Self { engine: Self::open(dir.path()), dir }
    }
}
