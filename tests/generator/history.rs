//! What happened: membership, attributes and histories, as a cluster would have written them.

use super::digest::digest;
use super::resources::{Leaf, Resources};
use super::{Dice, Feature, Flavour, NOW, Places, Xml};

pub(super) fn status(dice: &mut Dice, flavour: &Flavour, resources: &Resources, places: &Places) -> Xml {
    let nodes = places.names.len();
    let mut section = Xml::new("status");
    let mut homes: Vec<(String, Vec<Story>)> = Vec::new();
    for top in &resources.tops {
        // What brings nodes along runs on members.
        let nodes = if top.brings.is_empty() { nodes } else { places.members };
        let (home, promoted) = (dice.roll(nodes + 1), dice.roll(nodes + 1));
        for leaf in &top.leaves {
            let mut told = stories(dice, flavour, leaf, nodes, home, promoted);
            for (_, told) in &mut told {
                told.resize(places.names.len(), Story::Unknown);
            }
            homes.extend(told);
        }
    }
    let leaves: Vec<&Leaf> = resources.tops.iter().flat_map(|top| &top.leaves).collect();
    for node in 0..nodes {
        let mut state = if node < places.members {
            membership(dice, flavour, node)
        } else {
            connected(dice, flavour, &places.names[node])
        };
        let is_blank = dice.one_in(12);
        let mut attributes: Vec<(String, String)> = Vec::new();
        let mut histories = Vec::new();
        if !is_blank {
            for (name, told) in &homes {
                let Some(leaf) = leaves.iter().find(|leaf| name.split(':').next() == Some(leaf.id.as_str()))
                else {
                    continue;
                };
                histories.extend(
                    Record::of(dice, flavour, leaf, name, node, places).tell(&told[node], &mut attributes),
                );
            }
            if flavour.has(Feature::Orphans) && dice.one_in(2) {
                histories.extend(orphan(dice, flavour, node, places, &mut attributes));
            }
        }
        for attribute in node_attributes(dice, flavour, &leaves, &state) {
            if attributes.iter().all(|(known, _)| *known != attribute.0) {
                attributes.push(attribute);
            }
        }
        if !attributes.is_empty() {
            let id = places.id(node);
            let mut transient = Xml::new("transient_attributes").with("id", &id);
            transient.push(Xml::options("instance_attributes", &format!("status-{id}"), &attributes));
            state.push(transient);
        }
        let mut lrm = Xml::new("lrm").with("id", &places.id(node));
        let mut list = Xml::new("lrm_resources");
        list.children = histories;
        lrm.push(list);
        state.push(lrm);
        section.push(state);
    }
    if flavour.has(Feature::Tickets) && !dice.one_in(3) {
        let mut tickets = Xml::new("tickets");
        let mut ticket =
            Xml::new("ticket_state").with("id", "T1").with("granted", dice.pick(&["true", "false"]));
        if dice.one_in(3) {
            ticket = ticket.with("standby", "true");
        }
        tickets.push(ticket.with("last-granted", "1600000000"));
        section.push(tickets);
    }
    section
}

fn membership(dice: &mut Dice, flavour: &Flavour, node: usize) -> Xml {
    let state =
        Xml::new("node_state").with("id", &(node + 1).to_string()).with("uname", &format!("n{}", node + 1));
    let trouble = if flavour.has(Feature::NodeTrouble) && dice.one_in(3) { 1 + dice.roll(5) } else { 0 };
    let (ccm, peer, join, expected) = match trouble {
        1 => ("false", "offline", "down", "down"),
        2 => ("false", "offline", "down", "member"),
        3 => ("true", "online", "down", "down"),
        4 => ("true", "offline", "down", "member"),
        _ => ("true", "online", "member", "member"),
    };
    state.with("in_ccm", ccm).with("crmd", peer).with("join", join).with("expected", expected)
}

/// The state of a node that is reached through a connection.
fn connected(dice: &mut Dice, flavour: &Flavour, name: &str) -> Xml {
    let is_fenced = flavour.has(Feature::NodeTrouble) && dice.one_in(6);
    let rests = flavour.has(Feature::NodeTrouble) && dice.one_in(8);
    let state = Xml::new("node_state").with("remote_node", "true").with("id", name).with("uname", name);
    state
        .with("in_ccm", "true")
        .with("node_fenced", if is_fenced { "1" } else { "0" })
        .with("node_in_maintenance", if rests { "1" } else { "0" })
}

fn node_attributes(
    dice: &mut Dice,
    flavour: &Flavour,
    leaves: &[&Leaf],
    state: &Xml,
) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let is_up = state.attributes.iter().any(|(name, value)| *name == "join" && value == "member");
    if is_up && flavour.has(Feature::NodeTrouble) && dice.one_in(8) {
        attributes.push(("shutdown".to_owned(), "1600000000".to_owned()));
    }
    if flavour.has(Feature::Health) && dice.one_in(2) {
        attributes.push(("#health-disk".to_owned(), dice.pick(&["red", "yellow", "green", "10"]).to_owned()));
    }
    for leaf in leaves {
        if leaf.is_promotable && !dice.one_in(3) {
            let score = dice.pick(&["5", "10", "100", "-1", "INFINITY"]);
            attributes.push((format!("master-{}", leaf.id), score.to_owned()));
        }
        if flavour.has(Feature::FailCounts) && dice.one_in(4) {
            let operation = dice.pick(&["monitor_10000", "start_0", "stop_0"]);
            let count = dice.pick(&["1", "2", "INFINITY"]);
            attributes.push((format!("fail-count-{}#{operation}", leaf.id), count.to_owned()));
            attributes.push((format!("last-failure-{}#{operation}", leaf.id), "1699990000".to_owned()));
        }
    }
    attributes
}

/// What a node has seen of a resource.
#[derive(Clone)]
enum Story {
    Unknown,
    Absent,
    Running,
    Found(&'static str),
    Stopped,
    Promoted,
    Demoted,
    Failed { task: &'static str, rc: &'static str, status: &'static str },
    Pending(&'static str),
    MigratedAway { to: usize, stopped: bool, failed: bool },
    MigratedHere { from: usize, failed: bool },
}

/// The histories of a primitive or of its instances: a name and a story for each node.
fn stories(
    dice: &mut Dice,
    flavour: &Flavour,
    leaf: &Leaf,
    nodes: usize,
    home: usize,
    promoted: usize,
) -> Vec<(String, Vec<Story>)> {
    if leaf.is_unique {
        let instances = 1 + dice.roll(2);
        return (0..instances)
            .map(|number| {
                let home = (home + number) % (nodes + 1);
                let told = (0..nodes)
                    .map(|node| story(dice, flavour, leaf, node == home, node == promoted))
                    .collect();
                (format!("{}:{number}", leaf.id), told)
            })
            .collect();
    }
    let runs_most = home < nodes || dice.one_in(2);
    let mut told: Vec<Story> = (0..nodes)
        .map(|node| {
            let is_home = if leaf.is_cloned { runs_most && !dice.one_in(4) } else { node == home };
            story(dice, flavour, leaf, is_home, node == promoted)
        })
        .collect();
    if leaf.is_migratable && !leaf.is_cloned && home < nodes && nodes > 1 && dice.one_in(2) {
        let to = (home + 1 + dice.roll(nodes - 1)) % nodes;
        let failed = dice.one_in(4);
        told[home] = Story::MigratedAway { to, stopped: dice.one_in(2), failed };
        let has_arrived = !failed && dice.one_in(2);
        told[to] = if has_arrived {
            Story::MigratedHere { from: home, failed: dice.one_in(4) }
        } else {
            Story::Absent
        };
    }
    vec![(leaf.id.clone(), told)]
}

fn story(dice: &mut Dice, flavour: &Flavour, leaf: &Leaf, is_home: bool, is_promoted: bool) -> Story {
    if flavour.has(Feature::Failures) && dice.one_in(4) {
        let task = dice.pick(if leaf.is_promotable {
            &["monitor", "start", "stop", "probe", "promote", "demote"]
        } else {
            &["monitor", "start", "stop", "probe"]
        });
        let (rc, status) = dice.pick(&[
            ("1", "0"),
            ("1", "4"),
            ("7", "0"),
            ("5", "0"),
            ("6", "4"),
            ("2", "4"),
            ("1", "2"),
            ("4", "0"),
            ("9", "0"),
        ]);
        return Story::Failed { task, rc, status };
    }
    if flavour.has(Feature::Pending) && dice.one_in(5) {
        return Story::Pending(dice.pick(if leaf.is_promotable {
            &["monitor", "start", "stop", "probe", "promote", "demote"]
        } else {
            &["monitor", "start", "stop", "probe"]
        }));
    }
    if flavour.has(Feature::MultiplyActive) && dice.one_in(4) {
        return if dice.one_in(2) { Story::Running } else { Story::Found("0") };
    }
    if !is_home {
        return match dice.roll(6) {
            0 => Story::Unknown,
            1 => Story::Stopped,
            _ => Story::Absent,
        };
    }
    if leaf.is_promotable && is_promoted {
        return Story::Promoted;
    }
    match dice.roll(12) {
        0 => Story::Found(if leaf.is_promotable && dice.one_in(2) { "8" } else { "0" }),
        1 if leaf.is_promotable => Story::Demoted,
        _ => Story::Running,
    }
}

fn orphan(
    dice: &mut Dice,
    flavour: &Flavour,
    node: usize,
    places: &Places,
    attributes: &mut Vec<(String, String)>,
) -> Option<Xml> {
    let leaf = Leaf {
        id: "Gone".to_owned(),
        class: "ocf",
        provider: Some("pacemaker"),
        agent: "Dummy",
        is_promotable: false,
        is_cloned: false,
        is_unique: false,
        is_migratable: false,
        monitors: vec![(10_000, 20_000)],
        params: Vec::new(),
    };
    let is_home = dice.one_in(2);
    let told = story(dice, flavour, &leaf, is_home, false);
    Record::of(dice, flavour, &leaf, "Gone", node, places).tell(&told, attributes)
}

/// The history of a resource on a node while it is written.
struct Record<'l> {
    leaf: &'l Leaf,
    places: &'l Places,
    /// Since when the resource is locked to the node.
    lock: Option<&'static str>,
    name: String,
    node: usize,
    calls: usize,
    entries: Vec<Xml>,
    has_other_params: bool,
    misses_monitors: bool,
    counts: bool,
}

impl<'l> Record<'l> {
    fn of(
        dice: &mut Dice,
        flavour: &Flavour,
        leaf: &'l Leaf,
        name: &str,
        node: usize,
        places: &'l Places,
    ) -> Self {
        let is_locked =
            flavour.has(Feature::Locks) && !leaf.is_cloned && leaf.agent != "remote" && dice.one_in(4);
        Self {
            leaf,
            places,
            lock: is_locked.then(|| dice.pick(&["1699999000", "1600000000"])),
            name: name.to_owned(),
            node,
            calls: 10 * dice.roll(9),
            entries: Vec::new(),
            has_other_params: flavour.has(Feature::Digests) && dice.one_in(4),
            misses_monitors: dice.one_in(8),
            counts: dice.one_in(2),
        }
    }

    fn tell(mut self, story: &Story, attributes: &mut Vec<(String, String)>) -> Option<Xml> {
        if !matches!(
            story,
            Story::Unknown | Story::Found(_) | Story::Failed { task: "probe", .. } | Story::Pending("probe")
        ) {
            self.result("last_0", "monitor", 0, "7", "0", "7", &[]);
        }
        match story {
            Story::Unknown => return None,
            Story::Absent => {}
            Story::Running => self.run(),
            Story::Found(rc) => self.result("last_0", "monitor", 0, rc, "0", "7", &[]),
            Story::Stopped => {
                self.run();
                self.done("stop");
            }
            Story::Promoted => {
                self.done("start");
                self.done("promote");
                self.monitors("8");
            }
            Story::Demoted => {
                self.done("start");
                self.done("promote");
                self.done("demote");
                self.monitors("0");
            }
            Story::Failed { task, rc, status } => self.fail(task, rc, status, attributes),
            Story::Pending(task) => self.begin(task),
            Story::MigratedAway { to, stopped, failed } => self.migrate_away(*to, *stopped, *failed),
            Story::MigratedHere { from, failed } => {
                let ends = self.ends(*from, self.node);
                let rc = if *failed { "1" } else { "0" };
                let entry = if *failed { "last_failure_0" } else { "last_0" };
                self.result(entry, "migrate_from", 0, rc, "0", "0", &ends);
                if !failed {
                    self.monitors("0");
                }
            }
        }
        Some(self.close())
    }

    fn run(&mut self) {
        self.done("start");
        self.monitors("0");
    }

    fn done(&mut self, task: &'static str) {
        self.result("last_0", task, 0, "0", "0", "0", &[]);
    }

    fn monitors(&mut self, rc: &str) {
        if self.misses_monitors {
            return;
        }
        for (interval, _) in &self.leaf.monitors {
            let is_for_promoted = self.leaf.monitors.len() > 1 && *interval == 10_000;
            if self.leaf.monitors.len() == 1 || is_for_promoted == (rc == "8") {
                self.result(&format!("monitor_{interval}"), "monitor", *interval, rc, "0", rc, &[]);
            }
        }
    }

    fn fail(&mut self, task: &str, rc: &str, status: &str, attributes: &mut Vec<(String, String)>) {
        let (task, interval, expected) = match task {
            "probe" => ("monitor", 0, "7"),
            "monitor" => {
                ("monitor", self.leaf.monitors.first().map_or(10_000, |(interval, _)| *interval), "0")
            }
            other => (other, 0, "0"),
        };
        if task != "start" && expected == "0" {
            self.run();
        }
        if task == "demote" {
            self.done("promote");
        }
        self.result("last_failure_0", task, interval, rc, status, expected, &[]);
        if interval == 0 {
            self.result("last_0", task, 0, rc, status, expected, &[]);
            self.calls -= 1;
        } else {
            self.result(&format!("monitor_{interval}"), task, interval, rc, status, expected, &[]);
        }
        if self.counts && expected == "0" {
            let base = self.name.split(':').next().unwrap_or_default();
            let name = if self.leaf.is_unique { &self.name } else { base };
            let count = if task == "start" || task == "stop" { "INFINITY" } else { "1" };
            attributes.push((format!("fail-count-{name}#{task}_{interval}"), count.to_owned()));
            let moment = NOW - 100_000 + i64::try_from(self.calls).unwrap_or(0);
            attributes.push((format!("last-failure-{name}#{task}_{interval}"), moment.to_string()));
        }
    }

    fn begin(&mut self, task: &str) {
        match task {
            "probe" => self.result("last_0", "monitor", 0, "193", "-1", "7", &[]),
            "monitor" => {
                self.done("start");
                let interval = self.leaf.monitors.first().map_or(10_000, |(interval, _)| *interval);
                self.result(&format!("monitor_{interval}"), "monitor", interval, "193", "-1", "0", &[]);
            }
            "start" => self.result("last_0", "start", 0, "193", "-1", "0", &[]),
            "demote" => {
                self.done("start");
                self.done("promote");
                self.result("last_0", "demote", 0, "193", "-1", "0", &[]);
            }
            other => {
                self.run();
                let task = if other == "stop" { "stop" } else { "promote" };
                self.result("last_0", task, 0, "193", "-1", "0", &[]);
            }
        }
    }

    fn migrate_away(&mut self, to: usize, stopped: bool, failed: bool) {
        self.run();
        let ends = self.ends(self.node, to);
        let rc = if failed { "1" } else { "0" };
        self.result(if failed { "last_failure_0" } else { "last_0" }, "migrate_to", 0, rc, "0", "0", &ends);
        if stopped {
            self.done("stop");
        }
    }

    fn ends(&self, from: usize, to: usize) -> [(&'static str, String); 2] {
        let name = |node: usize| self.places.names[node].clone();
        [("migrate_source", name(from)), ("migrate_target", name(to))]
    }

    /// One result; a later one of the same entry replaces it.
    #[expect(clippy::too_many_arguments, reason = "a result has that many sides")]
    fn result(
        &mut self,
        entry: &str,
        task: &str,
        interval: u64,
        rc: &str,
        status: &str,
        expected: &str,
        more: &[(&'static str, String)],
    ) {
        self.calls += 1;
        let id = format!("{}_{entry}", self.name);
        let key = format!("{}_{task}_{interval}", self.name);
        let call = if status == "-1" { "-1".to_owned() } else { self.calls.to_string() };
        let moment = NOW - 100_000 + i64::try_from(self.calls).unwrap_or(0);
        let uuid = "8be6f3f5-ff3b-4cd5-8d4c-3ed1d4a5d0f0";
        let transition = format!("{}:1:{expected}:{uuid}", self.calls);
        let mut xml =
            Xml::new("lrm_rsc_op").with("id", &id).with("operation_key", &key).with("operation", task);
        xml = xml
            .with("crm_feature_set", "3.16.2")
            .with("transition-key", &transition)
            .with("transition-magic", &format!("{status}:{rc};{transition}"))
            .with("call-id", &call)
            .with("rc-code", rc)
            .with("op-status", status)
            .with("interval", &interval.to_string())
            .with("last-rc-change", &moment.to_string())
            .with("exec-time", "10")
            .with("queue-time", "0")
            .with("op-digest", &self.digest(interval))
            .with("on_node", &self.places.names[self.node]);
        xml.attributes.extend(more.iter().cloned());
        self.entries.retain(|known| known.attributes[0].1 != id);
        self.entries.push(xml);
    }

    fn digest(&self, interval: u64) -> String {
        let mut params = self.leaf.params.clone();
        if interval > 0 {
            let timeout =
                self.leaf.monitors.iter().find(|(known, _)| *known == interval).map_or(20_000, |(_, t)| *t);
            params.push(("CRM_meta_timeout".to_owned(), timeout.to_string()));
        }
        if self.has_other_params {
            params.push(("old".to_owned(), "1".to_owned()));
        }
        digest(&params)
    }

    fn close(self) -> Xml {
        let mut xml = Xml::new("lrm_resource").with("id", &self.name).with("class", self.leaf.class);
        if let Some(provider) = self.leaf.provider {
            xml = xml.with("provider", provider);
        }
        xml = xml.with("type", self.leaf.agent);
        if let Some(since) = self.lock {
            xml = xml.with("shutdown-lock", since);
        }
        xml.children = self.entries;
        xml
    }
}
