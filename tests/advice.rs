//! What agents say of a manifest: shown where it is written, before anything is done.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "this test runs the program on files and agents that it makes"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const AGENT: &str = r#"#!/bin/sh
case "$1" in
meta-data) cat <<'XML'
<resource-agent name="web"><parameters>
<parameter name="port" required="1"><shortdesc lang="en">where it listens</shortdesc><content type="integer"/></parameter>
<parameter name="user"><content type="string" default="www"/></parameter>
</parameters><actions><action name="start" timeout="40s"/><action name="stop" timeout="20s"/>
<action name="monitor" timeout="20s" interval="10s"/></actions></resource-agent>
XML
;;
monitor) exit 7 ;;
esac
exit 0
"#;

/// A folder with an agent `ocf:test:web` and a manifest for this host.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new(resources: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let agents = site.path().join("ocf/resource.d/test");
        fs::create_dir_all(&agents).unwrap();
        fs::write(agents.join("web"), AGENT).unwrap();
        fs::set_permissions(agents.join("web"), fs::Permissions::from_mode(0o755)).unwrap();
        site.write(resources, "");
        site
    }

    fn write(&self, resources: &str, more: &str) {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let text = format!(
            "apiVersion: quorate/v1\nkind: Cluster\nname: web\nnodes:\n  {}: {{}}\n\
             properties: {{stonith-enabled: false}}\n{more}resources:\n{resources}",
            host.trim()
        );
        fs::write(self.path().join("cluster.yaml"), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command
            .args(arguments.split(' '))
            .current_dir(self.path())
            .env("OCF_ROOT", self.path().join("ocf"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (status.code(), text)
    }
}

const LOCAL: &str = "--engine local --state-dir state";

const FAULTY: &str = "  A:
    agent: ocf:test:web
    params: {usr: www-data}
    ops:
      - {name: start, timeout: 40s}
      - {name: monitor, interval: 10s, timeout: 5s}
";

const FINE: &str = "  A:
    agent: ocf:test:web
    params: {port: 80}
    ops:
      - {name: start, timeout: 40s}
";

#[test]
fn findings_of_agents_are_underlined_where_they_belong() {
    let site = Site::new(FAULTY);
    for arguments in ["validate --agents", "validate --engine local --state-dir state"] {
        let (code, text) = site.run(arguments);
        assert_eq!(code, Some(65), "{text}");
        for expected in [
            "error[missing-parameter]: `A`: the agent ocf:test:web needs the parameter `port`",
            "9 |     agent: ocf:test:web\n  |            ^^^^^^^^^^^^",
            "= help: `port`: where it listens",
            "warning[unknown-parameter]: `A`: the agent ocf:test:web has no parameter `usr`",
            "10 |     params: {usr: www-data}\n   |              ^^^",
            "= help: did you mean `user`?",
            "warning[short-timeout]: `A`: `monitor` may take 5s, the agent advises 20s",
            "timeout: 5s}\n   |                                                 ^^",
        ] {
            assert!(text.contains(expected), "{arguments}: no\n{expected}\nin\n{text}");
        }
    }
}

#[test]
fn without_being_asked_every_machine_finds_the_same() {
    let (code, text) = Site::new(FAULTY).run("validate");
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("missing-parameter"), "{text}");
}

#[test]
fn an_agent_that_is_not_here_is_an_error_on_its_node_and_a_note_elsewhere() {
    let site = Site::new("  A: {agent: ocf:test:wbe}\n");
    let (code, text) = site.run("validate --agents");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("note[unavailable-agent]") && text.contains("did you mean `web`?"), "{text}");
    let (code, text) = site.run(&format!("plan {LOCAL}"));
    assert_eq!(code, Some(65), "{text}");
    assert!(text.contains("error[unavailable-agent]"), "{text}");
}

#[test]
fn plan_and_apply_refuse_what_cannot_start_unless_it_is_tolerated() {
    let site = Site::new(FAULTY);
    for verb in ["plan", "apply --auto-approve"] {
        let (code, text) = site.run(&format!("{verb} {LOCAL}"));
        assert_eq!(code, Some(65), "{text}");
        assert!(text.contains("missing-parameter") && text.contains("short-timeout"), "{text}");
        assert!(!text.contains("Actions, in order"), "{text}");
    }
    site.write(FAULTY, "tolerate: [missing-parameter]\n");
    let (code, text) = site.run(&format!("plan {LOCAL}"));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("warning[missing-parameter]"), "{text}");
    assert!(!text.contains("unneeded-tolerance"), "{text}");
}

#[test]
fn what_an_engine_cannot_honour_is_said_by_name() {
    let site = Site::new(FINE);
    site.write(
        FINE,
        "isolation: {ping: [192.0.2.1]}\ncorosync: {token: 3s, quorum: {last-man-standing: true}}\n",
    );
    let (_, text) = site.run(&format!("plan {LOCAL}"));
    assert!(
        text.contains("`isolation` has no effect") && text.contains("`corosync` has no effect"),
        "{text}"
    );
    let (_, text) = site.run("plan --state-dir simulated");
    assert!(text.contains("`last-man-standing` is not simulated"), "{text}");
    assert!(!text.contains("how the nodes talk"), "a note is for those who ask: {text}");
}

#[test]
fn quiet_validation_says_nothing_but_errors() {
    let (code, text) = Site::new(FINE).run("validate -q");
    assert_eq!((code, text.as_str()), (Some(0), ""));
    let (code, text) = Site::new(FAULTY).run("validate -q --agents");
    assert_eq!(code, Some(65));
    assert!(text.contains("missing-parameter") && !text.contains("warning"), "{text}");
}

#[test]
fn watch_tells_what_the_agents_find_and_goes_on_once_it_is_mended() {
    let site = Site::new(FAULTY);
    let mut command = site.command(&format!("watch {LOCAL} --interval 1s"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut told = Vec::new();
    for line in lines.map_while(Result::ok) {
        let is_refused = line.contains("does not fit its nodes");
        let is_over = line.contains("start A on");
        told.push(line);
        if is_refused {
            site.write(FINE, "");
        }
        if is_over {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let findings = told.iter().filter(|line| line.starts_with("error[missing-parameter]")).count();
    assert_eq!(findings, 1, "{told:#?}");
}
