//! Forming clusters, without any host.

use std::time::Duration;

use super::*;
use crate::model::corosync::{Link, Qdevice};
use crate::model::{Cluster, Corosync, Node, NodeName};

const VERSION: &str = "1.0.0";

fn cluster(nodes: &[(&str, &[&str])]) -> Cluster {
    let nodes = nodes.iter().map(|(name, addresses)| Node {
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        ..Node::member(name)
    });
    Cluster { name: Some("web".to_owned()), nodes: nodes.collect(), ..Cluster::default() }
}

fn pair() -> Cluster {
    cluster(&[("node1", &["10.0.0.1"]), ("node2", &["10.0.0.2"])])
}

fn trio() -> Cluster {
    cluster(&[("node3", &["10.0.0.3"]), ("node1", &["10.0.0.1"]), ("node2", &["10.0.0.2"])])
}

fn layout(cluster: &Cluster) -> Layout {
    Layout::new(cluster, None).unwrap()
}

fn key() -> Fingerprint {
    Fingerprint::new("abc123")
}

fn faults(cluster: &Cluster) -> Vec<String> {
    Layout::new(cluster, None).unwrap_err().iter().map(ToString::to_string).collect()
}

/// A host that is fit, and has nothing yet.
fn blank(member: &Member) -> Stand {
    let survey = Survey {
        name: member.name.to_string(),
        is_root: true,
        quorate: Some(VERSION.to_owned()),
        corosync: Some("3.1.7".to_owned()),
        ..Survey::default()
    };
    Stand { member: member.clone(), survey, ahead: 0.0 }
}

/// A host on which the cluster runs.
fn formed(member: &Member, layout: &Layout) -> Stand {
    let mut stand = blank(member);
    stand.survey.runs_corosync = true;
    stand.survey.runs_quorate = true;
    stand.survey.key = Some(key());
    stand.survey.conf_text = Some(conf::write(layout, &key()));
    stand
}

fn all(layout: &Layout, stand: impl Fn(&Member) -> Stand) -> Vec<Stand> {
    layout.members.iter().map(stand).collect()
}

fn objections(layout: &Layout, order: Order, stands: &[Stand], is_forced: bool) -> Vec<String> {
    let objections = decide(layout, order, stands, VERSION, is_forced).unwrap_err();
    objections.into_iter().map(|objection| format!("{}: {}", objection.node, objection.what)).collect()
}

#[test]
fn a_pair_is_told_that_one_of_two_is_enough() {
    insta::assert_snapshot!(conf::write(&layout(&pair()), &key()));
}

#[test]
fn all_that_a_manifest_can_say_is_told() {
    let mut cluster = cluster(&[
        ("node1", &["10.0.0.1", "10.1.0.1"]),
        ("node2", &["10.0.0.2", "10.1.0.2"]),
        ("node3", &["10.0.0.3", "10.1.0.3"]),
    ]);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let mut corosync = Corosync {
        token: Some(Duration::from_millis(1500)),
        token_coefficient: Some(Duration::from_millis(500)),
        consensus: seconds(2),
        link_mode: Some("passive".into()),
        cipher: Some("aes128".into()),
        hash: Some("sha512".into()),
        links: vec![
            Link { port: Some(5500), priority: Some(10), ..Link::default() },
            Link { ping_interval: seconds(1), ping_timeout: seconds(5), ..Link::default() },
        ],
        qdevice: Some(Qdevice {
            host: "witness".into(),
            port: Some(5404),
            algorithm: Some("lms".into()),
            tie_breaker: Some(NodeName::new("node2")),
            tls: Some("required".into()),
            timeout: seconds(10),
            sync_timeout: seconds(30),
        }),
        ..Corosync::default()
    };
    corosync.quorum.wait_for_all = Some(true);
    cluster.corosync = Some(corosync);
    insta::assert_snapshot!(conf::write(&layout(&cluster), &key()));
}

#[test]
fn what_is_written_is_read_again() {
    let layout = layout(&trio());
    let conf = Conf::read(&conf::write(&layout, &key()));
    assert!(conf.is_ours());
    assert!(!conf.is_example());
    assert_eq!(conf.key(), Some(&key()));
    assert_eq!((conf.cluster(), conf.revision()), (Some("web"), 1));
    assert_eq!(conf.ids()["node3"], 1);
    assert_eq!(conf.ids().len(), 3);
}

#[test]
fn the_example_of_a_package_is_nobody_s_cluster() {
    let text = "totem {\n\tversion: 2\n\tcluster_name: debian\n}\nnodelist {\n\t# a comment\n\tnode {\n\t\tname: node1\n\
                \t\tnodeid: 1\n\t\tring0_addr: 127.0.0.1\n\t}\n}\n";
    let layout = layout(&pair());
    let mut stands = all(&layout, blank);
    stands[0].survey.conf_text = Some(text.to_owned());
    stands[0].survey.runs_corosync = true;
    let work = decide(&layout, Order::Form, &stands, VERSION, false).unwrap().work;
    assert!(work[0].1.restarts_corosync && work[0].1.keeps_old_conf);
    assert!(work[1].1.starts_corosync && !work[1].1.keeps_old_conf);
}

#[test]
fn what_corosync_could_not_do_is_said_before() {
    assert_eq!(faults(&Cluster::default()), ["the manifest has no nodes that could be members"]);
    let mut uneven = cluster(&[("node1", &["10.0.0.1", "10.1.0.1"]), ("node2", &["10.0.0.1"])]);
    let mut corosync = Corosync { hash: Some("none".into()), ..Corosync::default() };
    corosync.quorum.two_node = Some(true);
    corosync.quorum.auto_tie_breaker = Some(true);
    corosync.quorum.auto_tie_breaker_node = Some("node1 node9".into());
    uneven.corosync = Some(corosync);
    assert_eq!(
        faults(&uneven),
        [
            "every node needs one address per link: node1 has 2, node2 has 1",
            "nodes node1 and node2 both have the address 10.0.0.1",
            "`corosync` has both `quorum.two-node` and `quorum.auto-tie-breaker`, which corosync refuses together",
            "`node9` breaks ties but is no node of the manifest",
            "`corosync.crypto` has a cipher but `hash: none`: corosync encrypts only what it also signs",
        ]
    );
}

#[test]
fn texts_cannot_break_out_of_their_line() {
    let mut cluster = pair();
    cluster.name = Some("web\ntotem {".to_owned());
    assert_eq!(faults(&cluster), ["`web\\ntotem {` cannot stand in corosync.conf"]);
}

#[test]
fn new_hosts_get_a_new_key_and_all_the_rest() {
    let layout = layout(&pair());
    let decision = decide(&layout, Order::Form, &all(&layout, blank), VERSION, false).unwrap();
    assert_eq!(decision.key, KeySource::New);
    assert_eq!(decision.reloads, None);
    for (_, work) in decision.work {
        assert!(work.writes_key && work.writes_conf && work.starts_corosync && work.starts_daemon);
        assert!(!work.keeps_old_conf && !work.restarts_corosync);
    }
}

#[test]
fn a_formed_cluster_needs_nothing() {
    let layout = layout(&trio());
    let stands = all(&layout, |member| formed(member, &layout));
    for order in [Order::Form, Order::Grow] {
        let decision = decide(&layout, order, &stands, VERSION, false).unwrap();
        assert!(decision.is_empty(), "{decision:?}");
        assert_eq!(decision.layout.revision, 1);
    }
}

#[test]
fn a_host_that_failed_gets_the_others_key() {
    let layout = layout(&pair());
    let mut stands = all(&layout, blank);
    stands[1] = formed(&layout.members[1], &layout);
    let decision = decide(&layout, Order::Form, &stands, VERSION, false).unwrap();
    assert_eq!(decision.key, KeySource::Node(NodeName::new("node2"), key()));
    assert_eq!(decision.layout.revision, 1);
    assert!(decision.work[0].1.writes_key && decision.work[0].1.writes_conf);
    assert!(decision.work[1].1.is_empty());
}

#[test]
fn a_running_cluster_is_changed_only_when_it_is_to_grow() {
    let old = layout(&pair());
    let running = Conf::read(&conf::write(&old, &key()));
    let new = Layout::new(&trio(), Some(&running)).unwrap();
    let ids: Vec<_> = new.members.iter().map(|member| (member.id, member.name.as_str())).collect();
    assert_eq!(ids, [(1, "node1"), (2, "node2"), (3, "node3")], "who is a member keeps its id");

    let mut stands = all(&new, |member| formed(member, &old));
    stands[2] = blank(&new.members[2]);
    let refused = objections(&new, Order::Form, &stands, true);
    assert_eq!(refused[0], "node1: the cluster runs, with other settings than the manifest's");

    let decision = decide(&new, Order::Grow, &stands, VERSION, false).unwrap();
    assert_eq!(decision.layout.revision, 2);
    assert_eq!(decision.reloads, Some(NodeName::new("node1")));
    assert!(decision.work[0].1.writes_conf && !decision.work[0].1.writes_key);
    assert!(!decision.work[0].1.starts_corosync && !decision.work[0].1.restarts_corosync);
    assert!(decision.work[2].1.writes_key && decision.work[2].1.starts_corosync);
}

#[test]
fn a_configuration_that_nobody_was_told_of_is_read_again() {
    let layout = Layout { revision: 2, ..layout(&trio()) };
    let mut stands = all(&layout, |member| formed(member, &layout));
    for stand in &mut stands {
        stand.survey.running_revision = Some(2);
    }
    assert!(decide(&layout, Order::Grow, &stands, VERSION, false).unwrap().is_empty());
    stands[1].survey.running_revision = Some(1);
    for order in [Order::Form, Order::Grow] {
        let decision = decide(&layout, order, &stands, VERSION, false).unwrap();
        assert_eq!(decision.reloads.as_ref(), Some(&stands[1].member.name));
        assert!(!decision.is_empty());
    }
}

#[test]
fn growing_needs_a_cluster_and_throws_nobody_out() {
    let three = layout(&trio());
    assert_eq!(
        objections(&three, Order::Grow, &all(&three, blank), true),
        ["node3: no cluster of this name runs"]
    );
    let running = Conf::read(&conf::write(&three, &key()));
    let two = Layout::new(&pair(), Some(&running)).unwrap();
    let stands = all(&two, |member| formed(member, &three));
    assert_eq!(
        objections(&two, Order::Grow, &stands, false),
        ["node1: the running cluster has node3, the manifest has not"]
    );
    for (order, is_forced) in [(Order::Grow, true), (Order::Shrink, false)] {
        let decision = decide(&two, order, &stands, VERSION, is_forced).unwrap();
        assert_eq!(decision.reloads, Some(NodeName::from("node1")));
        assert!(decision.work.iter().all(|(_, work)| work.writes_conf && !work.restarts_corosync));
    }
}

#[test]
fn hosts_that_are_not_fit_are_refused_all_at_once() {
    let layout = layout(&pair());
    let mut stands = all(&layout, blank);
    stands[0].survey.is_root = false;
    stands[0].survey.name = "db.example.org".to_owned();
    stands[0].survey.quorate = Some("0.9.0".to_owned());
    stands[0].ahead = -7.25;
    stands[1].survey.name = "node2.example.org".to_owned();
    stands[1].survey.quorate = None;
    stands[1].survey.corosync = Some("2.4.5".to_owned());
    stands[1].survey.runs_pacemaker = true;
    assert_eq!(
        objections(&layout, Order::Form, &stands, false),
        [
            "node1: commands there do not run as root",
            "node1: the host calls itself `db.example.org`",
            "node1: its clock is 7.2 s behind",
            "node1: it has quorate 0.9.0, this is 1.0.0",
            "node2: quorate is not installed",
            "node2: it has corosync 2.4.5",
            "node2: Pacemaker runs there",
        ]
    );
    assert_eq!(objections(&layout, Order::Form, &stands, true).len(), 4, "only some can be overruled");
}

#[test]
fn another_cluster_is_never_overwritten_while_it_runs() {
    let layout = layout(&pair());
    let mut other = layout.clone();
    other.cluster = "db".to_owned();
    let mut stands = all(&layout, blank);
    stands[0] = formed(&layout.members[0], &other);
    let what = "node1: it is a member of the running cluster `db`";
    assert_eq!(objections(&layout, Order::Form, &stands, true), [what]);
    stands[0].survey.runs_corosync = false;
    assert!(decide(&layout, Order::Form, &stands, VERSION, false).is_err());
    let decision = decide(&layout, Order::Form, &stands, VERSION, true).unwrap();
    assert_eq!(decision.key, KeySource::New, "the key of another cluster is not ours");
    assert!(decision.work[0].1.keeps_old_conf && decision.work[0].1.writes_key);
}

#[test]
fn surveys_survive_greetings_and_cut_ones_do_not() {
    let text = "Welcome!\nuser 0\nname node1\nclock 1700000000.25\nquorate 1.0.0\ncorosync \nruns corosync\nrevision 3\n\
                key abc123\nconf totem {\nconf   version: 2\nconf }\n";
    assert_eq!(Survey::read(text), None);
    let survey = Survey::read(&format!("{text}end yes\n")).unwrap();
    assert!(survey.is_root && survey.runs_corosync && !survey.runs_quorate);
    assert_eq!((survey.corosync.as_deref(), survey.running_revision), (None, Some(3)));
    assert_eq!(survey.key, Some(key()));
    assert_eq!(survey.conf_text.as_deref(), Some("totem {\n  version: 2\n}\n"));
}

#[test]
fn an_installing_script_shows_what_it_does() {
    let layout = layout(&pair());
    let work = Work { writes_key: true, writes_conf: true, keeps_old_conf: true, ..Work::default() };
    insta::assert_snapshot!(script::install(work, &conf::write(&layout, &key()), b"\x00key\xff"));
}

#[test]
fn a_host_that_leaves_gives_its_units_back() {
    let script = script::destroy();
    let place = |text: &str| script.find(text).unwrap_or(usize::MAX);
    let drop_in = place("/run/systemd/system/*.d/50-quorate.conf");
    assert!(place("disable --now quorate") < drop_in, "the daemon stops them in its own order first");
    assert!(drop_in < place("systemctl daemon-reload"));
    assert!(script.contains("rmdir \"${file%/*}\""), "{script}");
}
