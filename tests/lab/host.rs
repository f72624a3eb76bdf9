//! A host of a lab: namespaces with a disk, links to the room's switches, and daemons of its own.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::inside::{environment, send};
use crate::journal;
use crate::room::{DISKS, Room, first_process_below};

/// What runs as the first process of a host, and what it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Init {
    /// A process that only reaps, and sshd.
    Plain,
    /// A real systemd, with sshd as a unit.
    Systemd,
    /// A process that only reaps: a machine that is no member, where operators and users sit.
    Client,
}

impl Init {
    const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Systemd => "systemd",
            Self::Client => "client",
        }
    }
}

/// A host, on or off.
pub(crate) struct Host {
    pub(crate) name: String,
    /// One address per link, first link first.
    pub(crate) addresses: Vec<String>,
    pub(crate) init: Init,
    pub(crate) room: Arc<Room>,
    power: Mutex<Option<Power>>,
    is_cut: AtomicBool,
}

/// A host that is on.
struct Power {
    holder: Child,
    /// Its first process, as this process numbers it.
    pid: u32,
}

impl Host {
    /// A host that is off.
    pub(crate) fn new(room: &Arc<Room>, name: &str, addresses: Vec<String>, init: Init) -> Self {
        Self {
            name: name.to_owned(),
            addresses,
            init,
            room: Arc::clone(room),
            power: Mutex::new(None),
            is_cut: AtomicBool::new(false),
        }
    }

    /// Turns the host on; returns when it is up. Its disk is as the host left it.
    pub(crate) fn boot(&self) {
        assert!(self.power().is_none(), "{} is on already", self.name);
        let disk = format!("{DISKS}/{}", self.name);
        let mut start = Command::new("nsenter");
        start.args(["-t", &self.room.pid().to_string(), "-m", "-u", "-i", "-n", "-p", "--"]);
        start.args(["unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]);
        start.args(["--mount-proc", "--propagation", "private", "bash", &format!("{DISKS}/boot.sh")]);
        start.args([&self.name, &disk, self.init.word()]);
        let console = fs::File::options()
            .create(true)
            .append(true)
            .open(self.room.path(&format!("{}.console", self.name)))
            .unwrap();
        let holder = environment(&mut start)
            .env("QUORATE_BINARY", env!("CARGO_BIN_EXE_quorate"))
            .env("QUORATE_UNIT", concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/quorate.service"))
            .stdin(Stdio::null())
            .stdout(console.try_clone().unwrap())
            .stderr(console)
            .spawn()
            .unwrap();
        let pid = first_process_below(holder.id());
        *self.power() = Some(Power { holder, pid });
        let up = self.path("/run/booted");
        self.wait_for("boot", || up.exists());
        if self.init == Init::Systemd {
            let is_up = || self.prints("systemctl is-system-running").contains("running");
            self.wait_for("systemd", is_up);
        }
        for (link, address) in self.addresses.iter().enumerate() {
            // A network card keeps its address over a boot.
            let last = address.rsplit('.').next().unwrap();
            self.room.run_on_network(&format!(
                "ip link add {} type veth peer name eth{link} address 02:00:00:00:0{link}:{last} netns {pid}",
                self.port(link)
            ));
            self.room.set_cable(&self.port(link), &format!("master net{link} up"));
            self.run(&format!("ip address add {address}/24 dev eth{link} && ip link set eth{link} up"));
        }
    }

    /// Ends everything on the host at once, as a power failure does, and boots it no more.
    pub(crate) fn crash(&self) {
        let Some(mut power) = self.power().take() else { return };
        // First the wire, as nothing of a dead host is on it; then the host.
        for link in 0..self.addresses.len() {
            self.room.run_on_network(&format!("ip link delete {}", self.port(link)));
        }
        send(power.pid, Signal::KILL);
        let _ = power.holder.wait();
        self.is_cut.store(false, Ordering::Relaxed);
        journal::note(&self.room, &self.name, "crash");
    }

    /// Whether the host has ended by itself, as one does that is reset; then it is off.
    pub(crate) fn has_ended(&self) -> bool {
        let ended = self.power().as_mut().is_none_or(|power| power.holder.try_wait().unwrap().is_some());
        if ended && self.power().take().is_some() {
            let ports = (0..self.addresses.len()).map(|link| self.port(link));
            // What still looks into the host's network keeps its cables there.
            for port in ports.filter(|port| self.room.has_link(port)) {
                self.room.run_on_network(&format!("ip link delete {port}"));
            }
            self.is_cut.store(false, Ordering::Relaxed);
            journal::note(&self.room, &self.name, "crash");
        }
        ended
    }

    /// A power failure, and power back.
    pub(crate) fn reset(&self) {
        self.crash();
        self.boot();
    }

    /// Whether the host is on.
    pub(crate) fn is_on(&self) -> bool {
        self.power().is_some()
    }

    /// Takes the cable out of every link: the host sees that the carrier is lost.
    pub(crate) fn cut(&self) {
        self.note_cut(true);
        (0..self.addresses.len()).for_each(|link| self.cut_link(link));
    }

    /// Whether cables of the host are out, or lead to others than the client.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    /// Notes that the host is cut off from others from now on, in whatever way.
    pub(crate) fn note_cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
        journal::note(&self.room, &self.name, if is_cut { "cut" } else { "heal" });
    }

    /// Takes the cable out of one link.
    pub(crate) fn cut_link(&self, link: usize) {
        self.room.set_cable(&self.port(link), "down");
    }

    /// Takes every link off its switch: the carrier stays, but nothing arrives.
    pub(crate) fn isolate(&self) {
        self.note_cut(true);
        for link in 0..self.addresses.len() {
            self.room.set_cable(&self.port(link), "nomaster");
        }
    }

    /// Puts every link on the switch of a side of its own number.
    pub(crate) fn move_to_side(&self, side: usize) {
        self.note_cut(true);
        for link in 0..self.addresses.len() {
            let switch = format!("side{side}.{link}");
            let make = format!("link add {switch} type bridge forward_delay 0");
            if !self.room.has_link(&switch) {
                self.room.run_on_network(&format!("ip {make}"));
                self.room.run_on_network(&format!("ip link set {switch} up"));
            }
            self.room.set_cable(&self.port(link), &format!("master {switch}"));
        }
    }

    /// Puts all cables back. A host that is fenced meanwhile gets new ones when it boots.
    pub(crate) fn heal(&self) {
        if self.is_cut() {
            self.note_cut(false);
        }
        if !self.is_on() {
            return;
        }
        for link in 0..self.addresses.len() {
            self.room.set_cable(&self.port(link), &format!("master net{link} up"));
        }
    }

    /// Makes what the host sends late, lost or doubled, in the words of `tc netem`; empty for no more.
    pub(crate) fn disturb(&self, how: &str) {
        for link in 0..self.addresses.len() {
            let _ = self.attempt(&format!("tc qdisc del dev eth{link} root"));
            if !how.is_empty() {
                self.run(&format!("tc qdisc add dev eth{link} root netem {how}"));
            }
        }
    }

    /// The text of a file on the host's disk (`/etc`, `/var`), whether it is on or off; empty when there is none.
    pub(crate) fn kept(&self, file: &str) -> String {
        fs::read_to_string(self.room.path(&format!("{}{file}", self.name))).unwrap_or_default()
    }

    /// What the host printed while it booted, and the ends of its logs.
    pub(crate) fn last_words(&self) -> String {
        let mut words = format!("--- {}", self.name);
        let logs = self.room.path(&self.name).join("var/log");
        let mut files = vec![self.room.path(&format!("{}.console", self.name))];
        files.extend(
            ["corosync/corosync.log", "quorate/daemon.log", "corosync.out"].map(|file| logs.join(file)),
        );
        for file in files {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let end = lines[lines.len().saturating_sub(40)..].join("\n");
            if !end.is_empty() {
                words.push_str(&format!("\n-- {}\n{end}", file.file_name().unwrap().to_string_lossy()));
            }
        }
        words
    }

    /// The first process of the host, as this process numbers it; none while it is off.
    pub(crate) fn first_process(&self) -> Option<u32> {
        self.power().as_ref().map(|power| power.pid)
    }

    /// The first process of the host, which must be on.
    pub(crate) fn pid(&self) -> u32 {
        self.power().as_ref().unwrap_or_else(|| panic!("{} is off", self.name)).pid
    }

    fn power(&self) -> MutexGuard<'_, Option<Power>> {
        self.power.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn port(&self, link: usize) -> String {
        format!("{}.{link}", self.name)
    }

    fn wait_for(&self, what: &str, is_done: impl Fn() -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !is_done() {
            assert!(
                Instant::now() < until,
                "{}: no {what} within a minute\n{}",
                self.name,
                self.last_words()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
