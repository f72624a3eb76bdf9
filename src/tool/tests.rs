#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use super::*;
use crate::model::NodeName;

/// Remembers what it was asked.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<Question>>,
    answer: Option<Answer>,
}

impl Oracle for Ear {
    async fn answer(&self, question: Question) -> Answer {
        self.heard.lock().unwrap().push(question);
        self.answer.clone().unwrap_or(Answer::Done)
    }
}

fn parse_attribute(words: &[&str]) -> crm_attribute::Call {
    crm_attribute::Call::try_parse_from(words).unwrap()
}

/// What a tool asks when it is answered like this, and how it ends.
fn call(words: &str, answer: Answer) -> (Option<Question>, Verdict) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("s");
    let ear = Arc::new(Ear { answer: Some(answer), ..Ear::default() });
    let serving = runtime.block_on(async { serve(&socket, Arc::clone(&ear)).unwrap() });
    let surroundings =
        Surroundings { socket: Some(socket.into_os_string()), resource: Some("db".to_owned()) };
    let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
    let verdict = match Tool::called(Path::new(&words[0])).unwrap() {
        Tool::CrmAttribute => parse(words, |call: &crm_attribute::Call| call.run(&surroundings)),
        Tool::CrmMaster => {
            parse(crm_attribute::for_promotion(words), |call: &crm_attribute::Call| call.run(&surroundings))
        }
        Tool::AttrdUpdater => parse(words, |call: &attrd_updater::Call| call.run(&surroundings)),
        Tool::CrmNode => parse(words, |call: &crm_node::Call| call.run(&surroundings)),
        Tool::CrmResource => parse(words, |call: &crm_resource::Call| call.run(&surroundings)),
    };
    drop(serving);
    let asked = ear.heard.lock().unwrap().last().cloned();
    (asked, verdict)
}

fn place(shelf: Shelf, node: Option<&str>, name: &str) -> Place {
    let nodes = node.map_or(Spot::Here, |node| Spot::Node(NodeName::new(node)));
    Place { shelf, nodes, name: Some(name.into()) }
}

fn stored(name: &str, value: &str) -> Answer {
    Answer::Stored(vec![Stored { node: Some(NodeName::new("n1")), name: name.into(), value: value.into() }])
}

#[test]
fn what_installed_agents_write_is_understood() {
    use Shelf::{Forever, Options, UntilLeave};
    let cases = [
        ("crm_attribute --promotion -v 10", place(UntilLeave, None, "master-db"), Some("10"), None),
        ("crm_attribute -p -v -INFINITY", place(UntilLeave, None, "master-db"), Some("-INFINITY"), None),
        ("crm_attribute --promotion -D", place(UntilLeave, None, "master-db"), None, None),
        ("crm_master -Q -v 100 -l reboot", place(UntilLeave, None, "master-db"), Some("100"), None),
        ("crm_master -v -1 -l forever", place(Forever, None, "master-db"), Some("-1"), None),
        (
            "crm_attribute -N n2 -l reboot --name db-x -v true",
            place(UntilLeave, Some("n2"), "db-x"),
            Some("true"),
            None,
        ),
        ("crm_attribute -N n2 -l forever --name c -v a", place(Forever, Some("n2"), "c"), Some("a"), None),
        ("crm_attribute -N n2 --name c -v a", place(Forever, Some("n2"), "c"), Some("a"), None),
        (
            "crm_attribute -t crm_config -n db_REPL_INFO -s mysql_replication -v a|b",
            place(Options, None, "db_REPL_INFO"),
            Some("a|b"),
            None,
        ),
        ("attrd_updater -n pingd -B 1000 -d 5s", place(UntilLeave, None, "pingd"), Some("1000"), Some(5)),
        (
            "attrd_updater -n #health-cpu -U red -d 30s",
            place(UntilLeave, None, "#health-cpu"),
            Some("red"),
            Some(30),
        ),
        (
            "attrd_updater 0s -S status -n cpu_cores -v 4",
            place(UntilLeave, None, "cpu_cores"),
            Some("4"),
            None,
        ),
        ("attrd_updater -D -n pingd -d 5s", place(UntilLeave, None, "pingd"), None, Some(5)),
        (
            "attrd_updater -p -n db-gtid -U 0-1-2 -N n2",
            place(UntilLeave, Some("n2"), "db-gtid"),
            Some("0-1-2"),
            None,
        ),
    ];
    for (words, place, value, dampening) in cases {
        let (asked, verdict) = call(words, Answer::Done);
        let dampening = dampening.map(std::time::Duration::from_secs);
        assert_eq!(
            asked,
            Some(Question::Write { place, value: value.map(Into::into), dampening }),
            "{words}"
        );
        assert_eq!((verdict.code(), verdict.output()), (0, ""), "{words}");
    }
}

#[test]
fn what_agents_ask_is_printed_as_they_read_it() {
    let members = || Answer::Members {
        here: NodeName::new("n1"),
        quorate: true,
        members: [("1", "n1", true), ("2", "n2", false)]
            .map(|(id, name, is_present)| Member { id: id.into(), name: name.into(), is_present })
            .to_vec(),
    };
    let resource = || Answer::Resource {
        active: vec![(NodeName::new("n1"), true)],
        params: [("state".into(), "/x".into())].into(),
        meta: std::collections::BTreeMap::new(),
        utilization: [("cpu".into(), "3".into())].into(),
    };
    let none = || Answer::Stored(Vec::new());
    let cases = [
        ("crm_attribute -N n1 -n loc -G", stored("loc", "off ice"), 0, "scope=nodes  name=loc value=off ice"),
        ("crm_attribute -l reboot -n a --query", stored("a", "1"), 0, "scope=status  name=a value=1"),
        ("crm_attribute -N n1 -l reboot --name a --quiet", stored("a", "1"), 0, "1"),
        ("crm_attribute --type nodes --node n1 -n a -G -q", stored("a", "1"), 0, "1"),
        ("crm_attribute -n a -G", none(), 105, ""),
        ("crm_attribute -t crm_config -n a -q --default=true", none(), 0, "true"),
        ("crm_attribute -p -G", stored("master-db", "5"), 0, "scope=status  name=master-db value=5"),
        ("crm_attribute -t op_defaults -n a -G", none(), 3, ""),
        ("crm_attribute --bogus", none(), 64, ""),
        ("crm_attribute -N zz -n a -G", Answer::Refused(Problem::UnknownNode("zz".into())), 105, ""),
        ("attrd_updater -n a -Q", stored("a", "1"), 0, "name=\"a\" host=\"n1\" value=\"1\""),
        ("attrd_updater -n a -Q", none(), 105, ""),
        ("attrd_updater", none(), 64, ""),
        ("crm_node -n", members(), 0, "n1"),
        ("crm_node -i", members(), 0, "1"),
        ("crm_node -l", members(), 0, "1 n1 member\n2 n2 lost"),
        ("crm_node -p", members(), 0, "n1"),
        ("crm_node -q", members(), 0, "1"),
        ("crm_node -N 2", members(), 0, "n2"),
        ("crm_resource -Q -r db -z -g cpu", resource(), 0, "3"),
        ("crm_resource -r db -g none", resource(), 0, "Attribute 'none' not found for 'db'"),
        ("crm_resource -r db -W", resource(), 0, "resource db is running on: n1 Promoted"),
        ("crm_resource -r db -z -p cpu -v 4", resource(), 3, ""),
    ];
    for (words, answer, code, output) in cases {
        let (_, verdict) = call(words, answer);
        assert_eq!((verdict.code(), verdict.output()), (code, output), "{words}");
    }
}

#[test]
fn a_tool_that_nobody_answers_says_so() {
    let lost = Surroundings { socket: Some("/nonexistent/socket".into()), resource: None };
    let call = parse_attribute(&["crm_attribute", "-n", "a", "-l", "reboot", "-v", "1"]);
    assert_eq!(call.run(&lost).code(), 102);
    assert_eq!(call.run(&Surroundings::default()).code(), 102);
    let promotion = parse_attribute(&["crm_attribute", "-p", "-v", "1"]);
    assert_eq!(promotion.run(&lost).code(), 64);
}
