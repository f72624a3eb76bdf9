//! The journal of services: what was done to the lab's own services (agent `marker`), in the order in which
//! it happened on all hosts, whatever the daemons knew of each other. One kernel's clock numbers it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use crate::room::Room;

/// Where it is in the room.
const FILE: &str = "shared/journal";
/// Services that only start where another is active, as the lab's manifests order them.
const ORDER: [(&str, &str); 1] = [("Base", "Front")];

/// How long after its end a cut may still have effects, in nanoseconds.
const SEEN_LATE: u64 = 15_000_000_000;

/// What is known of a service on one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Starting,
    Active,
    /// An action failed or did not end: nobody knows until it is stopped or seen not to run.
    Unsure,
    Stopping,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Nanoseconds since 1970.
    pub(crate) at: u64,
    pub(crate) host: String,
    pub(crate) name: String,
    pub(crate) action: String,
    /// `begin`, or the code that the action ended with.
    pub(crate) phase: String,
}

/// Notes that a host did not do something, but suffered it.
pub(crate) fn note(room: &Room, host: &str, what: &str) {
    let now = jiff::Timestamp::now().as_nanosecond();
    let mut file = fs::File::options().append(true).create(true).open(room.path(FILE)).unwrap();
    writeln!(file, "{now} {host} - {what} -").unwrap();
}

/// All that it says, in order.
pub(crate) fn entries(room: &Room) -> Vec<Entry> {
    let text = fs::read_to_string(room.path(FILE)).unwrap_or_default();
    let mut entries: Vec<Entry> = text.lines().filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let at = words.next()?.parse().ok()?;
    let mut next = || words.next().map(str::to_owned);
    Some(Entry { at, host: next()?, name: next()?, action: next()?, phase: next()? })
}

/// What must not have happened: a service in two places (`Every...` is a clone), an action beside another on
/// the same service, a start before or a stop under what it depends on.
pub(crate) fn faults(entries: &[Entry]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut places: BTreeMap<(&str, &str), Known> = BTreeMap::new();
    // Until when; the cluster may see a cut that has healed already.
    let mut cut: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in entries {
        let (name, host) = (entry.name.as_str(), entry.host.as_str());
        let place = (name, host);
        let mut fault = |what: String| {
            faults.push(format!("journal: {} {host} {name} {}: {what}", entry.at, entry.action));
        };
        match (entry.action.as_str(), entry.phase.as_str()) {
            ("crash", _) => {
                places.retain(|(_, at), _| *at != host);
                cut.remove(host);
            }
            ("cut", _) => drop(cut.insert(host, u64::MAX)),
            ("heal", _) => drop(cut.insert(host, entry.at + SEEN_LATE)),
            ("start", "begin") => {
                let elsewhere = places.iter().find(|((other, at), _)| *other == name && *at != host);
                if let Some(((_, at), known)) = elsewhere
                    && !name.starts_with("Every")
                {
                    let is_cut = |host| cut.get(host).is_some_and(|until| *until > entry.at);
                    let away = if is_cut(*at) || is_cut(host) { ", cut off" } else { "" };
                    fault(format!("it is {known:?} on {at}{away}"));
                }
                let first = ORDER.iter().find(|(_, then)| *then == name).map(|(first, _)| *first);
                if first.is_some_and(|first| places.get(&(first, host)) != Some(&Known::Active)) {
                    fault(format!("{} is not active there", first.unwrap_or_default()));
                }
                match places.get(&place) {
                    Some(Known::Starting | Known::Stopping) => fault("beside another action".to_owned()),
                    Some(Known::Active) => fault("it is active there already".to_owned()),
                    Some(Known::Unsure) | None => {}
                }
                places.insert(place, Known::Starting);
            }
            ("stop", "begin") => {
                let then = ORDER.iter().find(|(first, _)| *first == name).map(|(_, then)| *then);
                if then.is_some_and(|then| places.get(&(then, host)) == Some(&Known::Active)) {
                    fault(format!("{} is still active there", then.unwrap_or_default()));
                }
                places.insert(place, Known::Stopping);
            }
            ("start", "0") => drop(places.insert(place, Known::Active)),
            ("start" | "stop", code) if code != "0" => drop(places.insert(place, Known::Unsure)),
            ("stop", _) => drop(places.remove(&place)),
            ("monitor", "7") if !matches!(places.get(&place), Some(Known::Starting | Known::Stopping)) => {
                places.remove(&place);
            }
            _ => {}
        }
    }
    faults
}

#[test]
fn the_journal_tells_what_must_not_be() {
    let told = |lines: &[&str]| {
        let entries: Vec<Entry> =
            lines.iter().enumerate().map(|(at, line)| entry(&format!("{at} {line}")).unwrap()).collect();
        faults(&entries)
    };
    let on =
        |host: &str, name: &str| [format!("{host} {name} start begin"), format!("{host} {name} start 0")];
    let lines = |parts: &[&[String]]| -> Vec<String> { parts.concat() };
    let check = |lines: Vec<String>| told(&lines.iter().map(String::as_str).collect::<Vec<_>>()).len();
    assert_eq!(check(lines(&[&on("a", "Alone"), &on("b", "Alone")])), 1, "in two places");
    assert_eq!(check(lines(&[&on("a", "Alone"), &["a - crash -".to_owned()], &on("b", "Alone")])), 0);
    assert_eq!(check(lines(&[&on("a", "Everywhere"), &on("b", "Everywhere")])), 0);
    assert_eq!(check(lines(&[&on("a", "Front")])), 1, "before what it needs");
    assert_eq!(check(lines(&[&on("a", "Base"), &on("a", "Front"), &["a Base stop begin".to_owned()]])), 1);
    assert_eq!(told(&["a Alone start begin", "a Alone start begin"]).len(), 1, "beside another");
    assert_eq!(check(lines(&[&on("a", "Everywhere"), &on("a", "Everywhere")])), 1, "twice");
    assert_eq!(told(&["a Alone start begin", "a Alone start 1", "b Alone start begin"]).len(), 1);
    assert_eq!(told(&["a Alone start begin", "a Alone monitor 7", "b Alone start begin"]).len(), 1);
    assert_eq!(told(&["a Alone start 0", "a Alone monitor 7", "b Alone start begin"]).len(), 0);
}
