//! Resources: primitives, groups, clones and promotable clones.

use super::{Dice, Feature, Flavour, Xml};

/// A primitive as histories need to know it.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) id: String,
    pub(super) class: &'static str,
    pub(super) provider: Option<&'static str>,
    pub(super) agent: &'static str,
    pub(super) is_promotable: bool,
    pub(super) is_cloned: bool,
    pub(super) is_unique: bool,
    pub(super) is_migratable: bool,
    /// Name, interval in milliseconds, timeout in milliseconds.
    pub(super) monitors: Vec<(u64, u64)>,
    pub(super) params: Vec<(String, String)>,
}

/// A resource of the top level.
pub(super) struct Top {
    pub(super) id: String,
    pub(super) xml: Xml,
    pub(super) leaves: Vec<Leaf>,
    pub(super) is_promotable: bool,
    /// Nodes that come with it.
    pub(super) brings: Vec<String>,
}

pub(super) struct Resources {
    pub(super) tops: Vec<Top>,
    pub(super) templates: Vec<Xml>,
}

pub(super) fn resources(dice: &mut Dice, flavour: &Flavour) -> Resources {
    let mut tops = Vec::new();
    let mut templates = Vec::new();
    if flavour.has(Feature::Fencing) || dice.one_in(4) {
        tops.push(fence_device(dice));
    }
    if flavour.has(Feature::Templates) {
        templates.push(template());
    }
    for number in 0..1 + dice.roll(4) {
        let letter = char::from(b'A' + u8::try_from(number).unwrap_or(0)).to_string();
        tops.push(top(dice, flavour, &letter));
    }
    if flavour.has(Feature::Remotes) && dice.one_in(2) {
        tops.push(remote(dice));
    }
    if flavour.has(Feature::Bundles) && dice.one_in(2) {
        tops.push(bundle(dice, flavour));
    }
    if flavour.has(Feature::Guests) && dice.one_in(2) {
        make_guest(&mut tops);
    }
    Resources { tops, templates }
}

fn template() -> Xml {
    let mut template = Xml::new("template").with("id", "T").with("class", "ocf");
    template = template.with("provider", "pacemaker").with("type", "Dummy");
    template.push(Xml::options("meta_attributes", "T-meta", &[("migration-threshold", "2")]));
    template
}

/// A connection to a remote node of the same name.
fn remote(dice: &mut Dice) -> Top {
    let mut xml = Xml::new("primitive").with("id", "remote1").with("class", "ocf");
    xml = xml.with("provider", "pacemaker").with("type", "remote");
    let params = vec![("server".to_owned(), "10.0.0.9".to_owned())];
    xml.push(Xml::options("instance_attributes", "remote1-params", &params));
    let mut monitors = Vec::new();
    if !dice.one_in(3) {
        let mut operations = Xml::new("operations");
        let monitor = Xml::new("op").with("id", "remote1-m").with("name", "monitor");
        operations.push(monitor.with("interval", "10s").with("timeout", "20s"));
        monitors.push((10_000, 20_000));
        xml.push(operations);
    }
    let leaf = Leaf { monitors, params, is_migratable: true, ..Leaf::plain("remote1", "remote") };
    let brings = vec!["remote1".to_owned()];
    Top { id: "remote1".to_owned(), xml, leaves: vec![leaf], is_promotable: false, brings }
}

/// A bundle without history: what its parts are called by their parameters is not for us to say.
fn bundle(dice: &mut Dice, flavour: &Flavour) -> Top {
    let id = "Box".to_owned();
    let is_promotable = flavour.has(Feature::Promotables) && dice.one_in(2);
    let mut xml = Xml::new("bundle").with("id", &id);
    let mut docker = Xml::new("docker").with("image", "image").with("replicas", dice.pick(&["1", "2"]));
    if is_promotable {
        docker = docker.with("promoted-max", "1");
    }
    xml.push(docker);
    if !dice.one_in(3) {
        xml.push(Xml::new("network").with("ip-range-start", "10.0.1.5").with("control-port", "3121"));
        let kind = Kind { is_promotable, is_cloned: true, is_unique: false };
        xml.push(primitive(dice, flavour, "Boxed", &kind).0);
    }
    Top { id, xml, leaves: Vec::new(), is_promotable, brings: Vec::new() }
}

/// Lets a plain primitive be a virtual machine that is a node too.
fn make_guest(tops: &mut [Top]) {
    let Some(top) = tops.iter_mut().find(|top| top.xml.name == "primitive" && top.id.len() == 1) else {
        return;
    };
    let meta = [("remote-node", "guest1")];
    top.xml.children.insert(0, Xml::options("meta_attributes", "guest1-meta", &meta));
    top.brings.push("guest1".to_owned());
    top.leaves.push(Leaf { monitors: vec![(30_000, 30_000)], ..Leaf::plain("guest1", "remote") });
}

impl Leaf {
    /// A primitive of an agent of ours.
    fn plain(id: &str, agent: &'static str) -> Self {
        Self {
            id: id.to_owned(),
            class: "ocf",
            provider: Some("pacemaker"),
            agent,
            is_promotable: false,
            is_cloned: false,
            is_unique: false,
            is_migratable: false,
            monitors: Vec::new(),
            params: Vec::new(),
        }
    }
}

fn fence_device(dice: &mut Dice) -> Top {
    let mut xml =
        Xml::new("primitive").with("id", "Fence").with("class", "stonith").with("type", "fence_xvm");
    let mut monitors = Vec::new();
    if dice.one_in(2) {
        let mut operations = Xml::new("operations");
        operations.push(
            Xml::new("op")
                .with("id", "Fence-m")
                .with("name", "monitor")
                .with("interval", "60s")
                .with("timeout", "20s"),
        );
        monitors.push((60_000, 20_000));
        xml.push(operations);
    }
    let leaf = Leaf {
        id: "Fence".to_owned(),
        class: "stonith",
        provider: None,
        agent: "fence_xvm",
        is_promotable: false,
        is_cloned: false,
        is_unique: false,
        is_migratable: false,
        monitors,
        params: Vec::new(),
    };
    Top { id: "Fence".to_owned(), xml, leaves: vec![leaf], is_promotable: false, brings: Vec::new() }
}

fn top(dice: &mut Dice, flavour: &Flavour, id: &str) -> Top {
    let is_clone = (flavour.has(Feature::Clones) || flavour.has(Feature::Promotables)) && dice.one_in(2);
    let is_promotable =
        is_clone && flavour.has(Feature::Promotables) && (!flavour.has(Feature::Clones) || dice.one_in(2));
    let is_group = flavour.has(Feature::Groups) && dice.one_in(2);
    let is_unique = is_clone && flavour.has(Feature::Unique) && dice.one_in(2);
    let inner = Kind { is_promotable, is_cloned: is_clone, is_unique };
    let (mut xml, leaves) = if is_group {
        let mut group = Xml::new("group").with("id", &format!("{id}-group"));
        let mut leaves = Vec::new();
        for number in 1..=1 + dice.roll(3) {
            let (xml, leaf) = primitive(dice, flavour, &format!("{id}{number}"), &inner);
            group.push(xml);
            leaves.push(leaf);
        }
        push_meta(dice, flavour, &mut group, 3);
        (group, leaves)
    } else {
        let (xml, leaf) = primitive(dice, flavour, id, &inner);
        (xml, vec![leaf])
    };
    let mut top_id = if is_group { format!("{id}-group") } else { id.to_owned() };
    if is_clone {
        top_id = format!("{id}-clone");
        let mut clone = Xml::new("clone").with("id", &top_id);
        let meta = clone_meta(dice, flavour, &inner);
        clone.push(Xml::options("meta_attributes", &format!("{top_id}-meta"), &meta));
        clone.push(xml);
        xml = clone;
    }
    Top { id: top_id, xml, leaves, is_promotable, brings: Vec::new() }
}

struct Kind {
    is_promotable: bool,
    is_cloned: bool,
    is_unique: bool,
}

fn clone_meta(dice: &mut Dice, flavour: &Flavour, kind: &Kind) -> Vec<(&'static str, &'static str)> {
    let mut meta = Vec::new();
    if kind.is_promotable {
        meta.push(("promotable", "true"));
    }
    if kind.is_unique {
        meta.push(("globally-unique", "true"));
    }
    if flavour.has(Feature::Notify) && dice.one_in(2) {
        meta.push(("notify", "true"));
    }
    if flavour.has(Feature::CloneOptions) {
        let choices: &[(&str, &[&str])] = &[
            ("interleave", &["true", "false"]),
            ("ordered", &["true", "false"]),
            ("clone-max", &["0", "1", "2", "3"]),
            ("clone-min", &["1", "2"]),
            ("target-role", &["Started", "Stopped", "Unpromoted"]),
            ("is-managed", &["false"]),
            ("priority", &["5"]),
            ("resource-stickiness", &["0", "10", "INFINITY"]),
        ];
        for (name, values) in choices {
            if dice.one_in(4) && (kind.is_promotable || values[values.len() - 1] != "Unpromoted") {
                meta.push((name, dice.pick(values)));
            }
        }
        if kind.is_unique && dice.one_in(2) {
            meta.push(("clone-node-max", dice.pick(&["1", "2"])));
        }
        if kind.is_promotable && dice.one_in(2) {
            meta.push(("promoted-max", dice.pick(&["1", "2", "0"])));
        }
    }
    meta
}

fn push_meta(dice: &mut Dice, flavour: &Flavour, to: &mut Xml, odds: usize) {
    if !flavour.has(Feature::MetaOptions) || !dice.one_in(odds) {
        return;
    }
    let choices: &[(&str, &[&str])] = &[
        ("resource-stickiness", &["0", "50", "INFINITY", "-5"]),
        ("priority", &["0", "10", "-10"]),
        ("migration-threshold", &["1", "2", "3"]),
        ("failure-timeout", &["10s", "1000d"]),
        ("target-role", &["Started", "Stopped"]),
        ("is-managed", &["true", "false"]),
        ("maintenance", &["true"]),
        ("critical", &["false"]),
        ("multiple-active", &["stop_only", "block", "stop_start", "stop_unexpected"]),
        ("requires", &["nothing", "quorum", "fencing"]),
        ("allow-migrate", &["true"]),
    ];
    let mut meta = Vec::new();
    for _ in 0..1 + dice.roll(2) {
        let (name, values) = dice.pick(choices);
        if meta.iter().all(|(known, _)| *known != name) {
            meta.push((name, dice.pick(values)));
        }
    }
    let id = format!("{}-meta", to.attributes[0].1);
    to.children.insert(0, Xml::options("meta_attributes", &id, &meta));
}

fn primitive(dice: &mut Dice, flavour: &Flavour, id: &str, kind: &Kind) -> (Xml, Leaf) {
    let agent = if kind.is_promotable { "Stateful" } else { "Dummy" };
    let mut xml = Xml::new("primitive").with("id", id);
    let (class, provider, agent) = if flavour.has(Feature::Templates) && dice.one_in(2) && !kind.is_promotable
    {
        xml = xml.with("template", "T");
        ("ocf", Some("pacemaker"), "Dummy")
    } else if !kind.is_promotable && dice.one_in(8) {
        xml = xml.with("class", "systemd").with("type", "web");
        ("systemd", None, "web")
    } else {
        xml = xml.with("class", "ocf").with("provider", "pacemaker").with("type", agent);
        ("ocf", Some("pacemaker"), agent)
    };
    let mut params = Vec::new();
    if flavour.has(Feature::Params) && dice.one_in(2) {
        params.push(("state".to_owned(), dice.pick(&["/run/a", "/run/b"]).to_owned()));
        xml.push(Xml::options("instance_attributes", &format!("{id}-params"), &params));
    }
    let is_migratable = flavour.has(Feature::Migration) && dice.one_in(2);
    if is_migratable {
        let meta = [("allow-migrate", "true")];
        xml.push(Xml::options("meta_attributes", &format!("{id}-migrate"), &meta));
    } else {
        push_meta(dice, flavour, &mut xml, 3);
    }
    if flavour.has(Feature::Utilization) && dice.one_in(2) {
        let needs = [("cpu", dice.pick(&["1", "2"])), ("memory", dice.pick(&["100", "150"]))];
        xml.push(Xml::options("utilization", &format!("{id}-utilization"), &needs));
    }
    let (operations, monitors) = operations(dice, flavour, id, kind);
    if !operations.children.is_empty() {
        xml.push(operations);
    }
    let leaf = Leaf {
        id: id.to_owned(),
        class,
        provider,
        agent,
        is_promotable: kind.is_promotable,
        is_cloned: kind.is_cloned,
        is_unique: kind.is_unique,
        is_migratable,
        monitors,
        params,
    };
    (xml, leaf)
}

fn operations(dice: &mut Dice, flavour: &Flavour, id: &str, kind: &Kind) -> (Xml, Vec<(u64, u64)>) {
    let mut operations = Xml::new("operations");
    let mut monitors = Vec::new();
    let plain = |name: &str, interval: &str| {
        let key = format!("{id}-{name}-{interval}");
        Xml::new("op").with("id", &key).with("name", name).with("interval", interval).with("timeout", "20s")
    };
    if kind.is_promotable && dice.one_in(2) {
        operations.push(plain("monitor", "10s").with("role", "Promoted"));
        operations.push(plain("monitor", "11s").with("role", "Unpromoted"));
        monitors.extend([(10_000, 20_000), (11_000, 20_000)]);
    } else if !dice.one_in(3) {
        let mut monitor = plain("monitor", "10s");
        if flavour.has(Feature::OperationOptions) && dice.one_in(2) {
            let reactions = ["ignore", "block", "stop", "restart", "standby", "fence", "demote"];
            monitor =
                monitor.with("on-fail", dice.pick(&reactions[..if kind.is_promotable { 7 } else { 6 }]));
        }
        operations.push(monitor);
        monitors.push((10_000, 20_000));
        if flavour.has(Feature::OperationOptions) && dice.one_in(4) {
            operations.push(plain("monitor", "30s").with("role", "Stopped"));
        }
    }
    if flavour.has(Feature::OperationOptions) {
        for name in ["start", "stop", "promote", "demote"] {
            let is_for_all = matches!(name, "start" | "stop");
            if (is_for_all || kind.is_promotable) && dice.one_in(4) {
                let reactions: &[&str] = match name {
                    "stop" => &["block", "fence", "ignore"],
                    _ => &["ignore", "block", "stop", "restart", "standby", "fence"],
                };
                let on_fail = dice.pick(reactions);
                if on_fail != "fence" || flavour.has(Feature::Fencing) {
                    operations.push(plain(name, "0s").with("on-fail", on_fail));
                }
            }
        }
    }
    (operations, monitors)
}
