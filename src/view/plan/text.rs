//! A plan for people at a terminal.

use similar::TextDiff;

use super::summary::{configuration_summary, disruption_summary};
use crate::model::{NodeName, period};
use crate::plan::{
    AttributeChange, Background, BackgroundKind, Blocked, Caution, Leftover, ObjectChange, ObjectChangeKind,
    Owner, Plan, Step, Verb,
};
use crate::view::because::{because, refusals};
use crate::view::overlay;
use crate::view::{Ink, legible};

/// Names that are longer do not push everybody's values to the right.
const COLUMN_MAX: usize = 80;

/// Values longer than this get lines of their own.
const LONG_VALUE: usize = 60;

/// What stands for the end of a line in a legible text.
const LINE_END: &str = "\\n";

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What people act on.
    Usual,
    /// Also every attribute of new things, and what happens in the background.
    All,
}

/// The plan as text.
pub fn text(plan: &Plan, detail: Detail, ink: Ink) -> String {
    legible::draw(plan, |plan| all(plan, detail, ink))
}

fn all(plan: &Plan, detail: Detail, ink: Ink) -> String {
    let mut sections = Vec::new();
    if !plan.objects.is_empty() {
        sections.push(objects(&plan.objects, detail, ink));
    }
    sections.extend(left(&plan.leftovers, ink));
    if !plan.steps.is_empty() {
        sections.push(format!("{}\n{}", ink.heading("Actions, in order"), steps(&plan.steps, ink)));
    }
    if !plan.blocked.is_empty() {
        sections.push(format!("{}\n{}", ink.heading("Cannot be done now"), blocked(&plan.blocked, ink)));
    }
    if !plan.unplaced.is_empty() {
        sections.push(unplaced(plan, ink));
    }
    if !plan.overrides.is_empty() {
        sections.push(overrides(plan, ink));
    }
    sections.extend(background(&plan.background, detail, ink));
    sections.push(closing(plan));
    sections.join("\n")
}

/// What the plan takes into account beside the manifest.
fn overrides(plan: &Plan, ink: Ink) -> String {
    let rows: String =
        plan.overrides.iter().map(|over| format!("  {}\n", overlay::line(over, plan.made_at))).collect();
    format!("{}\n{rows}", ink.heading("Overrides in force"))
}

fn closing(plan: &Plan) -> String {
    let cautions: String = plan.cautions.iter().map(|caution| format!("{}\n", sentence(*caution))).collect();
    if !plan.is_empty() {
        let (changes, disruption) = (configuration_summary(plan), disruption_summary(&plan.disruption));
        return format!("{cautions}Plan: {changes}. {disruption}\n");
    }
    if plan.unplaced.is_empty() && plan.cautions.is_empty() {
        "Nothing to do: the cluster is as it should be.\n".to_owned()
    } else {
        format!("{cautions}Nothing can be done now.\n")
    }
}

fn sentence(caution: Caution) -> &'static str {
    match caution {
        Caution::NoQuorum => "The cluster has no quorum.",
        Caution::NoFenceDevice => {
            "Fencing is enabled, but there is no fence device: nothing is started until there is one."
        }
        Caution::Maintenance => "The cluster is in maintenance: resources are left as they are.",
        Caution::Paused => "Decisions are paused: nothing is done until `quorate resume`.",
        Caution::StopAll => "All resources were told to stop (stop-all-resources).",
        Caution::PreferencesCutShort => {
            "So many colocations join the resources that not all preferences were followed: use sets or groups."
        }
        Caution::OrdersUnsettled => "Orders contradict each other: this plan may not be the best there is.",
    }
}

/// One line of the configuration's difference.
struct Row {
    symbol: &'static str,
    address: String,
    path: String,
    value: String,
}

fn objects(objects: &[ObjectChange], detail: Detail, ink: Ink) -> String {
    let rows: Vec<Row> = objects.iter().flat_map(|object| rows(object, detail)).collect();
    let has_path = |row: &&Row| !row.path.is_empty();
    let address = widest(rows.iter().filter(has_path).map(|row| row.address.chars().count()));
    let name = |row: &Row| {
        if row.path.is_empty() {
            row.address.clone()
        } else {
            format!("{:address$}   {}", row.address, row.path)
        }
    };
    let width = widest(rows.iter().map(|row| name(row).chars().count()));
    rows.iter()
        .map(|row| {
            let line = format!("{:width$}   {}", name(row), indented(&row.value));
            let line = line.trim_end();
            match row.symbol {
                "+" => format!("  {} {line}\n", ink.good("+")),
                "-" => format!("  {} {line}\n", ink.bad("-")),
                " " => format!("    {line}\n"),
                symbol => format!("  {} {line}\n", ink.change(symbol)),
            }
        })
        .collect()
}

/// The width of a column, as far as that helps: what is longer sticks out.
fn widest(widths: impl Iterator<Item = usize>) -> usize {
    widths.filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0)
}

fn rows(object: &ObjectChange, detail: Detail) -> Vec<Row> {
    let (symbol, headline) = match &object.kind {
        ObjectChangeKind::Add => ("+", Some(object.headline.clone())),
        ObjectChangeKind::Delete => ("-", Some(object.headline.clone())),
        ObjectChangeKind::Change => ("~", None),
        ObjectChangeKind::Rename { from } => (">", Some(format!("was {from}"))),
    };
    let attributes: Vec<&AttributeChange> = match (&object.kind, detail) {
        (ObjectChangeKind::Add | ObjectChangeKind::Delete, Detail::Usual) => Vec::new(),
        (ObjectChangeKind::Add | ObjectChangeKind::Delete, Detail::All)
        | (ObjectChangeKind::Change | ObjectChangeKind::Rename { .. }, _) => {
            object.attributes.iter().collect()
        }
    };
    let mut rows = Vec::new();
    if let Some(value) = headline {
        rows.push(Row { symbol, address: object.address.to_string(), path: String::new(), value });
    }
    for attribute in attributes {
        let (symbol, address) =
            if rows.is_empty() { (symbol, object.address.to_string()) } else { (" ", String::new()) };
        rows.push(Row { symbol, address, path: attribute.path.clone(), value: value(attribute) });
    }
    rows
}

fn value(attribute: &AttributeChange) -> String {
    match (&attribute.before, &attribute.after) {
        (Some(before), Some(after)) if is_long(before) || is_long(after) => difference(before, after),
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(before), None) => format!("{before} -> (none)"),
        (None, Some(after)) => after.clone(),
        (None, None) => String::new(),
    }
}

fn is_long(value: &str) -> bool {
    value.contains(LINE_END) || value.chars().count() > LONG_VALUE
}

/// Two long values, line by line; ends of lines stay to be seen.
fn difference(before: &str, after: &str) -> String {
    let broken = |text: &str| text.replace(LINE_END, &format!("{LINE_END}\n"));
    let (before, after) = (&broken(before), &broken(after));
    let lines = |change: similar::Change<&str>| {
        format!("\n{} {}", change.tag(), change.value().trim_end_matches('\n'))
    };
    TextDiff::from_lines(before, after).iter_all_changes().map(lines).collect()
}

/// Further lines of a value, below the first.
fn indented(value: &str) -> String {
    value.replace('\n', "\n        ")
}

/// The actions of a plan, each on a line of its own after a line end.
pub fn actions(plan: &Plan) -> String {
    let steps = legible::draw(plan, |plan| steps(&plan.steps, Ink::Plain));
    format!("\n{}", steps.trim_end())
}

/// What stays in force although the manifest does not have it; empty when there is nothing.
pub fn leftovers(plan: &Plan, ink: Ink) -> String {
    legible::draw(&plan.leftovers, |leftovers| left(leftovers, ink).join("\n"))
}

fn left(leftovers: &[Leftover], ink: Ink) -> Vec<String> {
    let list = |owner: Owner, heading: &str| {
        let own: Vec<&Leftover> = leftovers.iter().filter(|leftover| leftover.owner == owner).collect();
        let width = own.iter().map(|leftover| leftover.address.to_string().chars().count()).max()?;
        let lines: String = own
            .iter()
            .map(|leftover| format!("    {:width$}   {}\n", leftover.address, leftover.headline))
            .map(|line| format!("{}\n", line.trim_end()))
            .collect();
        Some(format!("{}\n{lines}", ink.heading(heading)))
    };
    [
        list(Owner::Nobody, "In force, but not in the manifest (kept; --prune deletes them)"),
        list(Owner::Operator, "Set by an operator (kept)"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The steps, one per line.
pub(super) fn steps(steps: &[Step], ink: Ink) -> String {
    let number = steps.len().to_string().len();
    let verb = steps.iter().map(|step| action(step).len()).max().unwrap_or(0);
    let resource = steps.iter().map(|step| subject(step).chars().count()).max().unwrap_or(0);
    steps
        .iter()
        .map(|step| {
            let word = format!("{:verb$}", action(step));
            let place = place(step.verb, step.from.as_ref(), step.to.as_ref());
            let reason = because(&step.because);
            let line = format!(
                "{:>number$}  {}  {:resource$}  {place}    {}",
                step.number,
                painted(step.verb, &word, ink),
                subject(step),
                ink.faint(&reason),
            );
            format!("  {}\n", if reason.is_empty() { line.trim_end() } else { &line })
        })
        .collect()
}

/// What a step does: `start`, `fence (reboot)`.
pub(super) fn action(step: &Step) -> String {
    match step.method {
        Some(method) => format!("{} ({})", step.verb.as_str(), method.as_str()),
        None => step.verb.as_str().to_owned(),
    }
}

/// What a step acts on: a resource, or the node itself.
pub(super) fn subject(step: &Step) -> &str {
    step.resource.as_deref().or(step.from.as_ref().map(NodeName::as_str)).unwrap_or_default()
}

fn painted(verb: Verb, word: &str, ink: Ink) -> String {
    match verb {
        Verb::Start | Verb::Promote | Verb::Unfence => ink.good(word),
        Verb::Stop | Verb::Fence | Verb::Demote | Verb::Shutdown => ink.bad(word),
        Verb::Move | Verb::Migrate | Verb::Restart | Verb::Recover | Verb::Reload | Verb::RePromote => {
            ink.change(word)
        }
    }
}

/// Where it happens.
pub(super) fn place(verb: Verb, from: Option<&NodeName>, to: Option<&NodeName>) -> String {
    match (from, to) {
        (Some(_), _) if matches!(verb, Verb::Fence | Verb::Unfence | Verb::Shutdown) => String::new(),
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (Some(node), None) | (None, Some(node)) => format!("on {node}"),
        (None, None) => String::new(),
    }
}

fn blocked(blocked: &[Blocked], ink: Ink) -> String {
    blocked
        .iter()
        .map(|blocked| {
            let subject = blocked.resource.as_deref().or(blocked.from.as_ref().map(NodeName::as_str));
            let place = place(blocked.verb, blocked.from.as_ref(), blocked.to.as_ref());
            format!(
                "  {}  {}  {}  {place}    {}\n",
                ink.bad("!"),
                blocked.verb.as_str(),
                subject.unwrap_or_default(),
                because(&blocked.because)
            )
        })
        .collect()
}

fn unplaced(plan: &Plan, ink: Ink) -> String {
    let width = plan.unplaced.iter().map(|unplaced| unplaced.resource.chars().count()).max().unwrap_or(0);
    let lines: String = plan
        .unplaced
        .iter()
        .map(|unplaced| format!("  {}  {:width$}  {}\n", ink.bad("!"), unplaced.resource, refusals(unplaced)))
        .collect();
    format!("{}\n{lines}", ink.heading("No node can run"))
}

fn background(background: &[Background], detail: Detail, ink: Ink) -> Option<String> {
    if background.is_empty() {
        return None;
    }
    if detail == Detail::All {
        let lines: String = background.iter().map(background_line).collect();
        return Some(format!("{}\n{lines}", ink.heading("In the background")));
    }
    let mut parts = Vec::new();
    for (kind, one, several) in [
        (BackgroundKind::Probe, "probe", "probes"),
        (BackgroundKind::Monitor, "monitor begins", "monitors begin"),
        (BackgroundKind::EndMonitor, "monitor ends", "monitors end"),
        (BackgroundKind::Notify, "notification", "notifications"),
        (BackgroundKind::ForgetFailures, "failure is forgotten", "failures are forgotten"),
        (BackgroundKind::ForgetHistory, "history is forgotten", "histories are forgotten"),
    ] {
        match background.iter().filter(|background| background.kind == kind).count() {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            number => parts.push(format!("{number} {several}")),
        }
    }
    Some(ink.faint(&format!("In the background: {} (-v lists them).", parts.join(", "))) + "\n")
}

fn background_line(background: &Background) -> String {
    let verb = match background.kind {
        BackgroundKind::Probe => "probe",
        BackgroundKind::Monitor => "monitor",
        BackgroundKind::EndMonitor => "end monitor of",
        BackgroundKind::Notify => "notify",
        BackgroundKind::ForgetFailures => "forget failures of",
        BackgroundKind::ForgetHistory => "forget history of",
    };
    let node = background.node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
    let every = if background.interval.is_zero() {
        String::new()
    } else {
        format!(" every {}", period::format(background.interval))
    };
    format!("     {verb} {}{node}{every}\n", background.resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Address, ObjectKind};

    #[test]
    fn one_long_name_widens_no_other_line() {
        let added = |name: String| ObjectChange {
            address: Address::new(ObjectKind::Order, name),
            kind: ObjectChangeKind::Add,
            headline: "Mandatory".to_owned(),
            attributes: Vec::new(),
        };
        let text = objects(&[added("a-b".into()), added("x".repeat(5_000))], Detail::Usual, Ink::Plain);
        assert_eq!(text.lines().next(), Some("  + order.a-b   Mandatory"));
    }
}
