//! Checks of a configured resource against what its agent says of itself.

mod cluster;

use std::collections::BTreeSet;
use std::time::Duration;

pub use cluster::{UNAVAILABLE, check_cluster};

use super::invocation::Invocation;
use super::metadata::Metadata;
use crate::diagnostic::{Diagnostic, Part};
use crate::model::{
    Agent, AgentClass, Cluster, Operation, OptionSet, Primitive, Role, Template, Value, period,
};

/// Parameters that agents of a class understand without saying so.
const UNDECLARED: [&str; 4] = ["OCF_CHECK_LEVEL", "trace_ra", "trace_file", "trace_dir"];

/// Options of fence devices that whoever fences puts in.
const PUT_IN_BY_FENCER: [&str; 4] = ["action", "plug", "port", "nodename"];

/// A resource as configured, with all that it has from its template.
#[derive(Debug, Clone, Copy)]
pub struct Configured<'a> {
    /// The resource.
    pub primitive: &'a Primitive,
    /// Its template.
    pub template: Option<&'a Template>,
    /// Its agent.
    pub agent: &'a Agent,
    /// Defaults of options of operations.
    pub operation_defaults: &'a [OptionSet],
}

/// Compares a resource with its agent's metadata. Findings carry no place: the metadata is on a
/// node, the text may be elsewhere.
pub fn check(resource: &Configured<'_>, metadata: &Metadata) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if resource.agent.class.has_params() {
        check_given(resource, metadata, &mut found);
        check_missing(resource, metadata, &mut found);
    }
    check_operations(resource, metadata, &mut found);
    found
}

impl<'a> Configured<'a> {
    /// A resource of a cluster; `None` when its template is not there.
    pub fn of(cluster: &'a Cluster, primitive: &'a Primitive) -> Option<Self> {
        let template = cluster.template_of(primitive);
        let agent = primitive.agent(template)?;
        Some(Self { primitive, template, agent, operation_defaults: &cluster.operation_defaults })
    }

    fn id(&self) -> &str {
        self.primitive.id.as_str()
    }

    /// The parameters in all sets, own ones first; a name may come twice.
    pub fn params(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let inherited = self.template.map_or(&[][..], |template| &template.params);
        let sets = self.primitive.params.iter().chain(inherited);
        sets.flat_map(|set| &set.pairs).map(|pair| (&*pair.name, &pair.value))
    }

    /// The operations; one of the template counts unless the resource has the same itself.
    fn operations(&self) -> impl Iterator<Item = &'a Operation> + use<'a> {
        let own: &'a [Operation] = &self.primitive.ops;
        let inherited = self.template.map_or(&[][..], |template| &template.ops);
        let is_same = |a: &Operation, b: &Operation| a.name == b.name && a.interval == b.interval;
        own.iter().chain(inherited.iter().filter(move |op| !own.iter().any(|known| is_same(known, op))))
    }

    /// The time limit of an operation, as configured or by default.
    fn timeout(&self, operation: Option<&Operation>) -> Duration {
        let written = operation.and_then(|operation| operation.option("timeout"));
        let in_sets = operation.map_or(&[][..], |operation| &operation.meta);
        let text = written.map(str::to_owned).or_else(|| {
            let pairs = in_sets.iter().chain(self.operation_defaults).flat_map(|set| &set.pairs);
            pairs
                .into_iter()
                .find(|pair| &*pair.name == "timeout")
                .map(|pair| pair.value.to_text().to_string())
        });
        text.and_then(|text| period::parse(&text)).unwrap_or(Invocation::DEFAULT_TIMEOUT)
    }
}

/// Whether a parameter needs no declaration.
fn is_exempt(agent: &Agent, name: &str) -> bool {
    UNDECLARED.contains(&name)
        || name.starts_with("CRM_meta_")
        || agent.class == AgentClass::Stonith
            && (name.starts_with("pcmk_") || PUT_IN_BY_FENCER.contains(&name))
        || agent.class == AgentClass::Stonith && matches!(name, "provides" | "stonith-timeout")
}

fn check_given(resource: &Configured<'_>, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    let id = resource.id();
    let mut seen = BTreeSet::new();
    for (name, value) in resource.params().filter(|(name, _)| !is_exempt(resource.agent, name)) {
        let Some(parameter) = metadata.parameter(name) else {
            if seen.insert(name) {
                found.push(unknown(resource, metadata, name));
            }
            continue;
        };
        if parameter.is_deprecated && seen.insert(name) {
            let mut finding = Diagnostic::warning(
                "deprecated-parameter",
                format!("`{id}`: the parameter `{name}` of {} is deprecated", resource.agent),
            )
            .about_resource(id, Part::ParamName(name.to_owned()));
            if !parameter.replaced_with.is_empty() {
                finding = finding.help(format!("use `{}` instead", parameter.replaced_with.join("` or `")));
            }
            found.push(finding);
        }
        if let Value::Text(text) = value
            && let Some(expected) = parameter.kind.mismatch(text)
        {
            let message = format!("`{id}`: `{name}` is `{text}`, the agent expects {expected}");
            found.push(
                Diagnostic::warning("unfit-parameter", message)
                    .about_resource(id, Part::Param(name.to_owned())),
            );
        }
    }
}

/// The name that a mistyped one most likely was: a third of the letters may differ.
fn nearest<'n>(name: &str, among: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let by_distance = among.map(|known| (strsim::damerau_levenshtein(known, name), known));
    by_distance.filter(|(distance, known)| *distance <= (known.len() / 3).max(1)).min().map(|(_, near)| near)
}

fn unknown(resource: &Configured<'_>, metadata: &Metadata, name: &str) -> Diagnostic {
    let finding = Diagnostic::warning(
        "unknown-parameter",
        format!("`{}`: the agent {} has no parameter `{name}`", resource.id(), resource.agent),
    )
    .about_resource(resource.id(), Part::ParamName(name.to_owned()));
    let known = metadata.parameters.iter().filter(|parameter| !parameter.is_deprecated);
    match nearest(name, known.map(|parameter| &*parameter.name)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => {
            finding.help("the agent will not see it; its parameters are shown by `quorate resource describe`")
        }
    }
}

fn check_missing(resource: &Configured<'_>, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    let given: BTreeSet<&str> = resource.params().map(|(name, _)| name).collect();
    for parameter in &metadata.parameters {
        let is_given = given.contains(parameter.name.as_str())
            || parameter.replaced_with.iter().any(|new| given.contains(new.as_str()))
            || metadata
                .parameters
                .iter()
                .any(|old| old.replaced_with.contains(&parameter.name) && given.contains(old.name.as_str()));
        let has_default = parameter.default.as_ref().is_some_and(|default| !default.is_empty());
        let is_needed = parameter.is_required && !parameter.is_deprecated && !has_default;
        if is_needed && !is_given && !is_exempt(resource.agent, &parameter.name) {
            let message = format!(
                "`{}`: the agent {} needs the parameter `{}`",
                resource.id(),
                resource.agent,
                parameter.name
            );
            let finding =
                Diagnostic::error("missing-parameter", message).about_resource(resource.id(), Part::Agent);
            found.push(match parameter.shortdesc.as_str() {
                "" => finding,
                meaning => finding.help(format!("`{}`: {meaning}", parameter.name)),
            });
        }
    }
}

fn check_operations(resource: &Configured<'_>, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    let id = resource.id();
    for operation in resource.operations().filter(|operation| operation.is_enabled()) {
        let role = operation.option("role").and_then(Role::parse);
        if !metadata.has_action(&operation.name) {
            let message = format!("`{id}`: the agent {} has no action `{}`", resource.agent, operation.name);
            let part = part(operation, "name");
            found.push(Diagnostic::warning("unknown-action", message).about_resource(id, part));
        } else if let Some(advice) = metadata.advice(&operation.name, role).and_then(|advice| advice.timeout)
        {
            let part = part(operation, "timeout");
            check_timeout(resource, &operation.name, resource.timeout(Some(operation)), advice, part, found);
        }
    }
    for name in ["start", "stop"] {
        let is_configured = resource.operations().any(|operation| &*operation.name == name);
        let advice = metadata.advice(name, None).and_then(|advice| advice.timeout);
        if let (false, Some(advice)) = (is_configured, advice) {
            check_timeout(resource, name, resource.timeout(None), advice, Part::Whole, found);
        }
    }
}

fn part(operation: &Operation, field: &'static str) -> Part {
    Part::Operation { name: operation.name.to_string(), interval: operation.interval, field }
}

fn check_timeout(
    resource: &Configured<'_>,
    action: &str,
    timeout: Duration,
    advice: Duration,
    part: Part,
    found: &mut Vec<Diagnostic>,
) {
    if timeout >= advice {
        return;
    }
    let (limit, advised) = (period::format(timeout), period::format(advice));
    let message = format!("`{}`: `{action}` may take {limit}, the agent advises {advised}", resource.id());
    found.push(
        Diagnostic::warning("short-timeout", message).about_resource(resource.id(), part).help(format!(
            "set `timeout: {advised}` on `{action}`; the advice of agents is not used by itself"
        )),
    );
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const METADATA: &str = r#"<resource-agent name="x"><parameters>
        <parameter name="ip" required="1"><shortdesc lang="en">the address</shortdesc><content type="string"/></parameter>
        <parameter name="count"><content type="integer" default="5"/></parameter>
        <parameter name="old_nic" deprecated="1"/><parameter name="nic" obsoletes="old_nic"/>
        </parameters><actions><action name="start" timeout="40s"/><action name="stop" timeout="20s"/>
        <action name="monitor" timeout="20s" interval="10s"/></actions></resource-agent>"#;

    fn findings(params: &[(&'static str, &'static str)], ops: Vec<Operation>) -> Vec<String> {
        let agent = Agent::parse("ocf:t:x").unwrap();
        let mut primitive = Primitive::new("r", agent.clone());
        primitive.params = vec![OptionSet::of(params.iter().copied())];
        primitive.ops = ops;
        let resource =
            Configured { primitive: &primitive, template: None, agent: &agent, operation_defaults: &[] };
        let found = check(&resource, &Metadata::parse(METADATA).unwrap());
        found.into_iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect()
    }

    fn operation(name: &str, timeout: &str) -> Operation {
        Operation {
            name: name.into(),
            options: vec![("timeout".into(), timeout.into())],
            ..Operation::default()
        }
    }

    #[test]
    fn a_fitting_resource_has_no_findings() {
        assert_eq!(findings(&[("ip", "1"), ("trace_ra", "1")], vec![operation("start", "1min")]), [""; 0]);
    }

    #[test]
    fn parameters_are_compared_with_the_declared_ones() {
        let start = || vec![operation("start", "40s")];
        assert_eq!(
            findings(&[("ipp", "1")], start()),
            [
                "unknown-parameter: `r`: the agent ocf:t:x has no parameter `ipp`",
                "missing-parameter: `r`: the agent ocf:t:x needs the parameter `ip`",
            ]
        );
        assert_eq!(
            findings(&[("ip", "1"), ("count", "many"), ("old_nic", "eth0")], start()),
            [
                "unfit-parameter: `r`: `count` is `many`, the agent expects a whole number",
                "deprecated-parameter: `r`: the parameter `old_nic` of ocf:t:x is deprecated",
            ]
        );
    }

    #[test]
    fn time_limits_below_the_advice_are_told_also_when_they_are_the_default() {
        assert_eq!(
            findings(&[("ip", "1")], vec![operation("monitor", "5s"), operation("promote", "5s")]),
            [
                "short-timeout: `r`: `monitor` may take 5s, the agent advises 20s",
                "unknown-action: `r`: the agent ocf:t:x has no action `promote`",
                "short-timeout: `r`: `start` may take 20s, the agent advises 40s",
            ]
        );
    }
}
