//! Claims about notifications: what the instances of a clone are told of their siblings' steps.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use quorate::diagnostic::Sources;
use quorate::scheduler::{Action, ActionId, Schedule, Task};
use quorate::{cib, scheduler};

const NOW: i64 = 1_790_000_000;

/// A clone with notifications on two nodes, of which one is in standby; history as given by node.
fn plan(standby: &str, histories: [&str; 2]) -> Schedule {
    let state = |id: &str, history: &str| {
        format!(
            "<node_state id='{id}' uname='{id}' in_ccm='true' crmd='online' join='member' expected='member'>
               <lrm id='{id}'><lrm_resources><lrm_resource id='tell' class='ocf' provider='pacemaker' type='Dummy'>
                 {history}</lrm_resource></lrm_resources></lrm></node_state>"
        )
    };
    let text = format!(
        "<cib have-quorum='1' crm_feature_set='3.19.0'><configuration>
           <crm_config><cluster_property_set id='o'><nvpair id='o1' name='fencing-enabled' value='false'/></cluster_property_set></crm_config>
           <nodes>
             <node id='a' uname='a'/>
             <node id='b' uname='b'><instance_attributes id='s'><nvpair id='s1' name='standby' value='{standby}'/></instance_attributes></node>
           </nodes>
           <resources><clone id='all'>
             <meta_attributes id='m'><nvpair id='m1' name='notify' value='true'/></meta_attributes>
             <primitive id='tell' class='ocf' provider='pacemaker' type='Dummy'/>
           </clone></resources><constraints/>
         </configuration><status>{}{}</status></cib>",
        state("a", histories[0]),
        state("b", histories[1]),
    );
    let mut sources = Sources::default();
    sources.add("cib.xml", text);
    let cib = cib::read(&sources).unwrap();
    scheduler::schedule(&cib.cluster, &cib.status, NOW)
}

/// An entry that says that the resource was started, or found inactive.
fn entry(operation: &str, rc: u8) -> String {
    format!(
        "<lrm_rsc_op id='tell_last_0' operation='{operation}' operation_key='tell_{operation}_0' call-id='2' rc-code='{rc}'
         op-status='0' interval='0' transition-key='1:1:{rc}:x' op-digest='f2317cad3d54cec5d7d7aa7d0bf35cf8'/>"
    )
}

fn notifications(schedule: &Schedule) -> Vec<(String, String)> {
    let told = schedule
        .transition
        .actions
        .iter()
        .filter(|action| action.task == Task::Notify && action.node.is_some());
    let mut told: Vec<_> = told
        .map(|action| {
            (action.notify.as_deref().unwrap().to_owned(), action.node.as_ref().unwrap().to_string())
        })
        .collect();
    told.sort();
    told
}

fn find(schedule: &Schedule, is_it: impl Fn(&Action) -> bool) -> &Action {
    schedule.transition.actions.iter().find(|action| is_it(action)).unwrap()
}

/// Whether `late` waits for `early`, directly or not.
fn waits_for(schedule: &Schedule, late: &Action, early: ActionId) -> bool {
    let mut waiting = late.after.clone();
    while let Some(id) = waiting.pop() {
        if id == early {
            return true;
        }
        waiting.extend(&find(schedule, |action| action.id == id).after);
    }
    false
}

fn told(moment: &str, node: &str) -> impl Fn(&Action) -> bool {
    move |action| {
        action.notify.as_deref() == Some(moment) && action.node.as_ref().is_some_and(|known| known.is(node))
    }
}

#[test]
fn the_one_that_stops_is_told_before_and_the_other_before_and_after() {
    let schedule = plan("on", [&entry("start", 0), &entry("start", 0)]);
    let expected = [("post-stop", "a"), ("pre-stop", "a"), ("pre-stop", "b")];
    assert_eq!(notifications(&schedule), expected.map(|(moment, node)| (moment.to_owned(), node.to_owned())));
    let stop = find(&schedule, |action| action.task == Task::Stop && action.node.is_some());
    assert!(waits_for(&schedule, stop, find(&schedule, told("pre-stop", "a")).id));
    assert!(waits_for(&schedule, find(&schedule, told("post-stop", "a")), stop.id));
}

#[test]
fn the_one_that_starts_is_only_told_afterwards() {
    let schedule = plan("off", [&entry("start", 0), &entry("monitor", 7)]);
    let expected = [("post-start", "a"), ("post-start", "b"), ("pre-start", "a")];
    assert_eq!(notifications(&schedule), expected.map(|(moment, node)| (moment.to_owned(), node.to_owned())));
    let start = find(&schedule, |action| action.task == Task::Start && action.node.is_some());
    assert_eq!(start.meta["notify_start_uname"].as_ref(), "b");
    assert_eq!(start.meta["notify_active_uname"].as_ref(), "a");
    assert_eq!(start.meta["notify_stop_uname"].as_ref(), " ");
}

#[test]
fn nobody_is_told_of_nothing() {
    let schedule = plan("off", [&entry("start", 0), &entry("start", 0)]);
    assert!(schedule.transition.actions.is_empty());
}
