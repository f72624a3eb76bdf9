//! Primitives and templates.

use super::{Lower, text};
use crate::manifest::suggest::{listed, similar};
use crate::manifest::typed::At;
use crate::manifest::vocabulary::resource::ResourceEntry;
use crate::model::resource::Origin;
use crate::model::{Agent, AgentClass, Primitive, ResourceId, Template, TemplateId};

const FULL_NAMES: &str = "write `ocf:PROVIDER:TYPE`, such as `ocf:heartbeat:IPaddr2`; or `systemd:UNIT`, `lsb:SCRIPT`, `stonith:DEVICE`";
const OLD_CLASSES: [&str; 3] = ["upstart", "nagios", "heartbeat"];

/// The names of the classes that a resource may be of.
fn classes() -> [&'static str; AgentClass::ALL.len()] {
    static ALL: [AgentClass; AgentClass::ALL.len()] = AgentClass::ALL;
    ALL.each_ref().map(AgentClass::as_str)
}

impl Lower<'_, '_> {
    pub(super) fn templates(self) -> Vec<Template> {
        let templates = self.gathered.templates.iter().filter_map(|(key, at)| {
            let entry = at.get()?;
            let agent = self.agent(&entry.agent);
            let params = self.options(&entry.params);
            let meta = self.options(&entry.meta);
            let utilization = self.options(&entry.utilization);
            let ops = self.operations(&entry.ops);
            let description = text(&entry.description);
            Some(Template {
                id: TemplateId::new(key.text()),
                agent: agent?,
                description,
                params,
                meta,
                utilization,
                ops,
            })
        });
        templates.collect()
    }

    /// A primitive; `None` when it has no readable origin, which is reported.
    pub(super) fn primitive(self, id: &str, entry: &ResourceEntry) -> Option<Primitive> {
        if let Some(template) = &entry.template {
            self.names.check_template(template, self.findings);
        }
        let origin = match (&entry.agent, &entry.template) {
            (Some(agent), _) => self.agent(agent).map(Origin::Agent),
            (None, Some(template)) => Some(Origin::Template(TemplateId::new(template.text()))),
            (None, None) => None,
        };
        let params = self.options(&entry.params);
        let meta = self.options(&entry.meta);
        let utilization = self.options(&entry.utilization);
        let ops = self.operations(&entry.ops);
        let description = text(&entry.description);
        Some(Primitive {
            id: ResourceId::new(id),
            origin: origin?,
            description,
            params,
            meta,
            utilization,
            ops,
        })
    }

    /// An agent by its full name.
    fn agent(self, at: &At<String>) -> Option<Agent> {
        let written = at.get()?;
        let Some(agent) = Agent::parse(written) else {
            self.malformed_agent(at, written);
            return None;
        };
        if let AgentClass::Other(class) = &agent.class {
            let close = similar(class, classes());
            if OLD_CLASSES.contains(&&**class) {
                self.findings
                    .warning(
                        "removed-agent-class",
                        at.place,
                        format!("agents of class `{class}` are no longer supported"),
                    )
                    .help("use an OCF agent, or a systemd unit")
                    .report();
                return Some(agent);
            }
            let draft = self
                .findings
                .error("unknown-agent-class", at.place, format!("unknown class `{class}`"))
                .within(0..class.len(), "not a class of agents")
                .help(format!("classes: {}", listed(classes())));
            match close {
                Some(close) => {
                    let mended = format!("{close}{}", written.get(class.len()..).unwrap_or(""));
                    draft.replace(format!("did you mean `{close}`?"), mended).report();
                }
                None => draft.report(),
            }
            return None;
        }
        if let Some(why) = strange_part(&agent) {
            self.findings
                .error("malformed-agent", at.place, "this is not the full name of an agent")
                .here(why)
                .help("parameters go below `params`; the agent is called by its name alone, not by a path")
                .report();
            return None;
        }
        Some(agent)
    }

    fn malformed_agent(self, at: &At<String>, written: &str) {
        let draft = self.findings.error(
            "malformed-agent",
            at.place,
            format!("`{written}` is not the full name of an agent"),
        );
        let parts: Vec<&str> = written.split(':').collect();
        let class = parts.first().copied().unwrap_or("");
        match parts.as_slice() {
            [_, _, ..] if !classes().contains(&class) && similar(class, classes()).is_some() => {
                let close = similar(class, classes()).unwrap_or("");
                let mended = format!("{close}{}", written.get(class.len()..).unwrap_or(""));
                draft.here("unknown class").replace(format!("did you mean `{close}`?"), mended).report();
            }
            ["ocf", kind] if !kind.is_empty() => draft
                .here("the provider is missing")
                .replace("most agents are of the provider `heartbeat`", format!("ocf:heartbeat:{kind}"))
                .report(),
            [kind] if kind.starts_with("fence_") => {
                draft
                    .here("the class is missing")
                    .replace("fence devices are of the class `stonith`", format!("stonith:{kind}"))
                    .report();
            }
            [class, provider, kind]
                if classes().contains(class) && !provider.is_empty() && !kind.is_empty() =>
            {
                draft
                    .here("too many parts")
                    .help(format!("only `ocf` has providers: write `{class}:{kind}`"))
                    .report();
            }
            [_] => draft.here("class and provider are missing").help(FULL_NAMES).report(),
            _ => draft.here("a part is missing").help(FULL_NAMES).report(),
        }
    }
}

/// What no agent is called, as agents are files in folders of their own.
fn strange_part(agent: &Agent) -> Option<&'static str> {
    let parts = || [Some(&agent.kind), agent.provider.as_ref()].into_iter().flatten();
    if parts().any(|part| part.contains(|char: char| char.is_whitespace() || char.is_control())) {
        return Some("a blank is in no agent's name");
    }
    // An agent may stand in a folder (`stonith:external/sbd`), and nowhere above that of its kind.
    let is_path = |part: &std::sync::Arc<str>| part.split('/').any(|step| matches!(step, "." | ".."));
    parts().any(is_path).then_some("a path is no agent's name")
}
