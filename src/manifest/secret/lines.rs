//! Secrets read off the lines of a text, whether it is sound or not: all that follows a word that names
//! one, up to the end of its line, and the lines below until one begins with a plain key of its own.

use std::collections::BTreeSet;
use std::ops::Range;

use super::yaml::HOLDERS;
use super::{by_line, closed_length};
use crate::model::secrecy::words::{names_secret, next, next_lead};

/// How many lines above one are looked at for the bracket in which it is.
const LINES_ABOVE_MAX: usize = 100;

/// What was begun on a line with such a word, and may go on below.
struct Open {
    /// A plain key at this column or left of it ends it; without one, nothing does.
    column: Option<usize>,
    /// A quote that must close first.
    quote: Option<char>,
    /// Whether the next line belongs to it whatever it is: a block of text was announced, or the value is
    /// still to come between brackets.
    is_block: bool,
}

/// Where all of them stand. `timeouts` are the words that are known to name lengths of time.
pub(super) fn places(text: &str, timeouts: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut open: Option<Open> = None;
    // Where lines began that are no part of a secret.
    let mut columns = BTreeSet::new();
    for line in text.split_inclusive('\n') {
        let bytes = start..start + line.len();
        start = bytes.end;
        if line.trim().is_empty() {
            continue;
        }
        let column = content_column(line);
        let content = line.get(column..).unwrap_or_default();
        match &mut open {
            Some(block) if !block.is_ended_by(column, content, &columns) => {
                found.extend(by_line(text, bytes.start + column..bytes.end));
                if block.is_block && block.column.is_some_and(|outer| column <= outer) {
                    // A text that is not indented goes on up to a line left of its first.
                    block.column = column.checked_sub(1);
                }
                if block.quote.is_some_and(|quote| content.contains(quote)) {
                    block.quote = None;
                } else {
                    block.is_block = false;
                }
            }
            Some(_) | None => {
                columns.insert(column);
                open = begun(text, bytes, timeouts, &mut found);
            }
        }
    }
    let behind = anchored(text, &found);
    found.extend(behind);
    found
}

impl Open {
    /// Whether a line with this content is none of it: one with a plain key, where such lines begin.
    fn is_ended_by(&self, column: usize, content: &str, columns: &BTreeSet<usize>) -> bool {
        let is_outside = self.column.is_some_and(|outer| column <= outer) && columns.contains(&column);
        is_outside && plain_key(content).is_some() && self.quote.is_none() && !self.is_block
    }
}

/// The first word of a line that names a secret: adds what follows it there. Gives what may go on below.
fn begun(
    text: &str,
    bytes: Range<usize>,
    timeouts: &[Range<usize>],
    found: &mut Vec<Range<usize>>,
) -> Option<Open> {
    let line = text.get(bytes.clone()).unwrap_or_default();
    let column = content_column(line);
    let mut from = column;
    let mut after_reference = None;
    loop {
        let name = match next_name(line, from) {
            Some(name) if is_apart(line, after_reference, name.start) => name,
            Some(_) | None => {
                let at = after_reference?;
                found.extend(by_line(text, bytes.start + rest_after_reference(line, at)..bytes.end));
                return Some(Open { column: Some(column), quote: None, is_block: false });
            }
        };
        let is_known_timeout = timeouts.iter().any(|timeout| timeout.contains(&(bytes.start + name.start)));
        if is_folder(line, &name) || is_known_timeout || is_timeout(line, &name) {
            from = name.end;
            continue;
        }
        if line.get(name.clone()).is_some_and(|word| word.eq_ignore_ascii_case("key"))
            && next(line, name.end).is_some_and(|second| is_value(line, &second))
        {
            // `{key: password, val: VALUE}`: the pair is what counts.
            from = name.end;
            continue;
        }
        if let Some(end) = reference_end(line, &name) {
            (from, after_reference) = (end, Some(end));
            continue;
        }
        let value_at = value_after(line, name.end);
        if is_value(line, &name) {
            // `{value: VALUE, name: password}`: what stands beside it, in any order.
            let first = item_start(text, bytes.start, column);
            found.extend(by_line(text, first..bytes.end));
            return Some(Open { column: Some(column.saturating_sub(1)), ..opened(line, column, value_at) });
        }
        found.extend(by_line(text, bytes.start + value_at..bytes.end));
        return Some(opened(line, column, value_at));
    }
}

/// The next name of a secret. So is that of its place, where what follows is no place: a list, a map, or
/// nothing on this line. A dot that stands where a colon should parts a name from its value.
fn next_name(line: &str, from: usize) -> Option<Range<usize>> {
    let is_misused = |lead: &Range<usize>| {
        let value = line.get(lead.end..).unwrap_or_default().trim_start_matches(['"', '\'']);
        let value = value.strip_prefix(':').map(str::trim);
        value.is_some_and(|value| value.is_empty() || value.starts_with(['[', '{', '|', '>', '&', '*', '!']))
    };
    let lead = next_lead(line, from).filter(is_misused);
    let Some(name) = next(line, from) else { return lead };
    if let Some(lead) = lead.filter(|lead| lead.start < name.start) {
        return Some(lead);
    }
    let (word, rest) = (line.get(name.clone())?, line.get(name.end..)?);
    let mut dots = word.match_indices('.').map(|(at, _)| at);
    let cut = dots.find(|at| word.get(..*at).is_some_and(names_secret));
    let is_key = rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with([':', '=']);
    Some(name.start..cut.filter(|_| !is_key).map_or(name.end, |at| name.start + at))
}

/// What goes on below a line whose secret begins at `value_at`.
fn opened(line: &str, column: usize, value_at: usize) -> Open {
    let (before, value) = line.split_at(value_at);
    let is_flow = depth_of(line) > 0 || depth_of(before) > 0 && !value.contains(['}', ']']);
    let last_word = value.split_whitespace().next_back().unwrap_or_default();
    let first_word = value.split_whitespace().next().unwrap_or_default();
    Open {
        // Within brackets the lines below may be anywhere.
        column: Some(if is_flow { column.saturating_sub(1) } else { column }),
        quote: open_quote(value),
        is_block: is_flow && value.is_empty()
            || [first_word, last_word].iter().any(|word| word.starts_with(['|', '>'])),
    }
}

/// The quote that is opened in a value and does not close.
fn open_quote(value: &str) -> Option<char> {
    let mut at = 0;
    let mut is_start = true;
    while let Some(letter) = value.get(at..).and_then(|rest| rest.chars().next()) {
        if is_start && matches!(letter, '"' | '\'') {
            match closed_length(value.get(at..).unwrap_or_default(), letter) {
                Some(length) => at += length,
                None => return Some(letter),
            }
            is_start = false;
            continue;
        }
        is_start = matches!(letter, '[' | '{' | ',' | ':') || is_start && letter.is_whitespace();
        at += letter.len_utf8();
    }
    None
}

/// Where what follows a name begins, behind what joins the two.
fn value_after(line: &str, at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    let value = rest.trim_start_matches(['"', '\'', ' ', '\t']);
    let value = value.strip_prefix([':', '=', ';', '.']).unwrap_or(value).trim_start();
    line.len() - value.len()
}

/// Whether a name stands where a value would: `name: password`.
fn is_value(line: &str, name: &Range<usize>) -> bool {
    let around = ['"', '\'', ' ', '\t'];
    let before = line.get(..name.start).unwrap_or_default().trim_end_matches(around);
    // `name: db password`.
    let first_word =
        before.trim_end_matches(|letter: char| letter.is_alphanumeric()).trim_end_matches(around);
    let before = if first_word.ends_with(':') { first_word } else { before };
    let after = line.get(name.end..).unwrap_or_default();
    let is_last = after.trim_start_matches(['"', '\'']).trim_start();
    let ends = is_last.is_empty() || is_last.starts_with([',', '}', ']', '#']);
    // The flag of a command line, unless it stands alone or for a name.
    let is_flag = line.get(name.clone()).is_some_and(|name| name.starts_with("--"));
    if is_flag && !ends && !before.ends_with("name:") {
        return false;
    }
    let is_text = after.starts_with([' ', '"', '\'']) && !is_last.starts_with([':', '=']);
    before.ends_with([':', '=']) && (ends || is_last.starts_with(['\'', '"']) || is_text)
}

/// Where the item begins that a line is in whose first key is at `column`: of a list, of a map, or between
/// brackets that were opened above.
fn item_start(text: &str, line: usize, column: usize) -> usize {
    let mut start = line;
    let mut at = line;
    let mut depth = 0;
    let mut is_inside = true;
    for before in text.get(..line).unwrap_or_default().split_inclusive('\n').rev().take(LINES_ABOVE_MAX) {
        at -= before.len();
        depth += depth_of(before);
        let is_first = before.trim_start().starts_with("- ");
        is_inside &= !before.trim().is_empty() && (content_column(before) >= column || is_first);
        if is_inside || depth > 0 {
            start = at;
        }
        is_inside &= !is_first;
        if depth > 0 {
            break;
        }
    }
    start
}

/// Where in a line the first thing stands that is no blank and no mark of a list.
fn content_column(line: &str) -> usize {
    let mut at = line.len() - line.trim_start().len();
    while let Some(rest) = line.get(at..).and_then(|rest| rest.strip_prefix("- ")) {
        at = line.len() - rest.trim_start().len();
    }
    at
}

/// The key that a line begins with, if it is a plain one.
fn plain_key(content: &str) -> Option<&str> {
    let (key, rest) = content.split_once(':')?;
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let is_key = !key.is_empty() && key.chars().all(is_plain) && !key.starts_with('-');
    (is_key && rest.chars().next().is_none_or(char::is_whitespace)).then_some(key)
}

/// Where a name ends with what is behind it, if that only says where a secret is: `password: {secret: NAME}`,
/// or of a name that is no secret `{secret: NAME}`. In `params: {secret: VALUE}` it is a parameter. Also
/// `secrets:` itself.
fn reference_end(line: &str, name: &Range<usize>) -> Option<usize> {
    let word = line.get(name.clone())?;
    let (before, after) = (line.get(..name.start)?, line.get(name.end..)?);
    if word == "secrets" && before.is_empty() && after.trim_end() == ":" {
        return Some(line.trim_end().len());
    }
    if let Some(value) = after.trim_start_matches(['"', '\'']).strip_prefix(": ")
        && let Some(inner) = value.trim_start().strip_prefix('{')
        && let Some(rest) = inner.trim_start().strip_prefix("secret:")
        && !HOLDERS.contains(&word)
    {
        return Some(line.len() - after_name(rest)?.len());
    }
    let owner = before.trim_end().strip_suffix('{')?.trim_end().strip_suffix(':')?;
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let owner = owner.get(owner.trim_end_matches(is_name).len()..)?;
    if word != "secret" || owner.is_empty() || HOLDERS.contains(&owner) {
        return None;
    }
    Some(line.len() - after_name(after.strip_prefix(':')?)?.len())
}

/// What is behind ` NAME}`.
fn after_name(text: &str) -> Option<&str> {
    let text = text.strip_prefix(' ')?.trim_start();
    let (name, rest) = text.split_once('}')?;
    let name = name.trim().trim_matches(['"', '\'']);
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(is_name)).then_some(rest)
}

/// Whether nothing stands between a reference that ends at `end` and the next name.
fn is_apart(line: &str, end: Option<usize>, name: usize) -> bool {
    let Some(gap) = end.and_then(|end| line.get(end..name)) else { return true };
    gap.trim_matches([',', ' ', '"', '\'']).is_empty() && gap.contains(',')
}

/// Where the rest of a line begins that is behind a reference; brackets may close.
fn rest_after_reference(line: &str, at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    line.len() - rest.trim_start_matches(['}', ']', ',', ' ']).len()
}

/// Whether the name is one of a folder: `/run/secrets/db`.
fn is_folder(line: &str, name: &Range<usize>) -> bool {
    matches!(line.get(name.clone()), Some("secret" | "secrets"))
        && line.get(..name.start).is_some_and(|lead| lead.ends_with('/'))
        && line.get(name.end..).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether this is the ring's own `token: 3s`, a length of time.
fn is_timeout(line: &str, name: &Range<usize>) -> bool {
    let value =
        line.get(name.end..).and_then(|rest| rest.strip_prefix(": ")).unwrap_or_default().trim_start();
    let number = value.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let unit = number.split([',', '}', ' ', '\n']).next().unwrap_or_default();
    line.get(name.clone()) == Some("token")
        && number.len() < value.len()
        && matches!(unit, "ms" | "s" | "min")
}

/// How many brackets this opens beyond those that it closes.
fn depth_of(text: &str) -> isize {
    text.bytes().fold(0, |depth, byte| match byte {
        b'{' | b'[' => depth + 1,
        b'}' | b']' => depth - 1,
        _ => depth,
    })
}

/// What the aliases stand for that are part of secrets: the line of the anchor, and what is below it.
fn anchored(text: &str, secrets: &[Range<usize>]) -> Vec<Range<usize>> {
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ']' | '}');
    let words = secrets.iter().filter_map(|place| text.get(place.clone()));
    let aliases = words.flat_map(|word| word.split('*').skip(1));
    let names: BTreeSet<&str> = aliases.filter_map(|word| word.split(ends).next()).collect();
    let mut found = Vec::new();
    let mut start = 0;
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n').filter(|_| !names.is_empty()) {
        let end = start + line.len();
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|outer| line.trim().is_empty() || indent > outer) {
            found.extend(by_line(text, start..end));
        } else {
            let anchor = line.match_indices('&').find(|(at, _)| {
                let name = line.get(at + 1..).and_then(|rest| rest.split(ends).next());
                name.is_some_and(|name| names.contains(name))
            });
            block = anchor.map(|_| indent);
            if let Some((at, _)) = anchor {
                found.extend(by_line(text, start + at..end));
            }
        }
        start = end;
    }
    found
}

/// Passwords in addresses: between the first `:` behind `://` and the last `@` of the line; where there is
/// no `://`, of each word of it.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = line.find("://").map(|at| at + 3)
            && let Some(colon) = line.get(at..).and_then(|rest| rest.find(':')).map(|colon| at + colon + 1)
            && let Some(last) = line.rfind('@').filter(|last| *last > colon)
        {
            found.push(start + colon..start + last);
        } else {
            found.extend(bare_address(line).map(|password| start + password.start..start + password.end));
        }
        start += line.len();
    }
    found
}

/// Classes of agents whose names may have an `@` in them: `systemd:getty@tty1`.
const CLASSES: [&str; 3] = ["systemd", "service", "lsb"];

/// The first `user:PASSWORD@host` of a line. What has a port there is an image: `host:5000/x@sha256`.
fn bare_address(line: &str) -> Option<Range<usize>> {
    let mut at = 0;
    line.split_inclusive(char::is_whitespace).find_map(|word| {
        let start = at;
        at += word.len();
        let (user, rest) = word.split_once(':')?;
        let (password, _) = rest.rsplit_once('@')?;
        if CLASSES.contains(&user.trim_start_matches(['{', '[', '"', '\''])) {
            return None;
        }
        let is_port = password.split_once('/').is_some_and(|(port, _)| port.parse::<u16>().is_ok());
        let password_at = start + user.len() + 1;
        (!is_port && !password.is_empty()).then(|| password_at..password_at + password.len())
    })
}
