#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use super::*;
use crate::model::NameValue;

fn alert(path: &str, select: Vec<AlertEvent>) -> Alert {
    Alert {
        id: "tell".into(),
        path: path.into(),
        description: None,
        meta: Vec::new(),
        params: vec![OptionSet { pairs: vec![NameValue::text("colour", "red")], ..OptionSet::default() }],
        select,
        recipients: Vec::new(),
    }
}

fn finished(task: Task, worker: &str, rc: ResultCode) -> Event {
    Event::Finished {
        call: None,
        worker: worker.into(),
        action: Box::new(Action::new(task, "A", NodeName::from(worker))),
        result: ActionResult::done(rc, Duration::from_millis(7)),
        at: crate::cluster::Moment(0),
    }
}

fn gone(name: &str) -> Event {
    Event::Gone { node: name.into(), why: crate::cluster::Parting::NodeDown }
}

fn kinds(alerts: &mut Alerts, event: &Event) -> Vec<Kind> {
    alerts.news(event).into_iter().map(|news| news.kind).collect()
}

#[tokio::test]
async fn an_agent_is_told_in_its_environment_once_per_recipient() {
    let dir = tempfile::tempdir().unwrap();
    let (script, said) = (dir.path().join("alert.sh"), dir.path().join("said"));
    let text = format!(
        "#!/bin/sh\necho \"$CRM_alert_kind $CRM_alert_node $CRM_alert_desc $CRM_alert_recipient $colour\" >>{}\n",
        said.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let recipient = |value: &str| Recipient {
        id: None,
        value: value.into(),
        description: None,
        meta: Vec::new(),
        params: Vec::new(),
    };
    let mut told = alert(script.to_str().unwrap(), Vec::new());
    told.recipients = vec![recipient("ann"), recipient("bob")];
    let cluster = Cluster { alerts: vec![told], ..Cluster::default() };
    let mut alerts = Alerts::new(Installation::default(), NodeName::from("n1"));
    alerts.tell(&gone("n2"), &cluster);
    let lines = || {
        let text = std::fs::read_to_string(&said).unwrap_or_default();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    while lines().len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(lines(), ["node n2 lost ann red", "node n2 lost bob red"]);
}

#[test]
fn news_are_what_failed_and_what_was_done_here() {
    let mut alerts = Alerts::new(Installation::default(), NodeName::from("n1"));
    assert_eq!(kinds(&mut alerts, &finished(Task::Start, "n1", ResultCode::OK)), [Kind::Resource]);
    assert_eq!(kinds(&mut alerts, &finished(Task::Start, "n2", ResultCode::OK)), []);
    let members = |names: &[&str]| Event::Settled {
        members: names.iter().map(|name| NodeName::from(*name)).collect(),
        dc: "n1".into(),
    };
    assert_eq!(kinds(&mut alerts, &members(&["n1", "n2"])), [Kind::Node, Kind::Node]);
    assert_eq!(kinds(&mut alerts, &members(&["n1", "n2"])), []);
    assert_eq!(kinds(&mut alerts, &gone("n2")), [Kind::Node]);
    assert_eq!(kinds(&mut alerts, &members(&["n1", "n2"])), [Kind::Node]);
}

#[test]
fn an_alert_may_select_what_it_is_told() {
    let only = alert("/bin/true", vec![AlertEvent::Fencing, AlertEvent::Attributes(vec![Arc::from("x")])]);
    assert!(is_wanted(&only, Kind::Fencing) && !is_wanted(&only, Kind::Node));
    assert!(is_wanted(&alert("/bin/true", Vec::new()), Kind::Resource));
}

#[test]
fn moments_are_written_as_the_alert_asks_for() {
    let now: Zoned = "2026-01-02T03:04:05.678901[UTC]".parse().unwrap();
    assert_eq!(written(&now, Alerts::FORMAT), "03:04:05.678901");
    assert_eq!(written(&now, "%Y-%m-%d %H:%M:%S.%03N"), "2026-01-02 03:04:05.678");
}
