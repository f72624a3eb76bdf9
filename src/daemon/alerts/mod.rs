//! Alerts: what happened is told to programs of the operator's, as Pacemaker tells its alert agents.
//!
//! Each member tells of nodes and fencing, and of the actions that ran on itself. Agents run beside
//! everything else: none of them holds up the cluster.

#![expect(clippy::disallowed_methods, reason = "says when something happened")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Zoned;
use jiff::fmt::strtime;

use crate::agent::Installation;
use crate::agent::alert::alert;
use crate::cluster::Event;
use crate::executor::ActionResult;
use crate::model::alert::{Alert, AlertEvent, Recipient};
use crate::model::{Cluster, NodeName, OptionSet, period, scalar};
use crate::scheduler::{Action, ActionKind, Task};
use crate::status::ResultCode;

/// Runs alert agents.
#[derive(Debug)]
pub(super) struct Alerts {
    site: Installation,
    node: NodeName,
    /// Members that were told of.
    members: BTreeSet<NodeName>,
    told: u64,
}

/// What an agent is told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct News {
    kind: Kind,
    about: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Node,
    Fencing,
    Resource,
}

impl Alerts {
    /// How long an agent may take unless its alert says otherwise.
    const TIMEOUT: Duration = Duration::from_secs(30);
    /// How moments are written unless the alert says otherwise.
    const FORMAT: &str = "%H:%M:%S.%06N";

    pub(super) fn new(site: Installation, node: NodeName) -> Self {
        Self { site, node, members: BTreeSet::new(), told: 0 }
    }

    /// Tells whoever wants to know.
    pub(super) fn tell(&mut self, event: &Event, cluster: &Cluster) {
        for news in self.news(event) {
            for alert in cluster.alerts.iter().filter(|alert| is_wanted(alert, news.kind)) {
                self.run(alert, &news);
            }
        }
    }

    /// What is worth telling of an event.
    fn news(&mut self, event: &Event) -> Vec<News> {
        match event {
            Event::Settled { members, .. } => {
                let known = std::mem::replace(&mut self.members, members.iter().cloned().collect());
                members
                    .iter()
                    .filter(|name| !known.contains(*name))
                    .map(|name| node(name, "member"))
                    .collect()
            }
            Event::Gone { node: name, .. } => {
                self.members.remove(name);
                vec![node(name, "lost")]
            }
            Event::Finished { worker, action, result, .. } if action.kind == ActionKind::Fence => {
                fencing(worker, action, result).into_iter().collect()
            }
            Event::Finished { worker, action, result, .. } if *worker == self.node => {
                resource(worker, action, result).into_iter().collect()
            }
            Event::Finished { .. }
            | Event::Quorum { .. }
            | Event::Forsaken { .. }
            | Event::ConfirmedDown { .. }
            | Event::Condemned { .. }
            | Event::InForce { .. }
            | Event::Dropped { .. }
            | Event::Forgone { .. }
            | Event::Overridden
            | Event::Lapsed(_)
            | Event::Scheduled(_)
            | Event::Held { .. }
            | Event::Started(_)
            | Event::Refused { .. } => Vec::new(),
        }
    }

    /// Runs the agent of an alert, once for each recipient.
    fn run(&mut self, wanted: &Alert, news: &News) {
        let now = Zoned::now();
        let nobody =
            Recipient { id: None, value: "".into(), description: None, meta: Vec::new(), params: Vec::new() };
        let all =
            if wanted.recipients.is_empty() { std::slice::from_ref(&nobody) } else { &wanted.recipients };
        for recipient in all {
            let (own, meta) = (OptionSet::all_unruled(&recipient.meta), OptionSet::all_unruled(&wanted.meta));
            let option = |name: &str| own.get(name).or_else(|| meta.get(name)).cloned();
            if option("enabled").and_then(|text| scalar::parse_boolean(&text)) == Some(false) {
                continue;
            }
            self.told += 1;
            let format = option("timestamp-format");
            let env = environment(
                wanted,
                recipient,
                news,
                self.told,
                &now,
                format.as_deref().unwrap_or(Self::FORMAT),
            );
            let timeout = option("timeout").and_then(|text| period::parse(&text)).unwrap_or(Self::TIMEOUT);
            let (site, path, id) = (self.site.clone(), PathBuf::from(&*wanted.path), wanted.id.clone());
            tokio::spawn(async move {
                let done = alert(&site, path, env, timeout).await;
                if !done.is_ok() {
                    let reason = done.exit_reason.unwrap_or_else(|| done.rc.name().to_owned());
                    tracing::warn!(alert = &*id, reason, "an alert agent failed");
                }
            });
        }
    }
}

/// Without a selection everything is wanted but attributes.
fn is_wanted(alert: &Alert, kind: Kind) -> bool {
    alert.select.is_empty()
        || alert.select.iter().any(|event| match event {
            AlertEvent::Nodes => kind == Kind::Node,
            AlertEvent::Fencing => kind == Kind::Fencing,
            AlertEvent::Resources => kind == Kind::Resource,
            AlertEvent::Attributes(_) => false,
        })
}

fn node(name: &NodeName, what: &str) -> News {
    News { kind: Kind::Node, about: vec![("node", name.to_string()), ("desc", what.to_owned())] }
}

fn fencing(worker: &NodeName, action: &Action, result: &ActionResult) -> Option<News> {
    let target =
        action.node.as_ref().filter(|_| action.task.takes_node_down() || action.task == Task::FenceOn)?;
    let task = if action.task == Task::FenceOff {
        "off"
    } else if action.task == Task::FenceOn {
        "on"
    } else {
        "reboot"
    };
    let end = if result.rc == ResultCode::OK { "OK" } else { "failed" };
    let reason = result.exit_reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Some(News {
        kind: Kind::Fencing,
        about: vec![
            ("node", target.to_string()),
            ("task", task.to_owned()),
            ("rc", result.rc.0.to_string()),
            ("desc", format!("Operation {task} of {target} by {worker}: {end}{reason}")),
        ],
    })
}

/// Monitors that answer as expected, and probes, are no news.
fn resource(worker: &NodeName, action: &Action, result: &ActionResult) -> Option<News> {
    let name = action.resource.as_ref()?;
    let is_expected = result.is_expected(action);
    if action.is_probe() || action.task == Task::Monitor && is_expected || action.task == Task::Notify {
        return None;
    }
    let desc = if is_expected {
        "ok".to_owned()
    } else {
        result.exit_reason.as_deref().unwrap_or(result.rc.name()).to_owned()
    };
    Some(News {
        kind: Kind::Resource,
        about: vec![
            ("node", worker.to_string()),
            ("rsc", name.to_string()),
            ("task", action.task.as_str().to_owned()),
            ("interval", action.interval.as_millis().to_string()),
            ("rc", result.rc.0.to_string()),
            ("target_rc", crate::executor::expected_rc(action).0.to_string()),
            ("status", u8::from(!is_expected).saturating_mul(4).to_string()),
            ("exec_time", result.took.as_millis().to_string()),
            ("desc", desc),
        ],
    })
}

/// The environment of an agent: what the operator set, and what happened.
fn environment(
    alert: &Alert,
    recipient: &Recipient,
    news: &News,
    sequence: u64,
    now: &Zoned,
    format: &str,
) -> Vec<(String, String)> {
    let mut params = OptionSet::all_unruled(&alert.params);
    params.extend(OptionSet::all_unruled(&recipient.params));
    let mut env: Vec<(String, String)> =
        params.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let kind = match news.kind {
        Kind::Node => "node",
        Kind::Fencing => "fencing",
        Kind::Resource => "resource",
    };
    let mut set = |name: &str, value: String| env.push((format!("CRM_alert_{name}"), value));
    set("kind", kind.to_owned());
    set("version", env!("CARGO_PKG_VERSION").to_owned());
    set("recipient", recipient.value.to_string());
    set("node_sequence", sequence.to_string());
    set("timestamp", written(now, format));
    set("timestamp_epoch", now.timestamp().as_second().to_string());
    set("timestamp_usec", now.timestamp().subsec_microsecond().to_string());
    for (name, value) in &news.about {
        set(name, value.clone());
    }
    env
}

/// A moment as `date` writes it. `%06N` is how alerts ask for microseconds.
fn written(now: &Zoned, format: &str) -> String {
    let format = format.replace("%06N", "%6f").replace("%03N", "%3f").replace("%N", "%9f");
    strtime::format(format, now).unwrap_or_else(|_| now.timestamp().to_string())
}

#[cfg(test)]
mod tests;
