//! `fmt`: the canonical form of a manifest, comments kept.

#![expect(clippy::disallowed_methods, reason = "writes the manifest back")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::validate;
use crate::agent::metadata::ActionAdvice;
use crate::agent::{Installation, catalog};
use crate::cli::answer::Answering;
use crate::cli::engines;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Sources;
use crate::manifest::{self, AdvertisedOperation, Formatted};
use crate::model::resource::Origin;
use crate::model::{Agent, Resource, period};
use crate::view;

/// Write a manifest in its canonical form; comments and order stay.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The manifest, instead of -f.
    path: Option<PathBuf>,
    /// Change nothing; name the files that are not in canonical form, and exit with 2 if there are any.
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change.
    #[arg(long)]
    diff: bool,
    /// Write out the operations that the agents on this host advise and that are not there.
    #[arg(long)]
    expand_ops: bool,
    #[command(flatten)]
    pub(in crate::cli) answering: Answering,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref().unwrap_or(options.manifest());
    let is_dry = arguments.check || arguments.diff;
    let mut changed = 0;
    let sources = validate::texts(path, terminal)?;
    let advertised = if arguments.expand_ops { Some(advertised(&sources)?) } else { None };
    let faults = manifest::faults_of_form(&sources);
    if !faults.is_empty() {
        terminal.findings(&faults, &sources)?;
        return Err(Failure::new(
            Exit::ManifestInvalid,
            "the manifest cannot be formatted; nothing was changed",
        ));
    }
    for source in sources.iter() {
        let Formatted { text: formatted, is_whole } = match &advertised {
            Some(advertised) => manifest::expand_ops(&source.text, advertised),
            None => manifest::format(&source.text),
        };
        if !is_whole {
            terminal.say(&format!(
                "warning: {} has no canonical form: it uses aliases, or has a comment that would be lost; only blanks at ends of \
                 lines are looked at",
                source.name
            ));
        }
        if path == Path::new("-") && !is_dry {
            terminal.data(&formatted)?;
            continue;
        }
        if formatted == *source.text {
            continue;
        }
        changed += 1;
        if arguments.diff {
            terminal.data(&view::difference(&source.name, &source.text, &formatted))?;
        } else if arguments.check {
            terminal.data(&format!("{}\n", source.name))?;
        } else {
            replace(Path::new(&source.name), &formatted)?;
            terminal.note(&format!("Formatted {}.", source.name));
        }
    }
    Ok(if arguments.check && changed > 0 { Exit::Changes } else { Exit::Done })
}

/// What the agents of a manifest advise, by their full names. An agent that is not on this host
/// advises nothing.
fn advertised(sources: &Sources) -> Result<BTreeMap<String, Vec<AdvertisedOperation>>, Failure> {
    let Some(manifest) = manifest::read(sources).manifest else {
        return Err(Failure::new(Exit::ManifestInvalid, "the manifest is not valid")
            .help("`quorate validate` says why"));
    };
    let primitives = manifest.cluster.resources.iter().flat_map(Resource::primitives);
    let named = primitives.filter_map(|primitive| match &primitive.origin {
        Origin::Agent(agent) => Some(agent),
        Origin::Template(_) => None,
    });
    let templates = manifest.cluster.templates.iter().map(|template| &template.agent);
    let agents: BTreeSet<&Agent> = named.chain(templates).collect();
    let site = Installation::default();
    engines::block_on(async {
        let mut advertised = BTreeMap::new();
        for agent in agents {
            if let Ok(metadata) = catalog::describe(&site, agent).await {
                let operations = metadata.actions.iter().filter(|action| is_operation(&action.name));
                advertised.insert(agent.to_string(), operations.map(operation).collect());
            }
        }
        Ok(advertised)
    })
}

/// Not what an agent only does when it is asked about itself.
fn is_operation(action: &str) -> bool {
    !matches!(action, "meta-data" | "metadata" | "validate-all" | "methods" | "usage" | "status")
}

fn operation(advice: &ActionAdvice) -> AdvertisedOperation {
    let period = |name: &str, length: Option<Duration>| {
        let length = length.filter(|length| !length.is_zero())?;
        Some((name.to_owned(), period::format(length)))
    };
    let role = advice.role.map(|role| ("role".to_owned(), role.to_string()));
    let options = [period("interval", advice.interval), period("timeout", advice.timeout), role];
    AdvertisedOperation { name: advice.name.clone(), options: options.into_iter().flatten().collect() }
}

/// Writes beside the file and renames, so that nobody ever reads half a manifest.
fn replace(file: &Path, text: &str) -> Result<(), Failure> {
    let target = std::fs::canonicalize(file).map_err(|error| Failure::file("find", file, &error))?;
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".quorate-fmt");
    let beside = target.with_file_name(name);
    let permissions = std::fs::metadata(&target).map(|found| found.permissions());
    std::fs::write(&beside, text)
        .and_then(|()| permissions.and_then(|permissions| std::fs::set_permissions(&beside, permissions)))
        .and_then(|()| std::fs::rename(&beside, &target))
        .map_err(|error| Failure::file("write", file, &error))
}
