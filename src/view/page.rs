//! How a cluster is, as one page for a browser: no script, nothing loaded from elsewhere.

use std::fmt::Write;

use super::{concern, overlay, status};
use crate::model::NodeName;
use crate::plan::Overview;
use crate::plan::overview::{Health, NodeCondition, NodeOverview, ResourceOverview, Sync};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d2430;--paper:#fff;--line:#d9dee6;--faint:#5d6878;--good:#1a7f37;--change:#9a6700;--bad:#c4222f}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--paper:#12161c;--line:#2c3440;--faint:#97a1b0;--good:#4ac26b;--change:#d4a72c;--bad:#ff7b72}}\
body{margin:2rem auto;max-width:64rem;padding:0 1rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}\
h1{font-size:1.5rem;margin:0}h2{font-size:1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}.faint{color:var(--faint)}\
table{width:100%;border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-top:1px solid var(--line)}\
th{color:var(--faint);font-weight:500;border-top:0}.good{color:var(--good)}.change{color:var(--change)}.bad{color:var(--bad)}\
.mark{font-weight:600}ul{margin:.25rem 0;padding-left:1.25rem}";

/// The overview as an HTML document.
pub fn html(overview: &Overview) -> String {
    let name = escaped(overview.name.as_deref().unwrap_or("cluster"));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        status::health(overview.health)
    );
    page.push_str(&head(overview, &name));
    let concerns = overview.concerns.iter().map(|concern| escaped(&concern::describe_with_help(concern)));
    page.push_str(&list("Concerns", concerns));
    page.push_str(&table("Nodes", ["node", "state", "runs"], overview.nodes.iter().map(node)));
    let resources = overview.resources.iter().filter(|resource| status::is_shown(resource));
    page.push_str(&table("Resources", ["resource", "kind", "state"], resources.map(resource)));
    let failures =
        overview.failures.iter().map(|failure| status::failure_row(failure).map(|it| escaped(&it)));
    page.push_str(&table("Failures", ["resource", "operation", "answer"], failures));
    let overrides = overview.overrides.iter().map(|over| escaped(&overlay::line(over, overview.at)));
    page.push_str(&list("Overrides", overrides));
    let pause = overview.pause.iter().map(|pause| escaped(&overlay::pause(pause, overview.at)));
    page.push_str(&list("Pause", pause));
    page.push_str("</body>\n</html>\n");
    page
}

fn head(overview: &Overview, name: &str) -> String {
    let health = match overview.health {
        Health::Healthy => "good",
        Health::Progressing | Health::Suspended => "change",
        Health::Degraded | Health::Missing => "bad",
    };
    let sync = match overview.sync {
        Sync::Synced => "good",
        Sync::OutOfSync => "change",
        Sync::Unknown => "faint",
    };
    let quorum = if overview.has_quorum { "quorum" } else { "<span class=\"bad\">no quorum</span>" };
    let dc = overview.dc.as_ref().map(|node| format!(", controlled by {}", escaped(node.as_str())));
    format!(
        "<h1>{name}</h1>\n<p class=\"mark\"><span class=\"{health}\">{}</span>, \
         <span class=\"{sync}\">{}</span></p>\n<p class=\"faint\">generation {}, {quorum}{}, seen {}</p>\n",
        status::health(overview.health),
        status::sync(overview.sync),
        overview.generation,
        dc.unwrap_or_default(),
        super::moment(overview.at),
    )
}

fn node(node: &NodeOverview) -> [String; 3] {
    let class = match node.states.first() {
        Some(NodeCondition::Online) => "good",
        Some(
            NodeCondition::Unclean | NodeCondition::Lost | NodeCondition::Silent | NodeCondition::Offline,
        ) => "bad",
        Some(
            NodeCondition::Pending
            | NodeCondition::ShuttingDown
            | NodeCondition::Detached
            | NodeCondition::Standby
            | NodeCondition::Maintenance,
        )
        | None => "change",
    };
    let states: Vec<&str> = node.states.iter().map(|state| status::condition(*state)).collect();
    let running: Vec<String> = node.running.iter().map(status::running).collect();
    let state = format!("<span class=\"{class}\">{}</span>", states.join(", "));
    [escaped(node.name.as_str()), state, escaped(&running.join(", "))]
}

fn resource(resource: &ResourceOverview) -> [String; 3] {
    let nodes: Vec<&str> = resource.nodes.iter().map(NodeName::as_str).collect();
    let state = match (resource.is_collective, nodes.as_slice()) {
        (true, _) => String::new(),
        (false, []) => "<span class=\"change\">Stopped</span>".to_owned(),
        (false, nodes) => format!("{} on {}", status::state(resource), escaped(&nodes.join(", "))),
    };
    let remarks = status::remarks(resource);
    let remarks = if remarks.is_empty() {
        String::new()
    } else {
        format!(" <span class=\"bad\">({})</span>", escaped(&remarks.join(", ")))
    };
    let id = format!("{}{}", "&emsp;".repeat(resource.depth), escaped(&resource.id));
    [id, escaped(&resource.kind), format!("{state}{remarks}")]
}

/// A heading and rows of cells that are HTML already; nothing without rows.
fn table(heading: &str, columns: [&str; 3], rows: impl Iterator<Item = [String; 3]>) -> String {
    let mut body = String::new();
    for row in rows {
        // Writing into a text cannot fail.
        let _ = writeln!(body, "<tr><td>{}</td></tr>", row.join("</td><td>"));
    }
    if body.is_empty() {
        return body;
    }
    let columns = columns.join("</th><th>");
    format!("<h2>{heading}</h2>\n<table>\n<tr><th>{columns}</th></tr>\n{body}</table>\n")
}

fn list(heading: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { items } else { format!("<h2>{heading}</h2>\n<ul>\n{items}</ul>\n") }
}

/// A text as it stands in HTML; control characters do not belong there.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_markup() {
        assert_eq!(escaped("<b>\"&\u{1b}["), "&lt;b&gt;&quot;&amp;\u{fffd}[");
    }
}
