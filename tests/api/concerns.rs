//! Claims about what a daemon tells of a cluster that is not as it should be, to people and to machines.

use std::fs;
use std::time::Instant;

use serde_json::Value;

use crate::{Host, PATIENCE};

impl Host {
    /// Waits until what monitoring is told begins like this.
    fn until_check(&self, beginning: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let (line, _) = self.run("status --check");
            if line.starts_with(beginning) {
                return line;
            }
            assert!(Instant::now() < until, "{line}");
        }
    }
}

#[test]
fn a_degraded_service_is_seen_everywhere_and_well_again_with_its_next_monitor() {
    let host = Host::new();
    host.must("apply --auto-approve");
    fs::write(host.path("A.force-monitor"), "190").unwrap();
    let line = host.until_check("QUORATE WARNING");
    assert!(line.contains("A on node1 is degraded"), "{line}");
    assert!(host.must("status").contains("Started on node1  (degraded)"));
    let history = host.must("history");
    assert!(history.contains("ok      monitor A on node1  degraded"), "{history}");
    let metrics = host.get("/metrics").1;
    let degraded = metrics.lines().filter(|line| line.contains("status=\"degraded\""));
    assert_eq!(degraded.filter(|line| line.contains("resource=\"A\"")).count(), 1, "{metrics}");
    assert_eq!(host.get("/v1/resources/A").0, 200, "it counts as running");
    fs::remove_file(host.path("A.force-monitor")).unwrap();
    host.until_check("QUORATE OK");
    let calls = host.must("history");
    assert_eq!(calls.matches("start A on node1").count(), 1, "it ran on: {calls}");
}

#[test]
fn what_an_interrupted_prune_has_left_is_said_until_another_one_deletes_it() {
    let host = Host::new();
    host.must("apply --auto-approve");
    host.wants(&[]);
    for resource in ["A", "B"] {
        fs::write(host.path(resource).with_extension("hold-stop"), "").unwrap();
    }
    let (text, code) = host.run("apply --prune --auto-approve --allow stop --timeout 1s");
    assert_eq!(code, Some(124), "{text}");
    for resource in ["A", "B"] {
        fs::remove_file(host.path(resource).with_extension("hold-stop")).unwrap();
    }
    while host.is_up("A") || host.is_up("B") {
        std::thread::yield_now();
    }
    let line = host.until_check("QUORATE WARNING - Progressing, Synced: told to stop by an `apply --prune`");
    assert!(line.ends_with("and not deleted yet: A, B\n"), "{line}");
    let applied = host.must("apply --auto-approve");
    assert!(applied.contains("Told to stop by an `apply --prune` that was cut off"), "{applied}");
    assert!(applied.contains("Nothing to do but to go on"), "{applied}");
    host.must("apply --prune --auto-approve --allow stop");
    host.until_check("QUORATE OK");
}

#[test]
fn attributes_last_or_end_with_the_node_and_are_bounded() {
    let host = Host::new();
    host.must("node attribute set node1 rack r7");
    host.must("node attribute set node1 pingd 100 --until-reboot");
    let list = host.must("node attribute list node1 -o json");
    let list: Value = serde_json::from_str(&list).unwrap();
    let keeps: Vec<&str> =
        list.as_array().unwrap().iter().map(|known| known["keep"].as_str().unwrap()).collect();
    assert_eq!(keeps, ["until-reboot", "lasting"]);
    let long = "x".repeat(5000);
    let (text, code) = host.run(&format!("node attribute set node1 rack {long}"));
    assert!(code == Some(64) && text.contains("at most 4096 bytes"), "{text}");
    let set = |number: u32| {
        format!(
            "{{\"attribute\": {{\"node\": \"node1\", \"name\": \"a{number}\", \"value\": \"x\", \"lifetime\": \"forever\"}}}}"
        )
    };
    for number in 0..199 {
        let (status, answer) = host.post("/v1/changes", &set(number));
        assert_eq!(status, 200, "{answer}");
    }
    let (status, answer) = host.post("/v1/changes", &set(199));
    assert_eq!((status, answer["code"].as_str()), (422, Some("refused")), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("200 lasting attributes already"), "{answer}");
    host.must("node attribute set node1 rack r8");
    host.must("node attribute delete node1 rack");
}
