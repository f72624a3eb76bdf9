//! The room that the hosts of a lab stand in: namespaces with the switches, and with a disk for each host.
//!
//! Its first process lives as long as this test holds the other end of its standard input. When the test
//! ends, in whatever way, that process ends, and the kernel ends all that was ever started in the room:
//! hosts, daemons, links, mounts. No run can leave anything behind, and labs do not meet.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where disks are, seen from inside of the room.
pub(crate) const DISKS: &str = "/run/lab";

/// A room with its switches.
#[derive(Debug)]
pub(crate) struct Room {
    holder: Child,
    pid: u32,
}

impl Room {
    /// A new room with this many switches, `net0` and up.
    pub(crate) fn new(switches: usize) -> Self {
        let holder = Command::new("unshare")
            .args(["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"])
            .args(["--propagation", "private", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pid = first_process_below(holder.id());
        let room = Self { holder, pid };
        room.run("mount -t tmpfs tmpfs /run && mkdir /run/lab && ip link set lo up");
        room.write("boot.sh", include_str!("boot.sh"));
        room.write("boot-systemd.sh", include_str!("boot-systemd.sh"));
        for switch in 0..switches {
            room.run(&format!(
                "ip link add net{switch} type bridge forward_delay 0 && ip link set net{switch} up"
            ));
        }
        room
    }

    /// The first process of the room, as this process numbers it.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Where a file of the room is for this process.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{DISKS}/{name}", self.pid))
    }

    /// Writes a file, and the folders that it needs.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a shell command in the room; it must succeed.
    pub(crate) fn run(&self, command: &str) -> String {
        let pid = self.pid.to_string();
        let words = ["-t", &pid, "-m", "-u", "-i", "-n", "-p", "--", "sh", "-c", command];
        succeed(Command::new("nsenter").args(words), command)
    }

    /// Whether there is a switch, or an end of a cable, of this name.
    pub(crate) fn has_link(&self, name: &str) -> bool {
        let words = ["-t", &self.pid.to_string(), "-n", "--", "ip", "link", "show", name].map(str::to_owned);
        Command::new("nsenter").args(words).output().unwrap().status.success()
    }

    /// Runs a command on the room's network that names processes as this process does.
    pub(crate) fn run_on_network(&self, words: &str) {
        succeed(&mut self.on_network(words), words);
    }

    /// Sets a cable's end on this side, unless it went with the host that it led to.
    pub(crate) fn set_cable(&self, port: &str, how: &str) {
        let words = format!("ip link set {port} {how}");
        let done = self.on_network(&words).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() || !self.has_link(port), "{words}: {}\n{said}", done.status);
    }

    fn on_network(&self, words: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.pid.to_string(), "-n", "--"]).args(words.split(' '));
        command
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It ends by itself, with everything inside.
        let _ = self.holder.wait();
    }
}

/// The first process in new process namespaces below a process that made them.
pub(crate) fn first_process_below(ancestor: u32) -> u32 {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let mut process = ancestor;
        while let Some(child) = only_child(process) {
            process = child;
            if is_first(process) {
                return process;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no namespaces came up below process {ancestor}");
}

fn only_child(process: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

/// Whether a process is number 1 in the innermost namespace that it is in.
fn is_first(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    numbers.split_whitespace().last() == Some("1")
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn succeed(command: &mut Command, name: &str) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{name}: {}\n{}{}",
        done.status,
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).into_owned()
}
