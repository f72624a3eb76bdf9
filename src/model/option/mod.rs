//! Every option the field knows, with type, default and meaning: the one source for checks,
//! schema and documentation.

mod alert;
mod kind;
mod operation;
mod property;
mod resource;

#[cfg(test)]
mod tests;

pub use alert::ALERT_META;
pub use kind::{OptionKind, parse_period};
pub use operation::{OPERATION, OPERATION_RECORD};
pub use property::PROPERTIES;
pub use resource::{RESOURCE_META, Scope};

/// One option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionSpec {
    /// Its name in files.
    pub name: &'static str,
    /// What its value can be.
    pub kind: OptionKind,
    /// What holds where nothing is written; `None` where that depends, or is nothing.
    pub default: Option<&'static str>,
    /// What it means, in one sentence.
    pub description: &'static str,
    /// How it stands.
    pub standing: Standing,
}

/// How an option stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In use.
    Current,
    /// Another spelling of this option.
    AliasOf(&'static str),
    /// Still read, for the sake of old configurations.
    Deprecated,
    /// Written by the cluster itself, not by people.
    Generated,
}

impl OptionSpec {
    const fn new(
        name: &'static str,
        kind: OptionKind,
        default: Option<&'static str>,
        description: &'static str,
    ) -> Self {
        Self { name, kind, default, description, standing: Standing::Current }
    }

    const fn alias_of(mut self, name: &'static str) -> Self {
        self.standing = Standing::AliasOf(name);
        self
    }

    const fn deprecated(mut self) -> Self {
        self.standing = Standing::Deprecated;
        self
    }

    const fn generated(mut self) -> Self {
        self.standing = Standing::Generated;
        self
    }

    /// What is wrong with a value, as a fragment; `None` for a good one. `#default` unsets any
    /// option.
    pub fn fault(&self, value: &str) -> Option<String> {
        if value == "#default" { None } else { self.kind.fault(value) }
    }
}

/// The option of this name in a table.
pub fn find(table: &'static [OptionSpec], name: &str) -> Option<&'static OptionSpec> {
    table.iter().find(|option| option.name == name)
}
