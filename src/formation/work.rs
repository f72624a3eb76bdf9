//! What each host needs, or why nothing may be touched.

use super::fitness::fitness;
use super::{Conf, Fingerprint, Layout, Member, Survey, conf};
use crate::model::NodeName;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Form the cluster; a cluster that runs is not touched.
    Form,
    /// Bring a cluster that runs to what the manifest says.
    Grow,
    /// Take out nodes that were taken off: those that stay are told.
    Shrink,
}

/// A host, with what it said.
#[derive(Debug, Clone, PartialEq)]
pub struct Stand {
    /// Which member it is to be.
    pub member: Member,
    /// What it said of itself.
    pub survey: Survey,
    /// By how many seconds its clock is ahead of ours, at least.
    pub ahead: f64,
}

/// Something that speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The node that it is about.
    pub node: NodeName,
    /// What is wrong, as a lower-case fragment.
    pub what: String,
    /// What to do about it.
    pub help: String,
    /// Whether `--force` overrules it.
    pub is_forceable: bool,
}

/// Where the key comes from that all members share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// This node has it.
    Node(NodeName, Fingerprint),
    /// There is none: a new one is needed.
    New,
}

/// What a host needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// The key is not there, or is another.
    pub writes_key: bool,
    /// The configuration is not there, or is another.
    pub writes_conf: bool,
    /// There is a configuration of somebody else's, which is kept beside ours.
    pub keeps_old_conf: bool,
    /// Corosync runs, and must start again to take the configuration.
    pub restarts_corosync: bool,
    /// Corosync does not run.
    pub starts_corosync: bool,
    /// The node daemon does not run.
    pub starts_daemon: bool,
}

impl Work {
    /// Whether there is anything to do.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The layout, with the number of its revision.
    pub layout: Layout,
    /// Where the key comes from.
    pub key: KeySource,
    /// What each host needs, in the order of the members.
    pub work: Vec<(Member, Work)>,
    /// A node to tell that there is a new configuration, where corosync runs already with another.
    pub reloads: Option<NodeName>,
}

impl Decision {
    /// Whether there is anything to do.
    pub fn is_empty(&self) -> bool {
        self.work.iter().all(|(_, work)| work.is_empty()) && self.reloads.is_none()
    }
}

/// Decides what to do on hosts that have said what they are.
///
/// # Errors
/// Everything that speaks against it, if there is anything that `is_forced` does not overrule.
pub fn decide(
    layout: &Layout,
    order: Order,
    stands: &[Stand],
    version: &str,
    is_forced: bool,
) -> Result<Decision, Vec<Objection>> {
    let mut objections: Vec<Objection> =
        stands.iter().flat_map(|stand| fitness(stand, layout, version)).collect();
    objections.extend(stands.iter().filter_map(|stand| foreign(stand, layout)));
    let running: Vec<(&Stand, Conf)> = stands
        .iter()
        .filter(|stand| stand.survey.runs_corosync)
        .filter_map(|stand| Some((stand, ours(stand, layout)?)))
        .collect();
    let target = target(layout, stands);
    objections.extend(ordered(&target, order, &running, stands));
    objections.retain(|objection| !(is_forced && objection.is_forceable));
    if !objections.is_empty() {
        return Err(objections);
    }

    let key = key_source(&running, stands, layout);
    let work =
        stands.iter().map(|stand| (stand.member.clone(), work(stand, &target, &key))).collect::<Vec<_>>();
    let is_behind = |stand: &Stand| {
        let needed = work.iter().find(|(member, _)| member.id == stand.member.id);
        let runs_other = stand.survey.running_revision.is_some_and(|runs| runs != target.revision);
        needed.is_some_and(|(_, work)| (work.writes_conf || runs_other) && !work.restarts_corosync)
    };
    let reloads =
        running.iter().find(|(stand, _)| is_behind(stand)).map(|(stand, _)| stand.member.name.clone());
    Ok(Decision { layout: target, key, work, reloads })
}

/// The configuration of a host, if it is one of this very cluster.
fn ours(stand: &Stand, layout: &Layout) -> Option<Conf> {
    stand.survey.conf().filter(|conf| conf.is_ours() && conf.cluster() == Some(layout.cluster.as_str()))
}

/// The layout with its number: that of the newest configuration around if that says the same, else the next.
fn target(layout: &Layout, stands: &[Stand]) -> Layout {
    let confs: Vec<(Conf, &str)> = stands
        .iter()
        .filter_map(|stand| Some((ours(stand, layout)?, stand.survey.conf_text.as_deref()?)))
        .collect();
    let Some(newest) = confs.iter().map(|(conf, _)| conf.revision()).max() else {
        return Layout { revision: 1, ..layout.clone() };
    };
    let same = Layout { revision: newest, ..layout.clone() };
    let mut newest_texts = confs.iter().filter(|(conf, _)| conf.revision() == newest);
    if newest_texts.all(|(conf, text)| says(&same, conf, text)) {
        same
    } else {
        Layout { revision: newest + 1, ..layout.clone() }
    }
}

/// Whether a configuration is what would be written for a layout.
fn says(layout: &Layout, conf: &Conf, text: &str) -> bool {
    conf.key().is_some_and(|key| conf::write(layout, key) == text)
}

/// Another cluster on a host.
fn foreign(stand: &Stand, layout: &Layout) -> Option<Objection> {
    let conf = stand.survey.conf()?;
    if ours(stand, layout).is_some() || conf.is_example() {
        return None;
    }
    let name = conf.cluster().unwrap_or("without a name").to_owned();
    let node = stand.member.name.clone();
    Some(if stand.survey.runs_corosync {
        Objection {
            node,
            what: format!("it is a member of the running cluster `{name}`"),
            help: "a node belongs to one cluster: take it out of that one first".to_owned(),
            is_forceable: false,
        }
    } else {
        Objection {
            node,
            what: format!("it has a configuration for another cluster, `{name}`"),
            help: "--force replaces it, and keeps it as corosync.conf.before-quorate".to_owned(),
            is_forceable: true,
        }
    })
}

/// What the order does not allow in the face of what runs.
fn ordered(target: &Layout, order: Order, running: &[(&Stand, Conf)], stands: &[Stand]) -> Vec<Objection> {
    let object = |stand: &Stand, what: &str, help: &str| Objection {
        node: stand.member.name.clone(),
        what: what.to_owned(),
        help: help.to_owned(),
        is_forceable: false,
    };
    match order {
        Order::Grow if running.is_empty() => stands
            .first()
            .map(|stand| object(stand, "no cluster of this name runs", "`quorate cluster init` forms one"))
            .into_iter()
            .collect(),
        Order::Grow => {
            let gone = |conf: &Conf| -> Vec<String> {
                conf.ids().into_keys().filter(|name| target.member(name).is_none()).collect()
            };
            let mut objections = Vec::new();
            if let Some((stand, conf)) = running.iter().find(|(_, conf)| !gone(conf).is_empty()) {
                let names = gone(conf).join(", ");
                let what = format!("the running cluster has {names}, the manifest has not");
                let help = format!(
                    "put it back into the manifest, or take it out first, with the manifest that has it: \
                     `quorate cluster destroy {names}`; a host that is gone for good is left out by --force"
                );
                objections.push(Objection { is_forceable: true, ..object(stand, &what, &help) });
            }
            objections
        }
        Order::Shrink => Vec::new(),
        Order::Form => running
            .iter()
            .filter(|(stand, conf)| {
                !stand.survey.conf_text.as_deref().is_some_and(|text| says(target, conf, text))
            })
            .map(|(stand, _)| {
                object(
                    stand,
                    "the cluster runs, with other settings than the manifest's",
                    "`quorate cluster join` brings a running cluster to what the manifest says",
                )
            })
            .collect(),
    }
}

/// A running member's key before any other's: those cannot change while it runs.
fn key_source(running: &[(&Stand, Conf)], stands: &[Stand], layout: &Layout) -> KeySource {
    let stopped = stands.iter().filter(|stand| ours(stand, layout).is_some());
    let mut candidates = running.iter().map(|(stand, _)| *stand).chain(stopped);
    let owner = candidates.find_map(|stand| Some((stand.member.name.clone(), stand.survey.key.clone()?)));
    owner.map_or(KeySource::New, |(name, key)| KeySource::Node(name, key))
}

fn work(stand: &Stand, target: &Layout, key: &KeySource) -> Work {
    let Survey { runs_corosync, runs_quorate, .. } = stand.survey;
    let has_key = matches!(key, KeySource::Node(_, key) if stand.survey.key.as_ref() == Some(key));
    let conf = ours(stand, target);
    let has_conf = conf.as_ref().zip(stand.survey.conf_text.as_deref()).is_some_and(|(conf, text)| {
        says(target, conf, text) && matches!(key, KeySource::Node(_, key) if conf.key() == Some(key))
    });
    Work {
        writes_key: !has_key,
        writes_conf: !has_conf,
        keeps_old_conf: conf.is_none() && stand.survey.conf_text.is_some(),
        restarts_corosync: runs_corosync && conf.is_none(),
        starts_corosync: !runs_corosync,
        starts_daemon: !runs_quorate,
    }
}
