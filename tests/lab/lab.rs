//! A lab: hosts, a client, and what a test does with them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::host::{Host, Init};
use crate::room::Room;
use crate::{audit, members, power};

/// First three parts of the addresses on each link.
const NETWORKS: [&str; 2] = ["192.168.125", "10.0.2"];

/// What the outer machine must have, and the package that it is in.
const NEEDED: [(&str, &str); 8] = [
    ("/usr/bin/unshare", "util-linux"),
    ("/usr/sbin/ip", "iproute2"),
    ("/usr/sbin/corosync", "corosync"),
    ("/usr/sbin/sshd", "openssh-server"),
    ("/usr/bin/ssh", "openssh-client"),
    ("/usr/bin/arping", "iputils-arping"),
    ("/usr/lib/ocf/resource.d/heartbeat/IPaddr2", "resource-agents"),
    ("/usr/sbin/apache2", "apache2"),
];

/// What a lab is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blueprint {
    hosts: usize,
    links: usize,
    init: Init,
    /// Files, and their packages, that this test needs besides.
    needed: &'static [(&'static str, &'static str)],
}

/// A lab that is up.
pub(crate) struct Lab {
    hosts: Vec<Host>,
    client: Host,
    room: Arc<Room>,
    expected: Mutex<Vec<String>>,
    /// Times at which the site's address was on two hosts at once.
    overlaps: Mutex<BTreeSet<String>>,
}

impl Lab {
    /// A lab with this many hosts, `node1` and up, on one link.
    pub(crate) fn of(hosts: usize) -> Blueprint {
        Blueprint { hosts, links: 1, init: Init::Plain, needed: &[] }
    }

    /// The host of this name.
    pub(crate) fn host(&self, name: &str) -> &Host {
        self.hosts.iter().find(|host| host.name == name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// The hosts that may be members.
    pub(crate) fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The hosts that are on.
    pub(crate) fn hosts_on(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| host.is_on())
    }

    /// The machine of operators and users.
    pub(crate) fn client(&self) -> &Host {
        &self.client
    }

    /// Logs may say this: the test causes it.
    pub(crate) fn expect(&self, words: &str) {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner).push(words.to_owned());
    }

    /// Whether the test causes this line of a log.
    pub(crate) fn is_expected(&self, line: &str) -> bool {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|words| line.contains(words))
    }

    /// What the hosts stand in.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Who had the site's address at the same time.
    pub(crate) fn overlaps(&self) -> Vec<String> {
        self.overlaps.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Takes the hosts apart: those of each list see each other, and nobody else. Who is on no list stays with
    /// the client.
    pub(crate) fn split(&self, sides: &[&[&str]]) {
        for (number, side) in sides.iter().enumerate() {
            side.iter().for_each(|name| self.host(name).move_to_side(number));
        }
    }

    /// Waits until all daemons agree, and nothing was done for two seconds.
    pub(crate) fn settle(&self) {
        let look = || -> Option<Vec<u64>> {
            let members = self.hosts_on().filter(|host| !host.processes("quorate").is_empty());
            members
                .map(|host| {
                    let sight = host.sight()?;
                    (sight.is_settled && sight.in_flight.is_empty()).then_some(sight.position)
                })
                .collect()
        };
        let last = RefCell::new((Instant::now(), None));
        self.until("rest", members::PATIENCE, || {
            let (mut last, now) = (last.borrow_mut(), look());
            if now.is_none() || last.1 != now {
                *last = (Instant::now(), now);
            }
            last.0.elapsed() > Duration::from_secs(2)
        });
    }

    /// Notes whenever the site's address is on two hosts at once, until it is over.
    fn watch_address(&self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            let holders = || -> Vec<&Host> {
                self.hosts.iter().filter(|host| host.has_address(members::ADDRESS)).collect()
            };
            let first = holders();
            // One may have handed it over between two looks.
            if first.len() > 1 && first.iter().all(|host| host.has_address(members::ADDRESS)) {
                let names: Vec<&str> = first.iter().map(|host| host.name.as_str()).collect();
                let away = if first.iter().any(|host| host.is_cut()) { ", cut off" } else { "" };
                let fault = format!("the address was at the same time on {names:?}{away}");
                self.overlaps.lock().unwrap_or_else(PoisonError::into_inner).insert(fault);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until something holds.
    pub(crate) fn until(&self, what: &str, limit: Duration, holds: impl Fn() -> bool) {
        let until = Instant::now() + limit;
        while !holds() {
            assert!(Instant::now() < until, "not within {limit:?}: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Blueprint {
    /// The hosts have this many links.
    pub(crate) fn links(self, links: usize) -> Self {
        Self { links, ..self }
    }

    /// The hosts have a real systemd as their first process.
    pub(crate) fn systemd(self) -> Self {
        Self { init: Init::Systemd, ..self }
    }

    /// The outer machine must have these files, too, which are in these packages.
    pub(crate) fn needs(self, needed: &'static [(&'static str, &'static str)]) -> Self {
        Self { needed, ..self }
    }

    /// Builds the lab, does what the test does, audits it, and tears it down. Where a lab cannot be built
    /// it says so, or fails if `QUORATE_LAB` is `required`.
    pub(crate) fn test(self, test: impl FnOnce(&Lab)) {
        if let Some(why) = self.obstacle() {
            let name = std::thread::current().name().unwrap_or("?").to_owned();
            assert!(std::env::var("QUORATE_LAB").as_deref() != Ok("required"), "{name} cannot run: {why}");
            eprintln!("SKIPPED {name}: {why}");
            return;
        }
        let lab = self.build();
        let is_over = AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| power::obey(&lab, &is_over));
            scope.spawn(|| lab.watch_address(&is_over));
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                test(&lab);
                audit::all(&lab);
            }));
            is_over.store(true, Ordering::Relaxed);
            outcome
        });
        if let Err(panic) = outcome {
            for host in lab.hosts.iter().chain([&lab.client]) {
                eprintln!("{}", host.last_words());
            }
            resume_unwind(panic);
        }
    }

    fn obstacle(self) -> Option<String> {
        if std::env::var("QUORATE_LAB").as_deref() == Ok("later") {
            return Some("QUORATE_LAB=later".to_owned());
        }
        if !rustix::process::geteuid().is_root() {
            return Some("needs root, to make namespaces".to_owned());
        }
        let systemd = ("/lib/systemd/systemd", "systemd");
        let dbus = ("/usr/bin/dbus-daemon", "dbus-daemon");
        let more = if self.init == Init::Systemd { vec![systemd, dbus] } else { Vec::new() };
        let needed = NEEDED.into_iter().chain(more).chain(self.needed.iter().copied());
        if let Some((path, package)) = needed.into_iter().find(|(path, _)| !Path::new(path).exists()) {
            return Some(format!("needs {path} (package {package})"));
        }
        let can = Command::new("unshare").args(["--net", "--mount", "--pid", "--fork", "true"]).status();
        (!can.is_ok_and(|status| status.success())).then(|| "cannot make namespaces here".to_owned())
    }

    fn build(self) -> Lab {
        let room = Arc::new(Room::new(self.links));
        let addresses = |number: usize| -> Vec<String> {
            NETWORKS[..self.links].iter().map(|network| format!("{network}.{number}")).collect()
        };
        let host =
            |number: usize| Host::new(&room, &format!("node{number}"), addresses(10 + number), self.init);
        let lab = Lab {
            hosts: (1..=self.hosts).map(host).collect(),
            client: Host::new(&room, "client", addresses(50), Init::Client),
            room: Arc::clone(&room),
            expected: Mutex::default(),
            overlaps: Mutex::default(),
        };
        lab.install(&room);
        lab.hosts.iter().chain([&lab.client]).for_each(Host::boot);
        lab
    }
}

impl Lab {
    /// Puts on the disks what an installer would: names, host keys, the client's key, and the lab's own agents.
    fn install(&self, room: &Room) {
        room.run("mkdir -p /run/lab/shared/power");
        let key =
            |file: &str| format!("mkdir -p $(dirname {file}) && ssh-keygen -q -t ed25519 -N '' -f {file}");
        let mut names = "127.0.0.1 localhost\n".to_owned();
        for host in self.hosts.iter().chain([&self.client]) {
            names.push_str(&format!("{} {}\n", host.addresses[0], host.name));
        }
        room.run(&key("/run/lab/client/admin/.ssh/id_ed25519"));
        let client_key = std::fs::read_to_string(room.path("client/admin/.ssh/id_ed25519.pub")).unwrap();
        let mut known = String::new();
        for host in &self.hosts {
            let disk = &host.name;
            room.run(&key(&format!("/run/lab/{disk}/etc/ssh/ssh_host_ed25519_key")));
            let path = room.path(&format!("{disk}/etc/ssh/ssh_host_ed25519_key.pub"));
            let public = std::fs::read_to_string(path).unwrap();
            let ways = format!("{},{}", host.name, host.addresses.join(","));
            known.push_str(&format!("{ways} {public}"));
            room.write(&format!("{disk}/admin/.ssh/authorized_keys"), &client_key);
            room.write(&format!("{disk}/etc/hosts"), &names);
            room.write(&format!("{disk}/etc/ssh/sshd_config"), include_str!("sshd_config"));
            room.write(&format!("{disk}/ocf/lab/marker"), include_str!("agents/marker"));
            room.write(&format!("{disk}/ocf/lab/traveller"), include_str!("agents/traveller"));
            room.write(&format!("{disk}/etc/init.d/legacy"), include_str!("agents/legacy"));
            room.write(&format!("{disk}/sbin/fence_lab"), include_str!("agents/fence_lab"));
        }
        room.write("client/etc/hosts", &names);
        room.write("client/admin/.ssh/known_hosts", &known);
        room.run("chmod 700 /run/lab/*/admin /run/lab/*/admin/.ssh");
        room.run("chmod 755 /run/lab/node*/ocf/lab/* /run/lab/node*/etc/init.d/legacy /run/lab/node*/sbin/fence_lab");
    }
}
