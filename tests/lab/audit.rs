//! What must hold after every test, whatever it did.

use crate::host::Host;
use crate::lab::Lab;
use crate::members::{ADDRESS, LOG};

/// Where a daemon keeps the desired state.
const DESIRED: &str = "/var/lib/quorate/cluster.json";

/// Runs all audits; panics with all that is wrong.
pub(crate) fn all(lab: &Lab) {
    let mut faults: Vec<String> = lab.hosts_on().flat_map(|host| logs(host, lab)).collect();
    let members: Vec<&Host> = lab.hosts_on().filter(|host| !host.processes("quorate").is_empty()).collect();
    faults.extend(lab.hosts_on().filter(|host| host.processes("quorate").is_empty()).flat_map(leftovers));
    faults.extend(same("the desired state", &members, |host| {
        host.run(&format!("cat {DESIRED} 2>&1 | sha256sum"))
    }));
    faults.extend(same("the controller", &members, controller));
    faults.extend(site(lab));
    assert!(faults.is_empty(), "audits:\n{}", faults.join("\n"));
}

/// What logs must not say.
fn logs(host: &Host, lab: &Lab) -> Vec<String> {
    let corosync = host.read("/var/log/corosync/corosync.log");
    let daemon = host.read(LOG);
    let bad = corosync
        .lines()
        .filter(|line| [" crit ", " alert ", " emerg "].iter().any(|level| line.contains(level)));
    let errors = daemon.lines().filter(|line| line.contains("ERROR") || line.contains("panicked"));
    bad.chain(errors)
        .filter(|line| !lab.is_expected(line))
        .map(|line| format!("{}: {line}", host.name))
        .collect()
}

/// What a host must not have while no daemon runs there.
fn leftovers(host: &Host) -> Vec<String> {
    let mut faults = Vec::new();
    if host.has_address(ADDRESS) {
        faults.push(format!("{}: no daemon runs, but the address is here", host.name));
    }
    let is_known =
        |name: &str| ["bash", "sleep", "sshd", "corosync", "apache2", "quorate-guard"].contains(&name);
    let unknown = host.all_processes().into_iter().filter(|(_, name)| !is_known(name));
    let is_plain = host.init == crate::host::Init::Plain;
    faults.extend(
        unknown.filter(|_| is_plain).map(|(pid, name)| format!("{}: {name} ({pid}) is left over", host.name)),
    );
    faults
}

/// Members that are to agree, and do not.
fn same(what: &str, members: &[&Host], ask: impl Fn(&Host) -> String) -> Option<String> {
    let answers: Vec<(&str, String)> = members.iter().map(|host| (host.name.as_str(), ask(host))).collect();
    let differs = answers.windows(2).any(|pair| pair[0].1 != pair[1].1);
    differs.then(|| format!("members do not agree on {what}: {answers:?}"))
}

/// Whom a member last took for the controller.
fn controller(host: &Host) -> String {
    let log = host.read(LOG);
    let last = log.lines().rfind(|line| line.contains("members agree dc=")).unwrap_or_default();
    last.split_whitespace().find(|word| word.contains("dc=")).unwrap_or_default().to_owned()
}

/// The site, where there is one: its address at one place, and its server there and nowhere else.
fn site(lab: &Lab) -> Vec<String> {
    let has_site = lab.client().read("/tmp/cluster.yaml").contains("WebSite");
    if !has_site {
        return Vec::new();
    }
    let names = |has: &dyn Fn(&Host) -> bool| -> Vec<String> {
        lab.hosts_on().filter(|host| has(host)).map(|host| host.name.clone()).collect()
    };
    let address = names(&|host| host.has_address(ADDRESS));
    let server = names(&|host| !host.processes("apache2").is_empty());
    let mut faults = Vec::new();
    if address.len() != 1 {
        faults.push(format!("the address is at {address:?}"));
    }
    if server != address {
        faults.push(format!("the server is at {server:?}, its address at {address:?}"));
    }
    faults
}
