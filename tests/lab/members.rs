//! Hosts as members of a running cluster: manifests, daemons and what they say.

use std::time::Duration;

use crate::host::Host;
use crate::journal::{self, Entry};
use crate::lab::Lab;

/// Where the address of the story is.
pub(crate) const ADDRESS: &str = "192.168.125.10";
/// The log of a daemon that no systemd started.
pub(crate) const LOG: &str = "/var/log/quorate/daemon.log";

/// How a daemon is started.
pub(crate) const DAEMON: &str = "quorate daemon";

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

/// Services of the lab's own agent: a group, one alone, and a clone. Their journal is audited.
pub(crate) const WORK: &str = "resources:
  Base: {agent: ocf:lab:marker, ops: [{name: monitor, interval: 2s}]}
  Front: {agent: ocf:lab:marker, ops: [{name: monitor, interval: 2s}]}
  Shop: {group: [Base, Front]}
  Alone: {agent: ocf:lab:marker, ops: [{name: monitor, interval: 2s}]}
  Everywhere: {agent: ocf:lab:marker, ops: [{name: monitor, interval: 2s}]}
  All: {clone: Everywhere}
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

/// Forms a cluster with services of the lab's own agent, and waits until they run.
pub(crate) fn work(lab: &Lab) {
    form(lab, WORK);
    lab.until("the services", PATIENCE, || is_working(lab));
}

/// Whether all services of [`WORK`] run, somewhere.
pub(crate) fn is_working(lab: &Lab) -> bool {
    let is_somewhere = |name: &&str| !holders(lab, name).is_empty();
    ["Base", "Front", "Alone"].iter().all(is_somewhere)
        && lab.hosts_on().all(|host| host.path("/run/marker/Everywhere").exists())
}

/// The names of the hosts where a service of the lab's own agent is active.
pub(crate) fn holders(lab: &Lab, service: &str) -> Vec<String> {
    let file = format!("/run/marker/{service}");
    lab.hosts_on().filter(|host| host.path(&file).exists()).map(|host| host.name.clone()).collect()
}

/// The host where a service of the lab's own agent is active, which must be one.
pub(crate) fn holder<'a>(lab: &'a Lab, service: &str) -> &'a Host {
    let names = holders(lab, service);
    assert_eq!(names.len(), 1, "{service} is at {names:?}");
    lab.host(&names[0])
}

/// The first host that is not this one.
pub(crate) fn other<'a>(lab: &'a Lab, than: &Host) -> &'a Host {
    lab.hosts().iter().find(|host| host.name != than.name).unwrap()
}

/// Forms the cluster of this manifest, which each host also follows on its disk.
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

/// Starts corosync, where it does not run, and the daemon of one host, in these words.
pub(crate) fn start(host: &Host, words: &str) {
    host.run(&starting(words));
}

/// The command that starts corosync and a daemon.
pub(crate) fn starting(words: &str) -> String {
    format!(
        "corosync-cfgtool -s >/dev/null 2>&1 || corosync
         until corosync-cfgtool -s >/dev/null 2>&1; do sleep 0.05; done
         mkdir -p /var/log/quorate; set -a; . /etc/default/quorate; set +a
         setsid {words} </dev/null >>{LOG} 2>&1 &"
    )
}

/// Tells the daemon of a host to end, and does not wait.
pub(crate) fn tell_to_end(host: &Host) {
    host.signal("quorate", rustix::process::Signal::TERM);
}

/// Waits until no daemon runs on these hosts.
pub(crate) fn until_ended<'a>(lab: &Lab, hosts: impl IntoIterator<Item = &'a Host>) {
    for host in hosts {
        lab.until("the end of the daemon", PATIENCE, || host.processes("quorate").is_empty());
    }
}

/// How many actions there were on services of the lab's own agent.
pub(crate) fn actions(lab: &Lab) -> Vec<Entry> {
    let mut entries = journal::entries(lab.room());
    entries.retain(|entry| entry.action != "monitor" && entry.name != "-");
    entries
}

/// The designated controller's host, as a daemon says.
pub(crate) fn controller(lab: &Lab) -> &Host {
    let dc = lab.hosts_on().find_map(|host| host.sight()?.dc);
    lab.host(dc.unwrap_or_else(|| panic!("nobody leads")).as_str())
}

/// Whether these hosts, and no others, are members of one partition, as each of them says.
pub(crate) fn are_members(hosts: &[&Host]) -> bool {
    let mut names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    names.sort_unstable();
    hosts.iter().all(|host| {
        host.sight().is_some_and(|sight| {
            let mut members: Vec<&str> = sight.members.iter().map(quorate::model::NodeName::as_str).collect();
            members.sort_unstable();
            sight.is_settled && members == names
        })
    })
}

/// Whether all hosts are members, and all services run.
pub(crate) fn is_whole(lab: &Lab) -> bool {
    are_members(&lab.hosts().iter().collect::<Vec<_>>()) && is_working(lab)
}
