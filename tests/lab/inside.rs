//! What is inside of a host: files, processes, commands, and what its daemon says.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use quorate::api::{SOCKET, Sighting};
use rustix::process::Signal;

use crate::host::{Host, Init};
use crate::room::succeed;

impl Host {
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

    /// Runs a shell command, and does not mind how it ends, nor whether the host is on.
    pub(crate) fn run_quietly(&self, command: &str) {
        if self.is_on() {
            drop(self.attempt(command));
        }
    }

    /// What a shell command printed, however it ended.
    pub(crate) fn prints(&self, command: &str) -> String {
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

    /// The processes of the host that are named so, as this process numbers them. Of `quorate` only daemons:
    /// neither commands, nor what a daemon forked and what is about to become an agent.
    pub(crate) fn processes(&self, name: &str) -> Vec<u32> {
        let mut processes = self.all_processes();
        processes.retain(|(_, comm)| comm == name);
        let pids: Vec<u32> = processes.into_iter().map(|(pid, _)| pid).collect();
        let is_daemon = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).nth(1) == Some(b"daemon")
                && !parent(*pid).is_some_and(|of| pids.contains(&of))
        };
        if name == "quorate" { pids.iter().copied().filter(is_daemon).collect() } else { pids }
    }

    /// All processes of the host with their names, as this process numbers them.
    pub(crate) fn all_processes(&self) -> Vec<(u32, String)> {
        let space = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let Some(first) = self.first_process() else { return Vec::new() };
        let own = space(first);
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
        self.signal(name, Signal::KILL);
    }

    /// Sends a signal to all processes of this name.
    pub(crate) fn signal(&self, name: &str, signal: Signal) {
        self.processes(name).into_iter().for_each(|pid| send(pid, signal));
    }

    /// Ends all processes of this name, and waits until they are gone.
    pub(crate) fn end(&self, name: &str) {
        self.kill(name);
        let until = Instant::now() + Duration::from_secs(20);
        while !self.processes(name).is_empty() {
            assert!(Instant::now() < until, "{}: {name} cannot be killed", self.name);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the host has an address, as its kernel's table of local routes says: cheap enough to be
    /// asked all the time.
    pub(crate) fn has_address(&self, address: &str) -> bool {
        let Some(pid) = self.first_process() else { return false };
        let table = fs::read_to_string(format!("/proc/{pid}/net/fib_trie")).unwrap_or_default();
        let mut lines = table.lines();
        while let Some(line) = lines.next() {
            if line.trim_end().ends_with(&format!("|-- {address}"))
                && lines.next().is_some_and(|next| next.contains("/32 host LOCAL"))
            {
                return true;
            }
        }
        false
    }

    /// What the daemon of this host knows, if there is one that answers within two seconds.
    pub(crate) fn sight(&self) -> Option<Sighting> {
        let pid = self.first_process()?;
        let mut stream = UnixStream::connect(format!("/proc/{pid}/root{SOCKET}")).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream.write_all(b"GET /v1/observation HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }
}

/// The process that started a process.
fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// Little of the outer machine's environment gets in.
pub(crate) fn environment(command: &mut Command) -> &mut Command {
    command
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/root")
        .env("LC_ALL", "C")
}

/// Sends a signal to a process, as this process numbers it.
pub(crate) fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, signal);
    }
}
