//! Guests: nodes inside resources, and the connections to them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::Reading;
use super::clones::implied;
use super::definition::{Definition, remote_node_name, written_meta};
use super::resources::Place;
use crate::model::{Agent, AgentClass, Operation, Primitive, Resource};

impl<'a> Reading<'a> {
    /// Makes the connections that primitives with `remote-node` imply.
    pub(super) fn add_guest_connections(&mut self) {
        for resource in &self.facts.cluster.resources {
            let primitives: Vec<&Primitive> = match resource {
                Resource::Primitive(_) | Resource::Group(_) => resource.primitives(),
                Resource::Clone(_) | Resource::Bundle(_) => Vec::new(),
            };
            for primitive in primitives {
                self.add_guest_connection(primitive);
            }
        }
    }

    fn add_guest_connection(&mut self, primitive: &Primitive) {
        let template = self.template_of(primitive);
        let Some(name) = remote_node_name(template, primitive) else { return };
        if self.by_name.contains_key(&name) {
            return;
        }
        let written = |option: &str| written_meta(template, primitive, option);
        let mut meta: Vec<(&'static str, Arc<str>)> =
            vec![("internal_rsc", "true".into()), ("container", primitive.id.to_shared())];
        meta.extend(written("remote-allow-migrate").map(|value| ("allow-migrate", value)));
        meta.extend(written("is-managed").map(|value| ("is-managed", value)));
        let mut params: Vec<(&'static str, Arc<str>)> = Vec::new();
        params.extend(written("remote-addr").map(|value| ("addr", value)));
        params.extend(written("remote-port").map(|value| ("port", value)));
        let connect_timeout = written("remote-connect-timeout").unwrap_or_else(|| "60s".into());
        let definition = connection(name, meta, params, Some(&connect_timeout));
        let connection = self.add_primitive(&definition, Place::default());
        self.allow_everywhere(connection);
        self.facts.top.push(connection);
    }
}

/// A connection to a guest or bundle node; `connect_timeout` is how long its start may take.
pub(super) fn connection<'a>(
    id: Arc<str>,
    meta: Vec<(&'static str, Arc<str>)>,
    params: Vec<(&'static str, Arc<str>)>,
    connect_timeout: Option<&Arc<str>>,
) -> Definition<'a> {
    let agent = Agent { class: AgentClass::Ocf, provider: Some("pacemaker".into()), kind: "remote".into() };
    Definition {
        id,
        agent,
        meta: implied(meta),
        params: implied(params),
        utilization: Cow::Borrowed(&[]),
        ops: [operation("monitor", Duration::from_secs(30), Some(&"30s".into()))]
            .into_iter()
            .chain(connect_timeout.map(|timeout| operation("start", Duration::ZERO, Some(timeout))))
            .map(Cow::Owned)
            .collect(),
    }
}

/// An operation of a resource that the cluster itself makes.
pub(super) fn operation(name: &str, interval: Duration, timeout: Option<&Arc<str>>) -> Operation {
    let options = timeout.map(|timeout| ("timeout".into(), Arc::clone(timeout)));
    Operation { name: name.into(), interval, options: options.into_iter().collect(), ..Operation::default() }
}
