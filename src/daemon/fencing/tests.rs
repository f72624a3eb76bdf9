#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::diagnostic::Sources;
use crate::manifest;
use crate::model::{Agent, Primitive, Resource};

/// Writes down what it is asked; fails for the devices that are listed in a file.
const AGENT: &str = r#"#!/bin/sh
while read -r line; do case $line in *=*) eval "${line%%=*}='${line#*=}'" ;; esac; done
[ "$action" != metadata ] || { echo '<resource-agent name="fence_file"><parameters><parameter name="plug"/></parameters></resource-agent>'; exit 0; }
[ "$action" != list ] || { echo "7,n7"; exit 0; }
echo "$device $action $plug" >>"$world/calls"
! grep -qs "^$device$" "$world/broken" || { echo "no answer${passwd:+ to $passwd}${owner:+ of $owner}" >&2; exit 1; }
"#;

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let agent = dir.path().join("fence_file");
        std::fs::write(&agent, AGENT).unwrap();
        std::fs::set_permissions(agent, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self(dir)
    }

    /// Fences a node of a cluster with these devices and levels.
    async fn fence(&self, target: &str, task: Task, devices: &[(&str, &str)], levels: &str) -> ActionResult {
        let world = self.0.path().display();
        let resources: Vec<String> = devices
            .iter()
            .map(|(name, params)| {
                format!(
                    "  {name}:\n    agent: stonith:fence_file\n    params: {{world: {world}, device: {name}{params}}}\n"
                )
            })
            .collect();
        let text = format!(
            "apiVersion: quorate/v1\nkind: Cluster\nname: t\nnodes: {{n1: {{}}, n7: {{}}}}\nresources:\n{}{levels}",
            resources.concat()
        );
        let mut sources = Sources::default();
        sources.add("test.yaml", text);
        let reading = manifest::read(&sources);
        let cluster = reading.manifest.unwrap_or_else(|| unreachable!("{:?}", reading.diagnostics)).cluster;
        self.fence_with(cluster, target, task).await
    }

    async fn fence_with(&self, cluster: Cluster, target: &str, task: Task) -> ActionResult {
        let site = Installation { fence_dir: self.0.path().to_owned(), ..Installation::default() };
        let fencer = Fencer::new(site, Secrets::new(self.0.path().join("secrets")), Arc::new(cluster));
        let mut action = Action::new(task, "unused", NodeName::from(target));
        action.resource = None;
        fencer.perform(&action).await
    }

    fn called(&self) -> String {
        let text = std::fs::read_to_string(self.0.path().join("calls")).unwrap_or_default();
        text.lines().collect::<Vec<_>>().join(", ")
    }

    fn break_device(&self, name: &str) {
        std::fs::write(self.0.path().join("broken"), format!("{name}\n")).unwrap();
    }
}

#[tokio::test]
async fn what_a_failing_device_says_of_its_password_is_not_told() {
    let world = World::new();
    world.break_device("a");
    let result =
        world.fence("n1", Task::FenceReboot, &[("a", ", pcmk_host_list: n1, passwd: HUNTER2")], "").await;
    assert!(
        result.exit_reason.is_some_and(|why| why.contains("no answer to ***") && !why.contains("HUNTER2"))
    );
}

#[tokio::test]
async fn what_a_failing_device_says_of_a_secret_under_any_name_is_not_told() {
    let world = World::new();
    world.break_device("a");
    let folder = world.0.path().join("secrets");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("s"), "HUNTER2\n").unwrap();
    std::fs::set_permissions(folder.join("s"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let device = [("a", ", pcmk_host_list: n1, owner: {secret: s}")];
    let told = world.fence("n1", Task::FenceReboot, &device, "secrets: {s: {file: /x}}\n").await.exit_reason;
    assert_eq!(told.as_deref(), Some("a: reboot failed: no answer of ***"));
}

#[tokio::test]
async fn a_device_that_knows_the_target_is_used_under_its_own_name_for_it() {
    let world = World::new();
    let devices = [("a", ", pcmk_host_list: n7"), ("b", ", pcmk_host_map: 'n1:4'")];
    let result = world.fence("n1", Task::FenceReboot, &devices, "").await;
    assert_eq!((result.rc, world.called().as_str()), (ResultCode::OK, "b reboot 4"));
}

#[tokio::test]
async fn without_a_list_the_device_is_asked_for_its_targets() {
    let world = World::new();
    assert_eq!(world.fence("n7", Task::FenceOff, &[("a", "")], "").await.rc, ResultCode::OK);
    assert_eq!(world.called(), "a off n7");
    let result = world.fence("n1", Task::FenceOff, &[("a", "")], "").await;
    assert_eq!(result.status, ResultStatus::NoFenceDevice);
}

#[tokio::test]
async fn a_level_that_fails_gives_way_to_the_next() {
    let world = World::new();
    world.break_device("a");
    let devices = [("a", ", pcmk_host_list: n1, pcmk_off_retries: 1"), ("b", ", pcmk_host_list: n1")];
    let levels = "fencing:\n  - {target: n1, levels: [[a], [b]]}\n";
    let result = world.fence("n1", Task::FenceOff, &devices, levels).await;
    assert_eq!((result.rc, world.called().as_str()), (ResultCode::OK, "a off n1, b off n1"));
    world.break_device("b");
    let alone = [("b", ", pcmk_host_list: n1")];
    let result = world.fence("n1", Task::FenceOff, &alone, "").await;
    assert_eq!(result.exit_reason.as_deref(), Some("b: off failed: no answer"));
}

#[tokio::test]
async fn a_reboot_by_two_power_supplies_is_both_off_then_both_on() {
    let world = World::new();
    let devices = [("a", ", pcmk_host_list: n1"), ("b", ", pcmk_host_list: n1")];
    let levels = "fencing:\n  - {target: n1, levels: [[a, b]]}\n";
    assert_eq!(world.fence("n1", Task::FenceReboot, &devices, levels).await.rc, ResultCode::OK);
    assert_eq!(world.called(), "a off n1, b off n1, a on n1, b on n1");
}

#[tokio::test]
async fn a_node_is_let_in_by_all_devices_that_insist_on_it_and_by_no_other() {
    let world = World::new();
    let insists =
        |plug: &str| format!(", pcmk_host_list: n1, plug: {plug}}}\n    meta: {{provides: unfencing");
    let (a, c) = (insists("4"), insists("5"));
    let devices = [("a", a.as_str()), ("b", ", pcmk_host_list: n1"), ("c", c.as_str())];
    assert_eq!(world.fence("n1", Task::FenceOn, &devices, "").await.rc, ResultCode::OK);
    assert_eq!(world.called(), "a on n1, c on n1");
    world.break_device("c");
    assert_eq!(world.fence("n1", Task::FenceOn, &devices, "").await.rc, ResultCode::ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_no_device_can_fence_is_down_by_its_own_watchdog_where_that_is_relied_on() {
    let world = World::new();
    let unknown = [("a", ", pcmk_host_list: n7")];
    let result =
        world.fence("n1", Task::FenceOff, &unknown, "properties: {stonith-watchdog-timeout: 12s}\n").await;
    assert_eq!((result.rc, result.took.as_secs()), (ResultCode::OK, 12));
    let result = world.fence("n1", Task::FenceOff, &unknown, "").await;
    assert_eq!(result.status, ResultStatus::NoFenceDevice);
}

#[tokio::test]
async fn a_device_whose_options_cannot_be_read_is_in_trouble_and_no_watchdog_is_taken_for_it() {
    let world = World::new();
    let agent = Agent::parse("stonith:fence_file").unwrap_or_else(|| unreachable!());
    let mut device = Primitive::new("a", agent);
    let said = world.0.path().display().to_string();
    let params =
        [("world", said.as_str()), ("device", "a"), ("pcmk_host_list", "n1"), ("pcmk_delay_max", "soon")];
    device.params.push(OptionSet::of(params));
    let cluster = Cluster {
        resources: vec![Resource::Primitive(device)],
        properties: vec![OptionSet::of([("fencing-watchdog-timeout", "1s")])],
        ..Cluster::default()
    };
    let result = world.fence_with(cluster, "n1", Task::FenceOff).await;
    assert_eq!((result.rc, result.status), (ResultCode::ERROR, ResultStatus::Error));
    let why = result.exit_reason.unwrap();
    assert!(why.contains("a: `pcmk_delay_max` is `soon`"), "{why}");
    assert_eq!(world.called(), "");
}
