//! A plan for a pull request.

use super::summary::{configuration_summary, disruption_summary};
use super::text::{Detail, action, place, subject, text};
use crate::plan::{Plan, Step};
use crate::view::Ink;
use crate::view::because::because;

/// By this line a bot finds its own comment again.
const MARKER: &str = "<!-- quorate-plan -->";

/// Forges refuse comments that are longer than 65,536 characters.
const LENGTH_MAX: usize = 60_000;

/// Actions shown before the rest is folded into the details.
const ACTIONS_MAX: usize = 200;

/// The plan as markdown.
pub fn markdown(plan: &Plan) -> String {
    let head = format!("{MARKER}\n### {}\n\n", title(plan));
    let table = if plan.steps.is_empty() { String::new() } else { table(&plan.steps) };
    let details = text(plan, Detail::All, Ink::Plain);
    let open = "<details><summary>Everything</summary>\n\n````text\n";
    let close = "````\n\n</details>\n";
    let origin = format!("\nFrom {}, planned on generation {}.\n", plan.origin, plan.basis.generation);
    let room = LENGTH_MAX.saturating_sub(head.len() + table.len() + open.len() + close.len() + origin.len());
    format!("{head}{table}{open}{}{close}{origin}", capped(&details.replace("````", "` ` ` `"), room))
}

fn title(plan: &Plan) -> String {
    if !plan.is_actionable() {
        if plan.is_empty() && plan.is_fulfilling() { "Nothing to do" } else { "Nothing can be done now" }
            .to_owned()
    } else {
        format!("Plan: {}. {}", configuration_summary(plan), disruption_summary(&plan.disruption))
    }
}

fn table(steps: &[Step]) -> String {
    let mut table = String::from("| | action | what | where | why |\n|-:|-|-|-|-|\n");
    for step in steps.iter().take(ACTIONS_MAX) {
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            step.number,
            action(step),
            cell(subject(step)),
            cell(&place(step.verb, step.from.as_ref(), step.to.as_ref())),
            cell(&because(&step.because)),
        ));
    }
    if steps.len() > ACTIONS_MAX {
        table.push_str(&format!("| | | {} more | | |\n", steps.len() - ACTIONS_MAX));
    }
    table.push('\n');
    table
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

/// The text up to the last whole line that fits.
fn capped(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let mut end = room;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let whole = text.get(..end).unwrap_or_default();
    let lines = whole.rfind('\n').map_or(whole, |last| whole.get(..=last).unwrap_or_default());
    format!("{lines}... (cut: the plan is longer than a comment may be)\n")
}
