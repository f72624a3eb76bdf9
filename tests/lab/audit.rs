//! What must hold after every test, whatever it did.

use crate::host::Host;
use crate::lab::Lab;

/// Runs all audits; panics with all that is wrong.
pub(crate) fn all(lab: &Lab) {
    let faults: Vec<String> = lab.hosts_on().flat_map(faults_of).collect();
    assert!(faults.is_empty(), "audits:\n{}", faults.join("\n"));
}

fn faults_of(host: &Host) -> Vec<String> {
    let mut faults = Vec::new();
    for line in host.read("/var/log/corosync/corosync.log").lines() {
        if line.contains(" crit ") || line.contains(" alert ") || line.contains(" emerg ") {
            faults.push(format!("{}: corosync says {line}", host.name));
        }
    }
    faults
}
