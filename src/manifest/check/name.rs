//! Names: what is defined where, and references that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::document::Place;
use crate::manifest::findings::Findings;
use crate::manifest::lower::{Gathered, Named};
use crate::manifest::typed::{At, Map};
use crate::manifest::vocabulary::options::{OptionValue, Options, Owner};
use crate::manifest::vocabulary::resource::{ResourceEntry, TemplateEntry};

/// Everything that can be referred to, with the place of its definition.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// Nodes that are written down, by name in lower case.
    nodes: BTreeMap<String, (&'a str, Place)>,
    /// Nodes that resources bring along: guests, remote connections, bundles' replicas.
    implied_nodes: BTreeSet<String>,
    pub(crate) resources: BTreeMap<&'a str, (Place, &'a At<ResourceEntry>)>,
    pub(crate) templates: BTreeMap<&'a str, Place>,
    template_entries: BTreeMap<&'a str, &'a At<TemplateEntry>>,
    pub(crate) tags: BTreeMap<&'a str, Place>,
    tickets: BTreeMap<&'a str, Place>,
    secrets: BTreeMap<&'a str, Place>,
    roles: BTreeMap<&'a str, Place>,
}

/// Kinds of name that is one word of letters, digits and `._-`.
const NAME_HELP: &str = "names start with a letter or `_` and go on with letters, digits, `_`, `-` and `.`";

impl<'a> Names<'a> {
    pub(crate) fn of(gathered: &Gathered<'a>, findings: &Findings<'_>) -> Self {
        let mut names = Self {
            resources: gathered
                .resources
                .iter()
                .map(|(key, entry)| (key.text(), (key.place, *entry)))
                .collect(),
            templates: places(&gathered.templates),
            template_entries: gathered.templates.iter().map(|(key, entry)| (key.text(), *entry)).collect(),
            tags: places(&gathered.tags),
            tickets: places(&gathered.tickets),
            secrets: places(&gathered.secrets),
            roles: places(&gathered.acl_roles),
            ..Self::default()
        };
        names.take_nodes(gathered, findings);
        names.check_shared_namespace(findings);
        for (key, entry) in &gathered.resources {
            check_name("resource", key, findings);
            names.implied_nodes.extend(implied_nodes(key.text(), entry));
        }
        gathered.templates.iter().for_each(|(key, _)| check_name("template", key, findings));
        gathered.tags.iter().for_each(|(key, _)| check_name("tag", key, findings));
        gathered.alerts.iter().for_each(|(key, _)| check_name("alert", key, findings));
        gathered.acl_roles.iter().for_each(|(key, _)| check_name("role", key, findings));
        names
    }

    fn take_nodes(&mut self, gathered: &Gathered<'a>, findings: &Findings<'_>) {
        for (key, _) in &gathered.nodes {
            let name = key.text();
            if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
                findings
                    .error("invalid-name", key.place, format!("`{name}` cannot be the name of a node"))
                    .help("use the host's name, as `uname -n` prints it")
                    .report();
            }
            match self.nodes.get(&name.to_lowercase()) {
                Some((first, place)) if *first != name => findings
                    .error("duplicate-id", key.place, format!("node `{name}` is given twice"))
                    .here("given again here, in other case")
                    .label(*place, "given here first")
                    .help("names of nodes ignore case")
                    .report(),
                Some(_) => {}
                None => {
                    self.nodes.insert(name.to_lowercase(), (name, key.place));
                }
            }
        }
    }

    /// Resources, templates and tags are told apart by name alone.
    fn check_shared_namespace(&self, findings: &Findings<'_>) {
        let report = |name: &str, place: Place, what: &str, other: Place, other_what: &str| {
            findings
                .error("duplicate-id", place, format!("{what} `{name}` has the name of a {other_what}"))
                .here(format!("the {what}"))
                .label(other, format!("the {other_what}"))
                .help("a constraint could not tell them apart: rename one")
                .report();
        };
        for (name, place) in &self.templates {
            if let Some((other, _)) = self.resources.get(name) {
                report(name, *place, "template", *other, "resource");
            }
        }
        for (name, place) in &self.tags {
            if let Some((other, _)) = self.resources.get(name) {
                report(name, *place, "tag", *other, "resource");
            }
            if let Some(other) = self.templates.get(name) {
                report(name, *place, "tag", *other, "template");
            }
        }
    }

    /// Whether a node of this name will exist.
    pub(crate) fn has_node(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        self.nodes.contains_key(&lower) || self.implied_nodes.contains(&lower)
    }

    /// Whether a constraint may name this.
    pub(crate) fn has_target(&self, name: &str) -> bool {
        self.resources.contains_key(name) || self.templates.contains_key(name) || self.tags.contains_key(name)
    }

    /// Reports a node that does not exist.
    pub(crate) fn check_node(&self, name: &At<String>, findings: &Findings<'_>) {
        if name.value.is_none() || self.has_node(name.text()) {
            return;
        }
        let known = self.nodes.values().map(|(name, _)| *name);
        let place = |known: &str| self.nodes.get(&known.to_lowercase()).map(|(_, place)| *place);
        unknown("node", name, known, place, findings);
    }

    /// Reports a name in a constraint that is neither resource nor template nor tag.
    pub(crate) fn check_target(&self, name: &At<String>, findings: &Findings<'_>) {
        if name.value.is_some() && !self.has_target(name.text()) {
            let known = self.resources.keys().chain(self.templates.keys()).chain(self.tags.keys()).copied();
            unknown("resource", name, known, |known| self.target_place(known), findings);
        }
    }

    /// Reports a name that is not a resource.
    pub(crate) fn check_resource(&self, name: &At<String>, findings: &Findings<'_>) -> bool {
        self.check_defined("resource", name, findings)
    }

    /// Reports a member that is not a resource: without it, what holds it is something else.
    pub(crate) fn check_member(&self, name: &At<String>, findings: &Findings<'_>) -> bool {
        self.check_defined("member", name, findings)
    }

    fn check_defined(&self, what: &'static str, name: &At<String>, findings: &Findings<'_>) -> bool {
        let is_known = self.resources.contains_key(name.text());
        if !is_known && name.value.is_some() {
            unknown(what, name, self.resources.keys().copied(), |known| self.target_place(known), findings);
        }
        is_known
    }

    pub(crate) fn check_template(&self, name: &At<String>, findings: &Findings<'_>) {
        check_in("template", name, &self.templates, findings);
    }

    pub(crate) fn check_role(&self, name: &At<String>, findings: &Findings<'_>) {
        check_in("role", name, &self.roles, findings);
    }

    /// Tickets must be declared only where any is: sites' managers know them as well.
    pub(crate) fn check_ticket(&self, name: &At<String>, findings: &Findings<'_>) {
        if self.tickets.is_empty() {
            if name.value.is_some() {
                findings
                    .note(
                        "undeclared-ticket",
                        name.place,
                        format!("ticket `{}` is not declared", name.text()),
                    )
                    .help("list it under `tickets:`, so that a mistyped name is found")
                    .report();
            }
        } else {
            check_in("ticket", name, &self.tickets, findings);
        }
    }

    /// Secrets must be declared only where any is: others are files of their name.
    pub(crate) fn check_secret(&self, name: &At<String>, findings: &Findings<'_>) {
        if !self.secrets.is_empty() {
            check_in("secret", name, &self.secrets, findings);
        }
    }

    /// The template of this name.
    pub(crate) fn template(&self, name: &str) -> Option<&'a TemplateEntry> {
        self.template_entries.get(name)?.get()
    }

    fn target_place(&self, name: &str) -> Option<Place> {
        let resource = self.resources.get(name).map(|(place, _)| *place);
        resource.or_else(|| self.templates.get(name).copied()).or_else(|| self.tags.get(name).copied())
    }
}

fn places<'a, T>(entries: &[Named<'a, T>]) -> BTreeMap<&'a str, Place> {
    entries.iter().map(|(key, _)| (key.text(), key.place)).collect()
}

fn check_in(what: &'static str, name: &At<String>, known: &BTreeMap<&str, Place>, findings: &Findings<'_>) {
    if name.value.is_some() && !known.contains_key(name.text()) {
        unknown(what, name, known.keys().copied(), |name| known.get(name).copied(), findings);
    }
}

fn unknown<'n>(
    what: &'static str,
    name: &At<String>,
    known: impl Iterator<Item = &'n str>,
    place: impl Fn(&str) -> Option<Place>,
    findings: &Findings<'_>,
) {
    let code = match what {
        "node" => "unknown-node",
        "template" => "unknown-template",
        "ticket" => "unknown-ticket",
        "secret" => "unknown-secret",
        "role" => "unknown-role",
        "member" => "unknown-member",
        _ => "unknown-resource",
    };
    let what = if what == "member" { "resource" } else { what };
    let mut draft = findings
        .error(code, name.place, format!("unknown {what} `{}`", name.text()))
        .here(format!("no {what} has this name"));
    if let Some(close) = findings.similar(name.text(), known) {
        draft = draft.replace(format!("did you mean `{close}`?"), close);
        if let Some(place) = place(close) {
            draft = draft.label(place, "a similar name is defined here");
        }
    } else {
        draft = draft.help(
            format!("define it, or remove the reference; {what}s are told apart by upper and lower case")
                .replace(
                    "nodes are told apart by upper and lower case",
                    "every node needs an entry under `nodes:`",
                ),
        );
    }
    draft.report();
}

/// Reports a name that could not be the id of anything in a Pacemaker configuration.
pub(crate) fn check_name(what: &str, name: &At<String>, findings: &Findings<'_>) {
    if name.value.is_some() && !is_name(name.text()) {
        findings
            .error("invalid-name", name.place, format!("`{}` cannot be the name of a {what}", name.text()))
            .help(NAME_HELP)
            .report();
    }
}

/// Whether a text can be an id.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Names of nodes, in lower case, that a resource brings along.
fn implied_nodes(id: &str, entry: &At<ResourceEntry>) -> Vec<String> {
    let Some(resource) = entry.get() else { return Vec::new() };
    let agent = resource.agent.as_ref().map_or("", At::text);
    let mut names: Vec<String> = resource
        .meta
        .as_ref()
        .and_then(At::get)
        .map(|meta| texts(meta, "remote-node"))
        .unwrap_or_default()
        .into_iter()
        .map(str::to_lowercase)
        .collect();
    if agent.eq_ignore_ascii_case("ocf:pacemaker:remote") {
        names.push(id.to_lowercase());
    }
    if let Some(container) = resource.container.as_ref().and_then(At::get) {
        let given =
            |field: &crate::manifest::typed::Field<crate::manifest::vocabulary::scalar::CountText>| {
                field.as_ref().and_then(At::get).and_then(|count| count.0.parse::<usize>().ok())
            };
        let replicas = given(&container.replicas).or_else(|| given(&container.promoted_max)).unwrap_or(1);
        names.extend((0..replicas.min(1000)).map(|index| format!("{id}-{index}").to_lowercase()));
    }
    names
}

/// All texts that an option is set to.
pub(crate) fn texts<'o, K: Owner>(options: &'o Options<K>, name: &str) -> Vec<&'o str> {
    let maps: Vec<_> = match options {
        Options::Plain(map) => vec![map],
        Options::Blocks(blocks) => {
            blocks.iter().filter_map(|block| block.get()?.content.as_ref()?.get()).collect()
        }
    };
    maps.into_iter()
        .flat_map(Map::iter)
        .filter(|(key, _)| key.text() == name)
        .filter_map(|(_, value)| match value.get()? {
            OptionValue::Text(text) => Some(text.as_str()),
            OptionValue::Secret(_) => None,
        })
        .collect()
}
