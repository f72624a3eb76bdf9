//! A host of the test's own: namespaces that end with the process that made them, whatever happens.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set inside of the namespaces.
const INSIDE: &str = "QUORATE_TEST_INSIDE";

/// What the tests need on the outer host.
const NEEDED: [&str; 7] = [
    "/usr/bin/unshare",
    "/usr/sbin/apache2",
    "/usr/bin/curl",
    "/usr/lib/ocf/resource.d/heartbeat/IPaddr2",
    "/usr/lib/ocf/resource.d/heartbeat/apache",
    "/usr/lib/apache2/modules/mod_mpm_event.so",
    "/usr/lib/apache2/modules/mod_status.so",
];

/// Runs `body` on a host of its own: the test `name` is run once more inside of new network, mount
/// and process namespaces. Says so when that is not possible here.
pub(crate) fn inside(name: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        prepare();
        return body();
    }
    if !rustix::process::geteuid().is_root() {
        return skip(name, "needs root");
    }
    if let Some(missing) = NEEDED.iter().find(|path| !Path::new(path).exists()) {
        return skip(name, &format!("needs {missing}"));
    }
    let namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let is_possible = Command::new("unshare").args(namespaces).arg("true").status();
    if !is_possible.is_ok_and(|status| status.success()) {
        return skip(name, "cannot make namespaces here");
    }
    let status = Command::new("unshare")
        .args(namespaces)
        // A shell as the first process: it reaps what daemons leave behind.
        .args(["sh", "-c", "\"$@\"; exit $?", "init"])
        .arg(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "`{name}` failed in its namespaces");
}

fn skip(name: &str, why: &str) {
    eprintln!("SKIPPED {name}: {why}");
}

/// Gives the new host a loopback, a link with an address, and a `/run` of its own.
fn prepare() {
    for command in [
        "mount -t tmpfs tmpfs /run",
        "mkdir -p /run/lock /run/resource-agents",
        "ip link set lo up",
        "ip link add eth0 type veth peer name wire",
        "ip link set wire up",
        "ip address add 10.99.0.1/24 dev eth0",
        "ip link set eth0 up",
    ] {
        run(command);
    }
}

/// Runs a command that must succeed; what it prints.
pub(crate) fn run(command: &str) -> String {
    let mut words = command.split(' ');
    let done = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Whether this host has an address.
pub(crate) fn has_address(address: &str) -> bool {
    run("ip -o address show dev eth0").contains(&format!(" {address}/"))
}

/// Writes a web site and the configuration of a server for it; the configuration's path.
pub(crate) fn make_site(dir: &Path, port: u16) -> String {
    let pages = dir.join("pages");
    fs::create_dir(&pages).unwrap();
    fs::write(pages.join("index.html"), "it is up\n").unwrap();
    let configuration = dir.join("apache.conf");
    let here = dir.display();
    fs::write(
        &configuration,
        format!(
            "ServerRoot {here}\nServerName localhost\nListen {port}\nPidFile {here}/apache.pid\n\
             ErrorLog {here}/error.log\nUser www-data\nGroup www-data\nDocumentRoot {here}/pages\n\
             StartServers 1\n\
             LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n\
             LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n\
             LoadModule status_module /usr/lib/apache2/modules/mod_status.so\n\
             <Location /server-status>\nSetHandler server-status\n</Location>\n"
        ),
    )
    .unwrap();
    for path in [dir.to_owned(), pages.clone(), pages.join("index.html")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    configuration.display().to_string()
}

/// The page at an address, if a server answers.
pub(crate) fn page(address: &str, port: u16) -> Option<String> {
    let address: SocketAddr = format!("{address}:{port}").parse().unwrap();
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(b"GET /index.html HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, page)| page.to_owned())
}

/// Kills the web server. Only processes of this host are seen here.
pub(crate) fn kill_server() {
    let servers = || {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
        processes
            .filter(|path| fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "apache2"))
            .filter(|path| fs::read_to_string(path.join("cmdline")).is_ok_and(|line| !line.is_empty()))
            .filter_map(|path| path.file_name()?.to_str()?.parse::<i32>().ok())
            .collect::<Vec<_>>()
    };
    let until = Instant::now() + Duration::from_secs(5);
    while !servers().is_empty() && Instant::now() < until {
        for pid in servers() {
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            // It may be gone by now.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(servers(), [0; 0]);
}
