//! What must hold after every test, whatever it did.

mod agreement;
mod services;
#[cfg(test)]
mod tests;

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::host::{Host, Init};
use crate::journal;
use crate::lab::Lab;
use crate::members::{ADDRESS, LOG};

/// What may run on a host without systemd beside the daemon: its first process, sshd, corosync with what
/// belongs to it, and the services of tests.
const KNOWN: [&str; 11] = [
    "bash",
    "sleep",
    "sshd",
    "corosync",
    "apache2",
    "corosync-qdevic",
    "corosync-qnetd",
    "ping",
    "quorate",
    "quorate-guard",
    "quorate-letgo",
];
/// How long the cluster may take to come to rest after a test.
const REST: Duration = Duration::from_secs(30);

/// Runs all audits; panics with all that is wrong. What is still being done gets the time to be done.
pub(crate) fn all(lab: &Lab) {
    let start = Instant::now();
    loop {
        let faults = faults(lab);
        if faults.is_empty() {
            return;
        }
        assert!(start.elapsed() < REST, "audits:\n{}", faults.join("\n"));
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// All that is wrong now, and that the test did not announce.
pub(crate) fn faults(lab: &Lab) -> Vec<String> {
    let mut faults = past(lab);
    faults.extend(lab.hosts_on().flat_map(leftovers));
    let members: Vec<&Host> = lab.hosts_on().filter(|host| !host.processes("quorate").is_empty()).collect();
    faults.extend(agreement::faults(&members));
    faults.extend(services::faults(lab, &members));
    faults.retain(|fault| !lab.is_expected(fault));
    faults
}

/// What has gone wrong once, and cannot be put right any more.
fn past(lab: &Lab) -> Vec<String> {
    let mut faults: Vec<String> = lab.hosts().iter().flat_map(logs).collect();
    faults.extend(journal::faults(&journal::entries(lab.room())));
    faults.extend(lab.overlaps());
    faults
}

/// What logs must not say; also those of hosts that are off.
fn logs(host: &Host) -> Vec<String> {
    let corosync = host.kept("/var/log/corosync/corosync.log");
    let daemon = host.kept(LOG);
    let bad = corosync
        .lines()
        .filter(|line| [" crit ", " alert ", " emerg "].iter().any(|level| line.contains(level)));
    let errors = daemon.lines().filter(|line| line.contains("ERROR") || line.contains("panicked"));
    bad.chain(errors).map(|line| format!("{}: {line}", host.name)).collect()
}

/// What a host must not have: processes that nobody knows, and where no daemon runs, what a daemon leaves
/// clean.
fn leftovers(host: &Host) -> Vec<String> {
    let mut faults = Vec::new();
    if host.init != Init::Plain {
        return faults;
    }
    // Agents of recurring monitors come and go: only who stays is left over.
    let unknown = || host.all_processes().into_iter().filter(|(_, name)| !KNOWN.contains(&name.as_str()));
    let before: Vec<(u32, String)> = unknown().collect();
    if !before.is_empty() {
        std::thread::sleep(Duration::from_secs(1));
    }
    let stayed = before.into_iter().filter(|one| unknown().any(|now| now == *one));
    faults.extend(stayed.map(|(pid, name)| format!("{}: {name} ({pid}) is left over", host.name)));
    if host.processes("quorate").is_empty() {
        if host.has_address(ADDRESS) {
            faults.push(format!("{}: no daemon runs, but the address is here", host.name));
        }
        if !host.processes("apache2").is_empty() && lab_site_is_known(host) {
            faults.push(format!("{}: no daemon runs, but the server does", host.name));
        }
        for socket in [quorate::api::SOCKET, "/run/quorate/agents.sock"] {
            if UnixStream::connect(host.path(socket)).is_ok() {
                faults.push(format!("{}: no daemon runs, but {socket} is served", host.name));
            }
        }
        for service in services::marked(host) {
            faults.push(format!("{}: no daemon runs, but {service} does", host.name));
        }
    }
    faults
}

/// Whether the host was ever a member of a cluster with the site.
fn lab_site_is_known(host: &Host) -> bool {
    host.kept("/var/lib/quorate/cluster.json").contains("WebSite")
}
