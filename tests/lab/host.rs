//! A host of a lab: namespaces with a disk, links to the room's switches, and daemons of its own.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::room::{DISKS, Room, first_process_below, succeed};

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
    room: Rc<Room>,
    power: RefCell<Option<Power>>,
}

/// A host that is on.
struct Power {
    holder: Child,
    /// Its first process, as this process numbers it.
    pid: u32,
}

impl Host {
    /// A host that is off.
    pub(crate) fn new(room: &Rc<Room>, name: &str, addresses: Vec<String>, init: Init) -> Self {
        Self { name: name.to_owned(), addresses, init, room: Rc::clone(room), power: RefCell::new(None) }
    }

    /// Turns the host on; returns when it is up. Its disk is as the host left it.
    pub(crate) fn boot(&self) {
        assert!(self.power.borrow().is_none(), "{} is on already", self.name);
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
        *self.power.borrow_mut() = Some(Power { holder, pid });
        let up = self.path("/run/booted");
        self.wait_for("boot", || up.exists());
        if self.init == Init::Systemd {
            let is_up = || self.run_quietly("systemctl is-system-running").contains("running");
            self.wait_for("systemd", is_up);
        }
        for (link, address) in self.addresses.iter().enumerate() {
            // A network card keeps its address over a boot.
            let last = address.rsplit('.').next().unwrap();
            self.room.run_on_network(&format!(
                "ip link add {} type veth peer name eth{link} address 02:00:00:00:0{link}:{last} netns {pid}",
                self.port(link)
            ));
            self.room.run_on_network(&format!("ip link set {} master net{link} up", self.port(link)));
            self.run(&format!("ip address add {address}/24 dev eth{link} && ip link set eth{link} up"));
        }
    }

    /// Ends everything on the host at once, as a power failure does, and boots it no more.
    pub(crate) fn crash(&self) {
        let Some(mut power) = self.power.borrow_mut().take() else { return };
        // First the wire, as nothing of a dead host is on it; then the host.
        for link in 0..self.addresses.len() {
            self.room.run_on_network(&format!("ip link delete {}", self.port(link)));
        }
        kill(power.pid);
        let _ = power.holder.wait();
    }

    /// Whether the host has ended by itself, as one does that is reset; then it is off.
    pub(crate) fn has_ended(&self) -> bool {
        let ended =
            self.power.borrow_mut().as_mut().is_none_or(|power| power.holder.try_wait().unwrap().is_some());
        if ended {
            *self.power.borrow_mut() = None;
        }
        // Its cables go with it, a moment later.
        ended && (0..self.addresses.len()).all(|link| !self.room.has_port(&self.port(link)))
    }

    /// A power failure, and power back.
    pub(crate) fn reset(&self) {
        self.crash();
        self.boot();
    }

    /// Whether the host is on.
    pub(crate) fn is_on(&self) -> bool {
        self.power.borrow().is_some()
    }

    /// Takes the cable out of every link: the host sees that the carrier is lost.
    pub(crate) fn cut(&self) {
        (0..self.addresses.len()).for_each(|link| self.cut_link(link));
    }

    /// Takes the cable out of one link.
    pub(crate) fn cut_link(&self, link: usize) {
        self.room.run_on_network(&format!("ip link set {} down", self.port(link)));
    }

    /// Takes every link off its switch: the carrier stays, but nothing arrives.
    pub(crate) fn isolate(&self) {
        for link in 0..self.addresses.len() {
            self.room.run_on_network(&format!("ip link set {} nomaster", self.port(link)));
        }
    }

    /// Puts all cables back.
    pub(crate) fn heal(&self) {
        for link in 0..self.addresses.len() {
            self.room.run_on_network(&format!("ip link set {} master net{link} up", self.port(link)));
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

    /// Runs a shell command that must succeed; what it printed.
    pub(crate) fn run(&self, command: &str) -> String {
        succeed(&mut self.command(command), &format!("{}: {command}", self.name))
    }

    /// Runs a shell command, however it ends. After two minutes it is ended.
    pub(crate) fn attempt(&self, command: &str) -> Output {
        self.command(command).stdin(Stdio::null()).output().unwrap()
    }

    /// Whether a shell command succeeds.
    pub(crate) fn succeeds(&self, command: &str) -> bool {
        self.attempt(command).status.success()
    }

    /// What a shell command printed, however it ended.
    fn run_quietly(&self, command: &str) -> String {
        String::from_utf8_lossy(&self.attempt(command).stdout).into_owned()
    }

    /// A shell command on the host, not yet started.
    pub(crate) fn command(&self, command: &str) -> Command {
        let mut enter = Command::new("nsenter");
        enter.args(["-t", &self.pid().to_string(), "-m", "-u", "-i", "-n", "-p"]);
        if self.init == Init::Systemd {
            enter.arg("-C");
        }
        enter.args(["--", "timeout", "-k", "5", "120", "sh", "-c", command]);
        environment(&mut enter);
        enter
    }

    /// Where a file of the host is for this process, while the host is on.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{file}", self.pid()))
    }

    /// The text of a file of the host; empty when there is none.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_default()
    }

    /// Writes a file of the host at once, as editors and git do.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &path).unwrap();
    }

    /// The processes of the host that are named so, as this process numbers them.
    pub(crate) fn processes(&self, name: &str) -> Vec<u32> {
        let mut processes = self.all_processes();
        processes.retain(|(_, comm)| comm == name);
        processes.into_iter().map(|(pid, _)| pid).collect()
    }

    /// All processes of the host with their names, as this process numbers them.
    pub(crate) fn all_processes(&self) -> Vec<(u32, String)> {
        let space = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let own = space(self.pid());
        let numbers =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        numbers
            .filter(|pid| space(*pid) == own)
            .filter_map(|pid: u32| Some((pid, fs::read_to_string(format!("/proc/{pid}/comm")).ok()?)))
            .map(|(pid, comm)| (pid, comm.trim().to_owned()))
            .collect()
    }

    /// Ends all processes of this name without a word of warning.
    pub(crate) fn kill(&self, name: &str) {
        self.processes(name).into_iter().for_each(kill);
    }

    /// Whether the host has an address.
    pub(crate) fn has_address(&self, address: &str) -> bool {
        self.run("ip -o address show").contains(&format!(" {address}/"))
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

    /// The first process of the host, as this process numbers it.
    pub(crate) fn pid(&self) -> u32 {
        self.power.borrow().as_ref().unwrap_or_else(|| panic!("{} is off", self.name)).pid
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

/// Little of the outer machine's environment gets in.
fn environment(command: &mut Command) -> &mut Command {
    command
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/root")
        .env("LC_ALL", "C")
}

fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
