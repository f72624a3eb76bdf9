//! Text to tree, refusing whatever is not well-formed.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::tag::{self, is_blank};
use super::tree::{Node, Tree};
use super::{Fault, Limits};

/// Parses a document.
///
/// # Errors
/// The first thing that is not well-formed, not allowed, or beyond `limits`.
pub fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Tree<'t>, Fault> {
    let most = limits.bytes.min(u32::MAX as usize);
    if text.len() > most {
        return Err(Fault::new(format!("larger than {most} bytes"), 0..0));
    }
    if let Some((at, c)) = tag::forbidden(text) {
        let message = format!("character U+{:04X} is not allowed in XML", u32::from(c));
        return Err(Fault::new(message, at..at + c.len_utf8()));
    }
    Parser { text, limits, tree: Tree::default(), open: Vec::new(), prefixes: Vec::new() }.run()
}

struct Parser<'t, 'l> {
    text: &'t str,
    limits: &'l Limits,
    tree: Tree<'t>,
    /// Indices of the elements that are open, outermost first.
    open: Vec<u32>,
    /// Declared namespace prefixes with the depth that declared them.
    prefixes: Vec<(usize, &'t str)>,
}

impl<'t> Parser<'t, '_> {
    fn run(mut self) -> Result<Tree<'t>, Fault> {
        let base = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut reader = Reader::from_str(self.text.get(base..).unwrap_or_default());
        reader.config_mut().check_comments = true;
        loop {
            let start = base + to_offset(reader.buffer_position());
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let at = (base + to_offset(reader.error_position())).min(self.text.len());
                    return Err(Fault::new(error.to_string(), at..at));
                }
            };
            match event {
                Event::Start(tag) => self.enter(start, tag.len())?,
                Event::Empty(tag) => {
                    self.enter(start, tag.len())?;
                    self.leave();
                }
                Event::End(_) => self.leave(),
                Event::Text(content) => self.check_text(start, &content)?,
                Event::GeneralRef(name) => self.check_reference(start, &name)?,
                Event::CData(_) if self.open.is_empty() => return Err(outside_root(start)),
                Event::DocType(_) => {
                    return Err(Fault::new(
                        "document types are not accepted",
                        start..start + "<!DOCTYPE".len(),
                    ));
                }
                Event::Decl(_) if start > base => {
                    return Err(Fault::new(
                        "XML declaration is not at the start",
                        start..start + "<?xml".len(),
                    ));
                }
                Event::PI(instruction) if instruction.target().eq_ignore_ascii_case("xml") => {
                    return Err(Fault::new("reserved processing instruction", start..start + "<?xml".len()));
                }
                Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => return self.finish(),
            }
        }
    }

    /// Opens the element whose tag of `length` bytes follows the `<` at `start`.
    fn enter(&mut self, start: usize, length: usize) -> Result<(), Fault> {
        if self.open.is_empty() && !self.tree.nodes.is_empty() {
            return Err(Fault::new("second root element", start..start + 1));
        }
        if self.open.len() >= self.limits.depth {
            let message = format!("more than {} elements within each other", self.limits.depth);
            return Err(Fault::new(message, start..start + 1));
        }
        let tag = self.text.get(start + 1..start + 1 + length).unwrap_or_default();
        let first = self.tree.attributes.len();
        let name = tag::split(tag, start + 1, self.limits.attributes, &mut self.tree.attributes)?;
        self.check_prefixes(start, name, first)?;
        let index = to_index(self.tree.nodes.len());
        self.tree.nodes.push(Node {
            name,
            start: to_index(start),
            attributes: to_index(first)..to_index(self.tree.attributes.len()),
            end: index + 1,
        });
        self.open.push(index);
        Ok(())
    }

    fn leave(&mut self) {
        let end = to_index(self.tree.nodes.len());
        let node = self.open.pop().and_then(|index| self.tree.nodes.get_mut(index as usize));
        if let Some(node) = node {
            node.end = end;
        }
        let depth = self.open.len();
        self.prefixes.retain(|(declared, _)| *declared < depth);
    }

    /// Every prefix in use must be declared on the element or around it.
    fn check_prefixes(&mut self, start: usize, name: &'t str, first: usize) -> Result<(), Fault> {
        let depth = self.open.len();
        let own = self.tree.attributes.get(first..).unwrap_or_default();
        let mut used = own.iter().map(|attribute| attribute.name).chain([name]);
        if used.all(|name| !name.as_bytes().contains(&b':')) {
            return Ok(());
        }
        self.prefixes.extend(
            own.iter()
                .filter_map(|attribute| attribute.name.strip_prefix("xmlns:").map(|prefix| (depth, prefix))),
        );
        for used in own.iter().map(|attribute| attribute.name).chain([name]) {
            let Some((prefix, _)) = used.split_once(':') else { continue };
            let is_known =
                matches!(prefix, "xml" | "xmlns") || self.prefixes.iter().any(|(_, known)| *known == prefix);
            if !is_known {
                return Err(Fault::new(
                    format!("namespace prefix `{prefix}` is not declared"),
                    start..start + 1,
                ));
            }
        }
        Ok(())
    }

    fn check_text(&self, start: usize, content: &str) -> Result<(), Fault> {
        if self.open.is_empty() && !content.chars().all(is_blank) {
            return Err(outside_root(start));
        }
        if content.as_bytes().contains(&b'>') && content.contains("]]>") {
            return Err(Fault::new("`]]>` in text", start..start + 1));
        }
        Ok(())
    }

    fn check_reference(&self, start: usize, name: &str) -> Result<(), Fault> {
        if self.open.is_empty() {
            return Err(outside_root(start));
        }
        if tag::resolve(name).is_none() {
            return Err(Fault::new(format!("unknown entity `{name}`"), start..start + 1));
        }
        Ok(())
    }

    fn finish(self) -> Result<Tree<'t>, Fault> {
        let end = self.text.len();
        if let Some(node) = self.open.last().and_then(|index| self.tree.nodes.get(*index as usize)) {
            let start = node.start as usize;
            let message = format!("element `{}` is not closed", node.name);
            return Err(Fault::new(message, start..start + 1 + node.name.len()));
        }
        if self.tree.nodes.is_empty() {
            return Err(Fault::new("no element at all", end..end));
        }
        Ok(self.tree)
    }
}

fn outside_root(start: usize) -> Fault {
    Fault::new("text outside the root element", start..start + 1)
}

fn to_offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// Texts are shorter than 4 GiB, so no count of their parts is greater.
fn to_index(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
