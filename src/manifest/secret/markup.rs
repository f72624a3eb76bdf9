//! Secrets of a CIB. An element that names one, or whose name cannot be made out, shows only its own name
//! and, if it is written as it should be, those of its attributes, its `id`, and the name of the secret.

use std::ops::Range;

use super::by_line;
use crate::model::secrecy::words::{names_secret, next};

/// The elements of a CIB that have no name and value of their own.
const ELEMENTS: &str = " cib configuration crm_config cluster_property_set nodes node instance_attributes \
    meta_attributes utilization attributes resources primitive group clone master bundle docker podman rkt \
    network port-mapping storage storage-mapping template operations op constraints rsc_location \
    rsc_colocation rsc_order rsc_ticket resource_set resource_ref rule expression date_expression date_spec \
    duration rsc_expression op_expression rsc_defaults op_defaults fencing-topology fencing-level tags tag \
    obj_ref alerts alert recipient select select_nodes select_fencing select_resources select_attributes \
    attribute acls acl_role acl_target acl_group acl_user acl_permission role role_ref read write deny \
    status node_state lrm lrm_resources lrm_resource lrm_rsc_op transient_attributes tickets ticket_state ";

/// Attributes whose names may be seen beside a secret.
const ATTRIBUTES: [&str; 13] = [
    "id",
    "name",
    "value",
    "id-ref",
    "attribute",
    "operation",
    "type",
    "class",
    "provider",
    "description",
    "interval",
    "image",
    "options",
];

/// All secrets of a text that is XML, or was meant to be.
pub(super) fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (number, chunk) in text.split('<').enumerate() {
        let from = start;
        start += chunk.len() + 1;
        if chunk.starts_with(['!', '?']) && next(chunk, 0).is_none() && !chunk.starts_with("![") {
            continue;
        }
        let after_name = chunk.find(|letter: char| !is_name(letter) && letter != '/').unwrap_or(chunk.len());
        let name = chunk.get(..after_name).unwrap_or_default().trim_matches('/');
        let is_element = number > 0 && ELEMENTS.split(' ').any(|known| known == name && !known.is_empty());
        let is_pair = name == "nvpair";
        let shown = if is_element || is_pair { after_name } else { 0 };
        let tag = tag(chunk, after_name);
        let is_closing = chunk.starts_with('/') && tag.as_ref().is_some_and(|tag| tag.attributes.is_empty());
        let is_named = is_pair && is_closing || is_element || is_pair && named_openly(chunk);
        let rest = match &tag {
            Some(tag) if is_named && next(chunk, 0).is_none() => Vec::from([tag.text(chunk)]),
            // Written otherwise, but plainly about something else.
            None if is_named && next(chunk, 0).is_none() => Vec::new(),
            Some(tag) if shown > 0 => tag.hidden(chunk),
            Some(_) | None => Vec::from([Range { start: shown, end: chunk.len() }]),
        };
        found.extend(rest.into_iter().flat_map(|part| by_line(text, from + part.start..from + part.end)));
    }
    found
}

/// A tag that is written as it should be.
struct Tag {
    /// Names and values of its attributes: where they are.
    attributes: Vec<(Range<usize>, Range<usize>)>,
    /// Where it ends.
    end: usize,
}

impl Tag {
    /// What follows it.
    fn text(&self, chunk: &str) -> Range<usize> {
        self.end..chunk.len()
    }

    /// What is not shown of an element with a secret.
    fn hidden(&self, chunk: &str) -> Vec<Range<usize>> {
        let at = |range: &Range<usize>| chunk.get(range.clone()).unwrap_or_default();
        let values = self.attributes.iter().filter(|(name, value)| match at(name) {
            "id" => false,
            "name" => !names_secret(at(value)) || at(value).contains('&'),
            _ => true,
        });
        let strange = self.attributes.iter().map(|(name, _)| name.clone());
        let strange = strange.filter(|name| !ATTRIBUTES.contains(&at(name)));
        values
            .map(|(_, value)| value.clone())
            .chain(strange)
            .chain(std::iter::once(self.text(chunk)))
            .collect()
    }
}

/// Reads the attributes of a tag, if they are written as they should be.
fn tag(chunk: &str, from: usize) -> Option<Tag> {
    let mut attributes = Vec::new();
    let mut at = from;
    loop {
        let rest = chunk.get(at..)?;
        let trimmed = rest.trim_start();
        let start = chunk.len() - trimmed.len();
        if let Some(end) = trimmed.strip_prefix("/>").or_else(|| trimmed.strip_prefix('>')) {
            return Some(Tag { attributes, end: chunk.len() - end.len() });
        }
        let length = trimmed.find(|letter| !is_name(letter))?;
        let value = trimmed.get(length..)?.strip_prefix('=')?;
        let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let inner = value.get(1..)?.find(quote)?;
        let value_at = start + length + 2;
        if length == 0 || start == at {
            return None;
        }
        attributes.push((start..start + length, value_at..value_at + inner));
        at = value_at + inner + 1;
    }
}

/// Whether an element has a `name` that can be read as it stands.
fn named_openly(chunk: &str) -> bool {
    let mut names = chunk.match_indices("name").filter_map(|(at, _)| {
        let is_whole = chunk.get(..at)?.ends_with(char::is_whitespace);
        let value = chunk.get(at + 4..)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let (name, _) = value.get(1..)?.split_once(quote)?;
        is_whole.then_some(name)
    });
    let is_plain =
        |name: &str| !name.is_empty() && name.chars().all(|letter| is_name(letter) || letter == '#');
    names.next().is_some_and(is_plain) && names.all(is_plain)
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':')
}

/// A text of a CIB as it is meant.
pub(super) fn decoded(raw: &str) -> String {
    let basic = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    basic.iter().fold(raw.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}
