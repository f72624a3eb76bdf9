//! The simulated engine as a subject.

use quorate::engine::simulated::{Answer, Injection, Repeat, Simulated};
use quorate::engine::{Engine, EngineError};
use quorate::model::{Agent, ResourceId};
use quorate::status::ResultCode;

use crate::subject::{Log, Subject};

/// A simulated engine in a directory of its own.
pub(crate) struct OnSimulated {
    engine: Simulated,
    dir: tempfile::TempDir,
}

impl Subject for OnSimulated {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { engine: Simulated::open(dir.path()).unwrap(), dir }
    }

    fn engine(&mut self) -> &mut dyn Engine {
        &mut self.engine
    }

    fn node(&self) -> String {
        "node1".to_owned()
    }

    fn agent(&self) -> Agent {
        Agent::parse("ocf:pacemaker:Dummy").unwrap()
    }

    fn params(&self, _resource: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    fn force(&mut self, resource: &str, operation: &str, rc: ResultCode) {
        let injection = Injection {
            resource: ResourceId::new(resource),
            node: None,
            operation: operation.into(),
            answer: Answer::Code(rc),
            repeat: Repeat::Always,
        };
        self.engine.inject(injection).unwrap();
    }

    fn release(&mut self, resource: &str) {
        self.engine.clear_injections(Some(&ResourceId::new(resource))).unwrap();
    }

    fn kill(&mut self, resource: &str) {
        self.engine.fail_resource(&ResourceId::new(resource), None).unwrap();
    }

    async fn let_monitors_run(&mut self, log: &mut Log) -> Result<(), EngineError> {
        self.engine.settle(&mut |event| log.0.push(event)).await.map(drop)
    }

    fn reopen(self) -> Self {
        let Self { engine, dir } = self;
        drop(engine);
        Self { engine: Simulated::open(dir.path()).unwrap(), dir }
    }
}
