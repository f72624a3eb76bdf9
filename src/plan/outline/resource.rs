//! Resources in outline. Members of collectives are objects of their own.

use super::super::address::ObjectKind;
use super::{Object, options};
use crate::model::resource::{
    CloneChild, Container, ContainerKind, Mount, MountSource, Network, Origin, Port, PortRange,
};
use crate::model::{Bundle, Clone, Group, Operation, Primitive, Resource, Template, period};

/// A resource and everything in it.
pub(super) fn resource(resource: &Resource, objects: &mut Vec<Object>) {
    match resource {
        Resource::Primitive(one) => objects.push(primitive(one)),
        Resource::Group(one) => group(one, objects),
        Resource::Clone(one) => clone(one, objects),
        Resource::Bundle(one) => bundle(one, objects),
    }
}

/// A template.
pub(super) fn template(template: &Template) -> Object {
    let Template { id, agent, description, params, meta, utilization, ops } = template;
    let mut object = Object::new(ObjectKind::Template, id.as_str());
    object.headline = agent.to_string();
    object.say("agent", agent);
    object.say_some("description", description.as_ref());
    options::params(&mut object, "params", params);
    options::options(&mut object, "meta", meta);
    options::options(&mut object, "utilization", utilization);
    operations(&mut object, ops);
    object
}

fn primitive(primitive: &Primitive) -> Object {
    let Primitive { id, origin, description, params, meta, utilization, ops } = primitive;
    let mut object = Object::new(ObjectKind::Resource, id.as_str());
    match origin {
        Origin::Agent(agent) => {
            object.headline = agent.to_string();
            object.say("agent", agent);
        }
        Origin::Template(template) => {
            object.headline = format!("from template {template}");
            object.say("template", template);
        }
    }
    object.say_some("description", description.as_ref());
    options::params(&mut object, "params", params);
    options::options(&mut object, "meta", meta);
    options::options(&mut object, "utilization", utilization);
    operations(&mut object, ops);
    object
}

/// Operations are told apart by name and role; the second of the same pair by its interval too.
fn operations(object: &mut Object, ops: &[Operation]) {
    let mut names: Vec<String> = Vec::new();
    for operation in ops {
        let Operation { id: _, name, interval, options, meta, params } = operation;
        let mut key = match operation.option("role") {
            Some(role) => format!("ops.{name}[{role}]"),
            None => format!("ops.{name}"),
        };
        if names.contains(&key) {
            key = format!("{key}[{}]", period::format(*interval));
        }
        if !interval.is_zero() || (options.is_empty() && meta.is_empty() && params.is_empty()) {
            object.say(format!("{key}.interval"), period::format(*interval));
        }
        for (option, value) in options {
            object.say(format!("{key}.{option}"), value);
        }
        options::options(object, &format!("{key}.meta"), meta);
        options::params(object, &format!("{key}.params"), params);
        names.push(key);
    }
}

fn group(group: &Group, objects: &mut Vec<Object>) {
    let Group { id, description, meta, params, members } = group;
    let names: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
    let mut object = Object::new(ObjectKind::Resource, id.as_str());
    object.headline = format!("group of {}", names.join(", "));
    object.say("group", names.join(", "));
    object.say_some("description", description.as_ref());
    options::params(&mut object, "params", params);
    options::options(&mut object, "meta", meta);
    objects.push(object);
    objects.extend(members.iter().map(primitive));
}

fn clone(clone: &Clone, objects: &mut Vec<Object>) {
    let Clone { id, description, meta, params, child } = clone;
    let child_id = match child {
        CloneChild::Primitive(child) => &child.id,
        CloneChild::Group(child) => &child.id,
    };
    let mut object = Object::new(ObjectKind::Resource, id.as_str());
    object.headline = format!("clone of {child_id}");
    object.say("clone", child_id);
    object.say_some("description", description.as_ref());
    options::params(&mut object, "params", params);
    options::options(&mut object, "meta", meta);
    objects.push(object);
    match child {
        CloneChild::Primitive(child) => objects.push(primitive(child)),
        CloneChild::Group(child) => group(child, objects),
    }
}

fn bundle(bundle: &Bundle, objects: &mut Vec<Object>) {
    let Bundle { id, description, meta, container, network, mounts, primitive: child } = bundle;
    let mut object = Object::new(ObjectKind::Resource, id.as_str());
    object.headline = format!("bundle of {}", container.image);
    object.say_some("bundle", child.as_ref().map(|child| &child.id));
    object.say_some("description", description.as_ref());
    options::options(&mut object, "meta", meta);
    say_container(&mut object, container);
    if let Some(network) = network {
        say_network(&mut object, network);
    }
    for (index, mount) in mounts.iter().enumerate() {
        let Mount { id: _, source, target_dir, options } = mount;
        let path = format!("mounts[{}]", index + 1);
        match source {
            MountSource::Dir(dir) => object.say(format!("{path}.source-dir"), dir),
            MountSource::Root(dir) => object.say(format!("{path}.source-dir-root"), dir),
        }
        object.say(format!("{path}.target-dir"), target_dir);
        object.say_some(&format!("{path}.options"), options.as_ref());
    }
    objects.push(object);
    objects.extend(child.iter().map(primitive));
}

fn say_container(object: &mut Object, container: &Container) {
    let Container { kind, image, replicas, replicas_per_host, promoted_max, run_command, network, options } =
        container;
    object.say(
        "container.type",
        match kind {
            ContainerKind::Docker => "docker",
            ContainerKind::Podman => "podman",
        },
    );
    object.say("container.image", image);
    object.say_some("container.replicas", replicas.as_ref());
    object.say_some("container.replicas-per-host", replicas_per_host.as_ref());
    object.say_some("container.promoted-max", promoted_max.as_ref());
    object.say_some("container.run-command", run_command.as_ref());
    object.say_some("container.network", network.as_ref());
    object.say_some("container.options", options.as_ref());
}

fn say_network(object: &mut Object, network: &Network) {
    let Network { ip_range_start, control_port, host_interface, host_netmask, add_host, ports } = network;
    object.say_some("network.ip-range-start", ip_range_start.as_ref());
    object.say_some("network.control-port", control_port.as_ref());
    object.say_some("network.host-interface", host_interface.as_ref());
    object.say_some("network.host-netmask", host_netmask.as_ref());
    object.say_some("network.add-host", *add_host);
    for (index, port) in ports.iter().enumerate() {
        let Port { id: _, range } = port;
        let path = format!("ports[{}]", index + 1);
        match range {
            PortRange::Port { port, internal } => {
                object.say(format!("{path}.port"), port);
                object.say_some(&format!("{path}.internal-port"), internal.as_ref());
            }
            PortRange::Range(range) => object.say(format!("{path}.range"), range),
        }
    }
}
