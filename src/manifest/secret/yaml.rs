//! Secrets below a name that says so, by the rules of YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use saphyr_parser::{Event, Parser};

use super::{by_line, quoted_length};
use crate::manifest::document::{BYTES_MAX, Positions};
use crate::model::secrecy::holds_secret;

/// Nested deeper than any manifest, and with more values: the lines must do.
const DEPTH_MAX: usize = 64;
const EVENTS_MAX: usize = 4_000_000;
/// Keys of maps from names to values, each of which may be `{secret: NAME}`.
pub(super) const HOLDERS: [&str; 5] = ["params", "meta", "attributes", "properties", "utilization"];

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// Whether the text was read to its end.
    pub(super) is_whole: bool,
    /// Where secrets stand: within one line each.
    pub(super) places: Vec<Range<usize>>,
    /// The secrets themselves, as they are meant.
    pub(super) words: Vec<String>,
    /// What only says where a secret is, in order.
    pub(super) shown: Vec<Range<usize>>,
    /// The keys that name the token's length of time, not a secret.
    pub(super) timeouts: Vec<Range<usize>>,
    /// Where plain and quoted values stand, in order.
    pub(super) scalars: Vec<Range<usize>>,
}

/// A node's beginning or end.
struct Token {
    kind: Kind,
    span: Range<usize>,
    /// The anchor that it carries or names; 0 for none.
    anchor: usize,
}

#[derive(PartialEq)]
enum Kind {
    Scalar(Box<str>),
    Alias,
    List,
    Map,
    End,
}

/// What a map or a list is for.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The whole manifest.
    Root,
    /// Names with values that may be secrets.
    Holder,
    /// `secrets` of the manifest: where each is.
    Secrets,
    /// Where one secret is.
    Source,
    /// `corosync` of the manifest: its `token` is a length of time.
    Ring,
    /// Anything else.
    Other,
}

struct Frame {
    role: Role,
    is_map: bool,
    /// The key that waits for its value: its text, and where it is.
    key: Option<(Box<str>, Range<usize>)>,
    /// Whether everything below is secret.
    is_secret: bool,
    /// Whether this is a key itself.
    is_key: bool,
}

/// Reads a text as far as it can be read.
pub(super) fn read(text: &str) -> Found {
    let (tokens, is_whole) = tokens(text);
    let mut walk = Walk {
        text,
        tokens: &tokens,
        frames: Vec::new(),
        found: Found::default(),
        uses: Vec::new(),
        named: named(&tokens),
    };
    let mut at = 0;
    while at < tokens.len() {
        at = walk.step(at);
    }
    walk.follow_aliases();
    let mut found = walk.found;
    found.is_whole = is_whole;
    found.scalars = tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::Scalar(_)))
        .map(|token| token.span.clone())
        .collect();
    found
}

fn tokens(text: &str) -> (Vec<Token>, bool) {
    let mut tokens = Vec::new();
    if text.len() > BYTES_MAX {
        return (tokens, false);
    }
    let positions = Positions::new(text);
    let mut depth = 0_usize;
    for item in Parser::new_from_str(text) {
        let Ok((event, span)) = item else { return (tokens, false) };
        let (kind, anchor) = match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
            Event::Alias(id) => (Kind::Alias, id),
            Event::Scalar(text, _, anchor, _) => (Kind::Scalar(text.into()), anchor),
            Event::SequenceStart(anchor, _) => (Kind::List, anchor),
            Event::MappingStart(anchor, _) => (Kind::Map, anchor),
            Event::SequenceEnd | Event::MappingEnd => (Kind::End, 0),
        };
        match kind {
            Kind::List | Kind::Map => depth += 1,
            Kind::End => depth = depth.saturating_sub(1),
            Kind::Scalar(_) | Kind::Alias => {}
        }
        if depth > DEPTH_MAX || tokens.len() >= EVENTS_MAX {
            return (tokens, false);
        }
        let start = positions.byte(span.start.index());
        let mut end = positions.byte(span.end.index()).max(start);
        let raw = text.get(start..end).unwrap_or_default();
        if let (Kind::Scalar(_), Some(quote @ ('"' | '\''))) = (&kind, raw.chars().next()) {
            // The parser counts what follows on the line to the value.
            end = start + quoted_length(raw, quote);
        }
        tokens.push(Token { kind, span: start..end, anchor });
    }
    (tokens, true)
}

struct Walk<'t> {
    text: &'t str,
    tokens: &'t [Token],
    frames: Vec<Frame>,
    found: Found,
    /// The anchors of aliases that are part of a secret.
    uses: Vec<usize>,
    /// The maps that say by a `name` of their own that they are about a secret: the numbers of their tokens.
    named: BTreeSet<usize>,
}

/// The maps of `{name: password, value: VALUE}`, below the outermost.
fn named(tokens: &[Token]) -> BTreeSet<usize> {
    let mut named = BTreeSet::new();
    // For each open node where it began, and for maps whether a key is next and which was the last.
    let mut open: Vec<(usize, bool, &str)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Kind::End {
            open.pop();
            continue;
        }
        let depth = open.len();
        if let Some((start, is_key, key)) = open.last_mut() {
            let text = if let Kind::Scalar(text) = &token.kind { &**text } else { "" };
            if *is_key {
                *key = text;
            } else if depth > 1 && *key == "name" && holds_secret(text) {
                named.insert(*start);
            }
            *is_key = !*is_key && tokens.get(*start).is_some_and(|token| token.kind == Kind::Map);
        }
        if matches!(token.kind, Kind::List | Kind::Map) {
            open.push((at, token.kind == Kind::Map, ""));
        }
    }
    named
}

impl Walk<'_> {
    /// Takes a token; the number of the next.
    fn step(&mut self, at: usize) -> usize {
        let Some(token) = self.tokens.get(at) else { return at + 1 };
        if token.kind == Kind::End {
            let is_key = self.frames.pop().is_some_and(|frame| frame.is_key);
            if let Some(frame) = self.frames.last_mut() {
                frame.key = is_key.then(|| (Box::default(), token.span.clone()));
            }
            return at + 1;
        }
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_map && frame.key.is_none()) else {
            return self.value(at, token);
        };
        let is_secret = frame.is_secret;
        match &token.kind {
            Kind::Scalar(text) => frame.key = Some((text.clone(), token.span.clone())),
            Kind::Alias => frame.key = Some((Box::default(), token.span.clone())),
            Kind::List | Kind::Map | Kind::End => {
                let is_map = token.kind == Kind::Map;
                self.frames.push(Frame { role: Role::Other, is_map, key: None, is_secret, is_key: true });
            }
        }
        if is_secret {
            self.hide(token);
        }
        at + 1
    }

    fn value(&mut self, at: usize, token: &Token) -> usize {
        let is_leaf = matches!(token.kind, Kind::Scalar(_) | Kind::Alias);
        let (role, key, outer) = self.frames.last_mut().map_or((Role::Root, None, false), |frame| {
            let key = if is_leaf { frame.key.take() } else { frame.key.clone() };
            (frame.role, key, frame.is_secret)
        });
        if role == Role::Holder && key.is_some() && !outer && self.is_reference(at) {
            let end = self.tokens.get(at + 2).map_or(token.span.end, |name| name.span.end);
            let start = self.tokens.get(at + 1).map_or(token.span.start, |key| key.span.start);
            self.found.shown.push(start..end);
            if let Some(frame) = self.frames.last_mut() {
                frame.key = None;
            }
            return at + 4;
        }
        let name = key.as_ref().map(|(name, _)| &**name).unwrap_or_default();
        let says_so = match role {
            Role::Root if name == "secrets" => is_leaf,
            Role::Secrets => is_leaf,
            Role::Source => !matches!(name, "file" | "env"),
            Role::Ring if name == "token" => !is_leaf,
            Role::Root | Role::Holder | Role::Ring | Role::Other => holds_secret(name),
        };
        let is_secret = outer || says_so || self.named.contains(&at);
        let key_place = key.as_ref().map_or(token.span.clone(), |(_, place)| place.clone());
        if role == Role::Ring && !is_secret && name == "token" {
            self.found.timeouts.push(key_place.clone());
        }
        if role == Role::Source && !is_secret && is_leaf {
            self.found.shown.push(key_place.start..token.span.end);
        } else if role == Role::Secrets && token.kind == Kind::Map || role == Role::Source && key.is_some() {
            self.found.shown.push(key_place);
        }
        if is_secret {
            self.hide(token);
        }
        if !is_leaf {
            let role = match role {
                Role::Root if self.frames.is_empty() => Role::Root,
                Role::Root if name == "secrets" => Role::Secrets,
                Role::Root if name == "corosync" => Role::Ring,
                Role::Secrets => Role::Source,
                // A list of blocks, or of maps, is for what the list is for.
                Role::Holder if key.is_none() => Role::Other,
                Role::Root | Role::Holder | Role::Source | Role::Ring | Role::Other
                    if HOLDERS.contains(&name) =>
                {
                    Role::Holder
                }
                Role::Root | Role::Holder | Role::Source | Role::Ring | Role::Other => Role::Other,
            };
            let is_map = token.kind == Kind::Map;
            self.frames.push(Frame { role, is_map, key: None, is_secret, is_key: false });
        }
        at + 1
    }

    /// Whether the map that begins here is `{secret: NAME}`.
    fn is_reference(&self, at: usize) -> bool {
        let kind = |offset: usize| self.tokens.get(at + offset).map(|token| &token.kind);
        matches!(kind(0), Some(Kind::Map))
            && matches!(kind(1), Some(Kind::Scalar(key)) if &**key == "secret")
            && matches!(kind(2), Some(Kind::Scalar(_)))
            && matches!(kind(3), Some(Kind::End))
    }

    /// Takes a token for a secret.
    fn hide(&mut self, token: &Token) {
        match &token.kind {
            Kind::Scalar(value) => {
                self.found.places.extend(by_line(self.text, token.span.clone()));
                self.found.words.push(value.to_string());
            }
            Kind::Alias => self.uses.push(token.anchor),
            Kind::List | Kind::Map | Kind::End => {}
        }
    }

    /// What stands behind an alias that is part of a secret is secret as well.
    fn follow_aliases(&mut self) {
        let mut anchored = BTreeMap::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if token.anchor != 0 && token.kind != Kind::Alias {
                anchored.entry(token.anchor).or_insert(at);
            }
        }
        let mut seen = BTreeSet::new();
        while let Some(anchor) = self.uses.pop() {
            if let Some(at) = anchored.get(&anchor).filter(|_| seen.insert(anchor)) {
                self.hide_all(*at);
            }
        }
    }

    /// Takes the node that begins here for a secret.
    fn hide_all(&mut self, at: usize) {
        let mut depth = 0_usize;
        for token in self.tokens.iter().skip(at) {
            match token.kind {
                Kind::List | Kind::Map => depth += 1,
                Kind::End => depth = depth.saturating_sub(1),
                Kind::Scalar(_) | Kind::Alias => {}
            }
            self.hide(token);
            if depth == 0 {
                break;
            }
        }
    }
}
