//! The roster: which agent runs which resource, also for what a bundle or a guest implies.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::resource::ContainerKind;
use crate::model::{Agent, AgentClass, Cluster, OptionSet, Primitive, Resource};
use crate::status::ClusterStatus;

/// Agents by the name of what they run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    agents: BTreeMap<Arc<str>, Agent>,
    bundles: Vec<(Arc<str>, ContainerKind)>,
    guests: BTreeMap<Arc<str>, Arc<str>>,
}

impl Roster {
    /// Everyone a cluster names, and everyone only history still knows.
    pub fn of(cluster: &Cluster, status: &ClusterStatus) -> Self {
        let mut roster = Self::default();
        for history in status.nodes.iter().flat_map(|node| &node.resources) {
            let agent = Agent {
                class: history.class.clone(),
                provider: history.provider.clone(),
                kind: Arc::clone(&history.kind),
            };
            roster.agents.insert(Arc::clone(&history.id), agent);
        }
        for resource in &cluster.resources {
            for primitive in resource.primitives() {
                roster.enlist(cluster, primitive);
            }
            if let Resource::Bundle(bundle) = resource {
                roster.bundles.push((bundle.id.to_shared(), bundle.container.kind));
            }
        }
        roster
    }

    /// The agent of a resource or instance, by the name the agent is called by.
    pub fn agent(&self, resource: &str) -> Option<Agent> {
        let base = resource.rsplit_once(':').filter(|(_, number)| is_number(number)).map(|(base, _)| base);
        let known = [Some(resource), base].into_iter().flatten().find_map(|name| self.agents.get(name));
        known.cloned().or_else(|| self.implied(resource))
    }

    /// The guest node that a resource holds, if it holds one.
    pub fn guest_of(&self, resource: &str) -> Option<Arc<str>> {
        if let Some(guest) = self.guests.get(resource) {
            return Some(Arc::clone(guest));
        }
        self.bundles.iter().find_map(|(bundle, kind)| {
            let number = part_of(resource, bundle)?.strip_prefix(engine_name(*kind))?.strip_prefix('-')?;
            is_number(number).then(|| format!("{bundle}-{number}").into())
        })
    }

    /// Whether a node of this name lives inside a resource.
    pub fn is_guest(&self, node: &str) -> bool {
        let is_replica = |bundle: &str| part_of(node, bundle).is_some_and(is_number);
        self.guests.values().any(|guest| **guest == *node)
            || self.bundles.iter().any(|(bundle, _)| is_replica(bundle))
    }

    fn enlist(&mut self, cluster: &Cluster, primitive: &Primitive) {
        if let Some(agent) = cluster.agent_of(primitive) {
            self.agents.insert(primitive.id.to_shared(), agent.clone());
        }
        if let Some(guest) = OptionSet::unruled(&primitive.meta, "remote-node") {
            self.agents.entry(Arc::clone(&guest)).or_insert_with(connection_agent);
            self.guests.insert(primitive.id.to_shared(), guest);
        }
    }

    /// What a bundle makes by itself: `BUNDLE-ip-ADDRESS`, `BUNDLE-podman-0`, `BUNDLE-0`.
    fn implied(&self, resource: &str) -> Option<Agent> {
        self.bundles.iter().find_map(|(bundle, kind)| {
            let part = part_of(resource, bundle)?;
            if part.starts_with("ip-") {
                Some(heartbeat("IPaddr2"))
            } else if part.starts_with(engine_name(*kind)) {
                Some(heartbeat(engine_name(*kind)))
            } else {
                is_number(part).then(connection_agent)
            }
        })
    }
}

/// Whether this agent makes a remote node.
pub fn is_connection(agent: &Agent) -> bool {
    *agent == connection_agent()
}

fn connection_agent() -> Agent {
    ocf("pacemaker", "remote")
}

fn heartbeat(kind: &str) -> Agent {
    ocf("heartbeat", kind)
}

fn ocf(provider: &str, kind: &str) -> Agent {
    Agent { class: AgentClass::Ocf, provider: Some(provider.into()), kind: kind.into() }
}

const fn engine_name(kind: ContainerKind) -> &'static str {
    match kind {
        ContainerKind::Docker => "docker",
        ContainerKind::Podman => "podman",
    }
}

fn part_of<'a>(resource: &'a str, bundle: &str) -> Option<&'a str> {
    resource.strip_prefix(bundle)?.strip_prefix('-')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource::Container;
    use crate::model::{Bundle, ResourceId};

    fn bundle() -> Bundle {
        Bundle {
            id: ResourceId::new("web"),
            description: None,
            meta: Vec::new(),
            container: Container {
                kind: ContainerKind::Podman,
                image: "httpd".into(),
                replicas: None,
                replicas_per_host: None,
                promoted_max: None,
                run_command: None,
                network: None,
                options: None,
            },
            network: None,
            mounts: Vec::new(),
            primitive: Some(Primitive::new("httpd", heartbeat("apache"))),
        }
    }

    #[test]
    fn a_bundle_implies_its_addresses_containers_and_connections() {
        let cluster = Cluster { resources: vec![Resource::Bundle(bundle())], ..Cluster::default() };
        let roster = Roster::of(&cluster, &ClusterStatus::default());
        assert_eq!(roster.agent("web-ip-192.168.122.131"), Some(heartbeat("IPaddr2")));
        assert_eq!(roster.agent("web-podman-0"), Some(heartbeat("podman")));
        assert_eq!(roster.agent("web-1"), Some(connection_agent()));
        assert_eq!(roster.agent("httpd"), Some(heartbeat("apache")));
        assert_eq!(roster.agent("httpd:1"), Some(heartbeat("apache")));
        assert_eq!(roster.agent("other"), None);
        assert!(roster.is_guest("web-0") && !roster.is_guest("web-podman-0"));
        assert_eq!(roster.guest_of("web-podman-2").as_deref(), Some("web-2"));
    }

    #[test]
    fn a_resource_with_a_remote_node_implies_its_connection() {
        let mut vm = Primitive::new("vm", heartbeat("VirtualDomain"));
        vm.meta = vec![OptionSet::of([("remote-node", "guest1")])];
        let cluster = Cluster { resources: vec![Resource::Primitive(vm)], ..Cluster::default() };
        let roster = Roster::of(&cluster, &ClusterStatus::default());
        assert_eq!(roster.agent("guest1"), Some(connection_agent()));
        assert_eq!(roster.guest_of("vm").as_deref(), Some("guest1"));
    }
}
