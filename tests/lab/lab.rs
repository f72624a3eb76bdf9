//! A lab: hosts, a client, and what a test does with them.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::audit;
use crate::host::{Host, Init};
use crate::members;
use crate::room::Room;

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

/// One lab at a time: two processors are few for two clusters.
static TURN: Mutex<()> = Mutex::new(());

/// What a lab is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blueprint {
    hosts: usize,
    links: usize,
    init: Init,
}

/// A lab that is up.
pub(crate) struct Lab {
    hosts: Vec<Host>,
    client: Host,
    expected: RefCell<Vec<String>>,
}

impl Lab {
    /// A lab with this many hosts, `node1` and up, on one link.
    pub(crate) fn of(hosts: usize) -> Blueprint {
        Blueprint { hosts, links: 1, init: Init::Plain }
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
        self.expected.borrow_mut().push(words.to_owned());
    }

    /// Whether the test causes this line of a log.
    pub(crate) fn is_expected(&self, line: &str) -> bool {
        self.expected.borrow().iter().any(|words| line.contains(words))
    }

    /// Waits until no daemon has logged anything for three seconds.
    pub(crate) fn settle(&self) {
        let lengths = || self.hosts_on().map(members::log_length).collect::<Vec<_>>();
        let last = RefCell::new((Instant::now(), lengths()));
        self.until("rest", members::PATIENCE, || {
            let mut last = last.borrow_mut();
            if last.1 != lengths() {
                *last = (Instant::now(), lengths());
            }
            last.0.elapsed() > Duration::from_secs(3)
        });
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

    /// Builds the lab, does what the test does, audits it, and tears it down. Where a lab cannot be built
    /// it says so, or fails if `QUORATE_LAB` is `required`.
    pub(crate) fn test(self, test: impl FnOnce(&Lab)) {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = self.obstacle() {
            let name = std::thread::current().name().unwrap_or("?").to_owned();
            assert!(std::env::var("QUORATE_LAB").as_deref() != Ok("required"), "{name} cannot run: {why}");
            eprintln!("SKIPPED {name}: {why}");
            return;
        }
        let lab = self.build();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            test(&lab);
            audit::all(&lab);
        }));
        if let Err(panic) = outcome {
            for host in lab.hosts.iter().chain([&lab.client]) {
                eprintln!("{}", host.last_words());
            }
            resume_unwind(panic);
        }
    }

    fn obstacle(self) -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("needs root, to make namespaces".to_owned());
        }
        let systemd = ("/lib/systemd/systemd", "systemd");
        let dbus = ("/usr/bin/dbus-daemon", "dbus-daemon");
        let more = if self.init == Init::Systemd { vec![systemd, dbus] } else { Vec::new() };
        if let Some((path, package)) =
            NEEDED.into_iter().chain(more).find(|(path, _)| !Path::new(path).exists())
        {
            return Some(format!("needs {path} (package {package})"));
        }
        let can = Command::new("unshare").args(["--net", "--mount", "--pid", "--fork", "true"]).status();
        (!can.is_ok_and(|status| status.success())).then(|| "cannot make namespaces here".to_owned())
    }

    fn build(self) -> Lab {
        let room = Rc::new(Room::new(self.links));
        let addresses = |number: usize| -> Vec<String> {
            NETWORKS[..self.links].iter().map(|network| format!("{network}.{number}")).collect()
        };
        let host =
            |number: usize| Host::new(&room, &format!("node{number}"), addresses(10 + number), self.init);
        let lab = Lab {
            hosts: (1..=self.hosts).map(host).collect(),
            client: Host::new(&room, "client", addresses(50), Init::Client),
            expected: RefCell::default(),
        };
        lab.install(&room);
        lab.hosts.iter().chain([&lab.client]).for_each(Host::boot);
        lab
    }
}

impl Lab {
    /// Puts on the disks what an installer would: names, host keys, and the client's key.
    fn install(&self, room: &Room) {
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
        }
        room.write("client/etc/hosts", &names);
        room.write("client/admin/.ssh/known_hosts", &known);
        room.run("chmod 700 /run/lab/*/admin /run/lab/*/admin/.ssh");
    }
}
