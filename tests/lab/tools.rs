//! Agents that speak to the cluster: promotion scores, node attributes.

use std::fs;

use crate::host::Host;
use crate::lab::Lab;
use crate::members::{PATIENCE, WORK, bring_up, form, holder, holders, is_working, other};

const DATABASE: &str = "resources:
  Database:
    agent: ocf:pacemaker:Stateful
    ops: [{name: monitor, interval: 3s, role: Promoted}, {name: monitor, interval: 4s, role: Unpromoted}]
  Databases: {clone: Database, meta: {promotable: true, notify: true}}
";

const REACH: &str = "  Reach:
    agent: ocf:pacemaker:ping
    params: {host_list: 192.168.125.50, dampen: 1s, multiplier: 100, attempts: 1, timeout: 1, debug: false}
    ops: [{name: monitor, interval: 2s}]
  Reaches: {clone: Reach}
constraints:
  location: [{resource: Alone, rule: not defined pingd or pingd lte 0, score: -INFINITY}]
";

/// The role that a host's `Stateful` has, by its own file.
fn role(host: &Host) -> Option<String> {
    let run = host.is_on().then(|| host.path("/run"))?;
    let folders = fs::read_dir(&run).ok()?.flatten().map(|entry| entry.path()).chain([run]);
    let mut files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let file = files.find(|file| file.file_name().to_string_lossy().starts_with("Stateful-Database"))?;
    Some(fs::read_to_string(file.path()).ok()?.trim().to_lowercase())
}

/// The hosts where it is promoted.
fn promoted(lab: &Lab) -> Vec<&Host> {
    let is_promoted = |host: &&Host| role(host).is_some_and(|role| role == "master" || role == "promoted");
    lab.hosts().iter().filter(is_promoted).collect()
}

#[test]
fn a_promoted_database_is_replaced_by_the_other_when_its_host_dies() {
    Lab::of(2).test(|lab| {
        form(lab, DATABASE);
        let both = || lab.hosts().iter().all(|host| role(host).is_some());
        lab.until("both databases", PATIENCE, || both() && promoted(lab).len() == 1);
        lab.settle();
        let dead = promoted(lab)[0];
        let heir = other(lab, dead);
        dead.crash();
        lab.until("the other's promotion", PATIENCE, || {
            promoted(lab).iter().map(|host| &host.name).collect::<Vec<_>>() == [&heir.name]
        });
        dead.boot();
        bring_up(lab);
        lab.until("both databases", PATIENCE, both);
        lab.settle();
        assert_eq!(promoted(lab).len(), 1);

        // A score of its own choice moves the role, as tools of databases do.
        let heir = other(lab, promoted(lab)[0]);
        heir.run("export PATH=/run/quorate/tools:$PATH OCF_RESOURCE_INSTANCE=Database QUORATE_AGENT_SOCKET=/run/quorate/agents.sock; crm_attribute -N $(hostname) -n master-Database -l reboot -v 1000");
        lab.until("the promotion of the better one", PATIENCE, || {
            promoted(lab).iter().map(|host| &host.name).collect::<Vec<_>>() == [&heir.name]
        });
    });
}

#[test]
fn a_service_leaves_a_host_that_does_not_reach_the_world() {
    Lab::of(2).test(|lab| {
        form(lab, &format!("{WORK}{REACH}"));
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();
        let home = holder(lab, "Alone");
        let away = other(lab, home);
        home.run("ip neighbour replace 192.168.125.50 lladdr 02:00:00:00:00:fe nud permanent dev eth0");
        lab.until("the service elsewhere", PATIENCE, || holders(lab, "Alone") == [away.name.as_str()]);
        home.run("ip neighbour del 192.168.125.50 dev eth0");
        lab.settle();
        assert_eq!(holders(lab, "Alone"), [away.name.as_str()], "stickiness keeps it where it is");
    });
}
