//! Whatever is asked of a daemon through its API: it is understood or refused, and once it is in force
//! the daemon goes on.

use quorate::api::DecisionId;
use quorate::cluster::{Change, Input, Record, Request, RequestId};

use super::message::{daemon, run};

const NOW: i64 = 1_700_000_100_000;

pub(crate) fn check(input: &[u8]) {
    let mut node = daemon(None, Record::default());
    for (id, body) in (0..).map(RequestId).zip(input.split(|byte| *byte == b'\n')) {
        if let Ok(id) = std::str::from_utf8(body) {
            let _ = id.parse::<DecisionId>();
        }
        let Ok(change) = serde_json::from_slice::<Change>(body) else { continue };
        run(&mut node, NOW, vec![Input::Request { id, request: Request::Change(Box::new(change)) }]);
    }
}
