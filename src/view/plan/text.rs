//! A plan for people at a terminal.

use super::super::concern;
use super::objects;
use super::summary::{configuration_summary, disruption_summary};
use crate::model::{NodeName, period};
use crate::plan::aside::AtWork;
use crate::plan::{
    Background, BackgroundKind, Blocked, Caution, Leftover, Owner, Plan, Step, Unplaced, Verb,
};
use crate::view::because::{because, refusals, remedy, trouble, way_out};
use crate::view::{Ink, fold, legible, overlay};

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
        sections.push(objects::objects(&plan.objects, detail, ink));
    }
    sections.extend(left(&plan.leftovers, ink));
    if !plan.steps.is_empty() {
        sections.push(format!("{}\n{}", ink.heading("Actions, in order"), steps(&plan.steps, ink)));
    }
    if !plan.troubles.is_empty() {
        sections.push(troubles(plan, detail, ink));
    }
    if !plan.blocked.is_empty() {
        sections.push(format!(
            "{}\n{}",
            ink.heading("Cannot be done now"),
            blocked(&plan.blocked, detail, ink)
        ));
    }
    for (is_later, heading) in [(true, "No node can run yet"), (false, "No node can run")] {
        sections.extend(unplaced(plan, is_later, heading, detail, ink));
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
    let at_work = plan.at_work.iter().map(|AtWork { holder }| {
        format!("Another command is at work ({holder}): this is planned on what it had done by then.\n")
    });
    let cautions = plan.cautions.iter().map(|caution| format!("{}\n", sentence(*caution)));
    let frozen = plan.frozen.iter().map(|frozen| format!("{}.\n", concern::frozen(frozen)));
    let cautions: String = at_work.into_iter().chain(frozen).chain(cautions).collect();
    if plan.is_actionable() {
        let (changes, disruption) = (configuration_summary(plan), disruption_summary(&plan.disruption));
        return format!("{cautions}Plan: {changes}. {disruption}\n");
    }
    let is_well = plan.is_empty() && plan.is_fulfilling() && plan.cautions.is_empty();
    let is_retiring = plan.leftovers.iter().any(|leftover| leftover.owner == Owner::Retired);
    let ending = match (is_well, plan.troubles.is_empty()) {
        (true, _) if is_retiring => {
            "Nothing to do but to go on with what was cut off: `quorate apply --prune` deletes what it told to stop."
        }
        (true, true) => "Nothing to do: the cluster is as it should be.",
        (true, false) => "Nothing to do: what is unmanaged is left as it is.",
        (false, _) => "Nothing can be done now.",
    };
    format!("{cautions}{ending}\n")
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
        list(
            Owner::Retired,
            "Told to stop by an `apply --prune` that was cut off (kept; --prune deletes them)",
        ),
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

fn blocked(blocked: &[Blocked], detail: Detail, ink: Ink) -> String {
    let lines = blocked
        .iter()
        .map(|blocked| {
            let subject = blocked.resource.as_deref().or(blocked.from.as_ref().map(NodeName::as_str));
            let place = place(blocked.verb, blocked.from.as_ref(), blocked.to.as_ref());
            format!(
                "{}  {}  {}  {place}    {}",
                ink.bad("!"),
                blocked.verb.as_str(),
                subject.unwrap_or_default(),
                because(&blocked.because)
            )
        })
        .collect();
    shown(lines, detail)
}

/// Lines, as many as are asked for.
fn shown(lines: Vec<String>, detail: Detail) -> String {
    let lines = if detail == Detail::Usual { fold::lines(lines) } else { lines };
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

/// What is not as it should be, and what helps.
fn troubles(plan: &Plan, detail: Detail, ink: Ink) -> String {
    let lines: Vec<String> = plan
        .troubles
        .iter()
        .map(|it| format!("{}  {}\n       {}", ink.bad("!"), trouble(it), ink.faint(&remedy(it))))
        .collect();
    format!("{}\n{}", ink.heading("Not as it should be"), shown(lines, detail))
}

fn unplaced(plan: &Plan, is_later: bool, heading: &str, detail: Detail, ink: Ink) -> Option<String> {
    let unplaced: Vec<&Unplaced> = plan.unplaced.iter().filter(|it| it.is_later == is_later).collect();
    let width = unplaced.iter().map(|unplaced| unplaced.resource.chars().count()).max()?;
    let mark = if is_later { ink.change("~") } else { ink.bad("!") };
    let after = if is_later { "; until what starts here has set its node attributes" } else { "" };
    let help = |it: &Unplaced| way_out(it).map(|help| format!("\n       {}", ink.faint(&help)));
    let line = |it: &&Unplaced| {
        let help = help(it).unwrap_or_default();
        format!("{mark}  {:width$}  {}{after}{help}", it.resource, refusals(it))
    };
    let lines = unplaced.iter().map(line).collect();
    Some(format!("{}\n{}", ink.heading(heading), shown(lines, detail)))
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
