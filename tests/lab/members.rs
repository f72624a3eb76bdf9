//! Hosts as members of a running cluster: manifests, daemons and what they say.

use std::time::Duration;

use crate::host::Host;
use crate::lab::Lab;

/// Where the address of the story is.
pub(crate) const ADDRESS: &str = "192.168.125.10";
/// The log of a daemon that no systemd started.
pub(crate) const LOG: &str = "/var/log/quorate/daemon.log";

/// How long a cluster may take for what it does on two slow processors.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An address and a web server, together and in order, as in the first two-node cluster of every book.
pub(crate) const SITE: &str = "resources:
  ClusterIP:
    agent: ocf:heartbeat:IPaddr2
    params: {ip: 192.168.125.10, cidr_netmask: 24, nic: eth0}
    ops: [{name: monitor, interval: 10s}]
  WebSite:
    agent: ocf:heartbeat:apache
    params: {configfile: /etc/apache2/apache2.conf, statusurl: \"http://localhost/server-status\"}
    ops: [{name: monitor, interval: 10s}]
constraints:
  colocation: [{resource: WebSite, with: ClusterIP, score: INFINITY}]
  order: [{first: ClusterIP, then: WebSite}]
";

/// The text of a manifest for all hosts of a lab.
pub(crate) fn manifest(lab: &Lab, rest: &str) -> String {
    let nodes: String = lab
        .hosts()
        .iter()
        .map(|host| format!("  {}: {{addresses: [{}]}}\n", host.name, host.addresses.join(", ")))
        .collect();
    format!(
        "apiVersion: quorate/v1\nkind: Cluster\nname: web\nnodes:\n{nodes}corosync: {{token: 2s}}\n\
         properties: {{stonith-enabled: false}}\ndefaults: {{resource: {{meta: {{resource-stickiness: 100}}}}}}\n{rest}"
    )
}

/// Puts a manifest on the client and on every host's disk, and forms the cluster from the client.
pub(crate) fn form(lab: &Lab, rest: &str) {
    form_as(lab, &manifest(lab, rest));
}

/// Puts this manifest on the client and on every host's disk, and forms the cluster from the client.
pub(crate) fn form_as(lab: &Lab, text: &str) {
    lab.client().write("/tmp/cluster.yaml", text);
    for host in lab.hosts() {
        host.write("/etc/quorate/cluster.yaml", text);
        host.write("/etc/default/quorate", "QUORATE_MANIFEST=/etc/quorate/cluster.yaml\n");
    }
    bring_up(lab);
}

/// Starts what does not run on hosts that are on: `cluster init` does what is not done yet.
pub(crate) fn bring_up(lab: &Lab) {
    lab.client().run("quorate -f /tmp/cluster.yaml cluster init");
}

/// The names of the hosts that have the site's address.
pub(crate) fn with_address(lab: &Lab) -> Vec<String> {
    let have = lab.hosts_on().filter(|host| host.has_address(ADDRESS));
    have.map(|host| host.name.clone()).collect()
}

/// The host that has the site's address, which must be one.
pub(crate) fn active(lab: &Lab) -> &Host {
    let names = with_address(lab);
    assert_eq!(names.len(), 1, "the address is at {names:?}");
    lab.host(&names[0])
}

/// The daemon's process; there must be one.
pub(crate) fn daemon(host: &Host) -> u32 {
    let processes = host.processes("quorate");
    assert_eq!(processes.len(), 1, "{} runs {processes:?}", host.name);
    processes[0]
}

/// Lines of a daemon's log that say that an action ended, such as `start ClusterIP`; from a line on.
pub(crate) fn actions_since(host: &Host, line: usize) -> Vec<String> {
    let text = host.read(LOG);
    let ended = text.lines().skip(line).filter(|line| line.contains(" ended "));
    ended.filter(|line| !line.contains("monitor ")).map(str::to_owned).collect()
}

/// How many lines a daemon's log has.
pub(crate) fn log_length(host: &Host) -> usize {
    host.read(LOG).lines().count()
}
