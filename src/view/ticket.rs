//! Tickets, as a table and as JSON.

use super::{escaped, moment, to_json};
use crate::plan::ticket::TicketOverview;

/// Tickets for people, one a line.
pub fn text(tickets: &[TicketOverview]) -> String {
    if tickets.is_empty() {
        return "Nothing needs a ticket.\n".to_owned();
    }
    let rows: Vec<[String; 3]> = tickets.iter().map(row).collect();
    let width = |column: usize| {
        let lengths = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        lengths.max().unwrap_or(0)
    };
    let (names, states) = (width(0), width(1));
    let line = |[name, state, users]: &[String; 3]| {
        format!("{}\n", format!("{name:names$}  {state:states$}  {users}").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Tickets for machines.
pub fn json(tickets: &[TicketOverview]) -> String {
    to_json(&tickets)
}

fn row(ticket: &TicketOverview) -> [String; 3] {
    let since = ticket.last_granted.map(moment);
    let state = match (ticket.granted, since) {
        (true, Some(since)) if ticket.standby => format!("granted since {since}, in standby"),
        (true, Some(since)) => format!("granted since {since}"),
        (true, None) => held(ticket).to_owned(),
        (false, Some(last)) => format!("{}, last granted {last}", held(ticket)),
        (false, None) => held(ticket).to_owned(),
    };
    let users = match ticket.needed_by.as_slice() {
        [] => "needed by nothing".to_owned(),
        users => format!("needed by {}", users.join(", ")),
    };
    [escaped(ticket.id.as_str()), state, escaped(&users)]
}

/// Whether a ticket is held.
pub fn held(ticket: &TicketOverview) -> &'static str {
    match (ticket.granted, ticket.standby) {
        (true, false) => "granted",
        (true, true) => "granted, in standby",
        (false, false) => "not granted",
        (false, true) => "not granted, in standby",
    }
}
