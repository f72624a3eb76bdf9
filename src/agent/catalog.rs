//! What agents there are on this host, and what they say of themselves.

#![expect(clippy::disallowed_methods, reason = "looks at the agents of this host")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::installation::{Installation, is_plain_name};
use super::invocation::{Completed, Invocation};
use super::metadata::{Metadata, MetadataError, Text};
use super::shelf::Place;
use super::{fence, service, systemd};
use crate::model::{Agent, AgentClass, NodeName};
use crate::status::ResultCode;

/// How long an agent may take to describe itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much metadata is read.
const METADATA_MAX: usize = 2 * 1024 * 1024;

/// The classes of which this host has agents, and `service`.
pub fn standards(site: &Installation) -> Vec<AgentClass> {
    AgentClass::ALL.into_iter().filter(|class| has_agents(site, class)).collect()
}

fn has_agents(site: &Installation, class: &AgentClass) -> bool {
    match class {
        AgentClass::Ocf => !providers(site, class).is_empty(),
        AgentClass::Lsb | AgentClass::Systemd | AgentClass::Service | AgentClass::Stonith => {
            !agents(site, class, None).is_empty()
        }
        AgentClass::Other(_) => false,
    }
}

/// The providers of a class; empty for a class that has none.
pub fn providers(site: &Installation, class: &AgentClass) -> Vec<String> {
    if !class.has_providers() {
        return Vec::new();
    }
    sorted(entries(&site.ocf_root.join("resource.d"), Path::is_dir))
}

/// The agents of a class and, where there are any, a provider (`None` is all of them).
pub fn agents(site: &Installation, class: &AgentClass, provider: Option<&str>) -> Vec<String> {
    match class {
        AgentClass::Ocf => {
            let providers = match provider {
                Some(name) if is_plain_name(name) => vec![name.to_owned()],
                Some(_) => Vec::new(),
                None => providers(site, class),
            };
            let folder = |name: &String| site.ocf_root.join("resource.d").join(name);
            sorted(providers.iter().flat_map(|name| entries(&folder(name), is_program)))
        }
        AgentClass::Lsb => sorted(entries(&site.init_dir, is_program)),
        AgentClass::Systemd => sorted(units(site)),
        AgentClass::Service => sorted(entries(&site.init_dir, is_program).chain(units(site))),
        AgentClass::Stonith => {
            sorted(entries(&site.fence_dir, is_program).filter(|name| name.starts_with("fence_")))
        }
        AgentClass::Other(_) => Vec::new(),
    }
}

/// Without doubles, as lists for people are.
fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    names.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

fn units(site: &Installation) -> impl Iterator<Item = String> + '_ {
    let files = site.unit_dirs.iter().flat_map(|folder| entries(folder, |path| !path.is_dir()));
    files.filter_map(|file| systemd::listed_name(&file).map(str::to_owned))
}

/// The names in a folder that pass; none when the folder cannot be read.
fn entries(folder: &Path, passes: fn(&Path) -> bool) -> impl Iterator<Item = String> + use<> {
    let found = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    found
        .filter(move |entry| passes(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_plain_name(name))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// What an agent said it is, if its program is the same as then.
pub fn recall(site: &Installation, agent: &Agent) -> Option<Metadata> {
    Place::of(site, agent)?.read()
}

/// What an agent is: as it said before, or else it is asked.
///
/// # Errors
/// When it is not there, does not answer, or answers with something else than metadata.
pub async fn describe(site: &Installation, agent: &Agent) -> Result<Metadata, MetadataError> {
    if let Some(known) = recall(site, agent) {
        return Ok(known);
    }
    let asking = Installation { output_limit: METADATA_MAX, ..site.clone() };
    match &agent.class {
        AgentClass::Ocf => {
            let call = Invocation::new(agent.clone(), &agent.kind, "meta-data", NodeName::new("localhost"));
            read(site, agent, &asking.run(&call.within(PATIENCE)).await)
        }
        AgentClass::Stonith => read(site, agent, &fence::metadata(&asking, agent, PATIENCE).await),
        AgentClass::Systemd => describe_unit(&asking, agent).await,
        AgentClass::Lsb => describe_script(&asking, agent),
        AgentClass::Service => match service::resolve(site, &agent.kind) {
            service::Kind::InitScript => describe_script(&asking, agent),
            service::Kind::Unit => describe_unit(&asking, agent).await,
        },
        AgentClass::Other(class) => {
            Err(MetadataError::Unavailable(format!("agents of class `{class}` cannot be described")))
        }
    }
}

fn read(site: &Installation, agent: &Agent, done: &Completed) -> Result<Metadata, MetadataError> {
    if !done.is_ok() {
        return Err(unavailable(agent, done));
    }
    let metadata = Metadata::parse(&done.stdout)?;
    if let Some(place) = Place::of(site, agent) {
        place.keep(&done.stdout);
    }
    Ok(metadata)
}

fn unavailable(agent: &Agent, done: &Completed) -> MetadataError {
    let reason = done.exit_reason.clone().unwrap_or_else(|| done.rc.name().to_owned());
    MetadataError::Unavailable(format!("{agent}: {reason}"))
}

async fn describe_unit(site: &Installation, agent: &Agent) -> Result<Metadata, MetadataError> {
    let description = match systemd::description(site, &agent.kind, PATIENCE).await {
        Ok(description) => description,
        // A machine without a bus can still read what it would run elsewhere.
        Err(failure) => written_description(site, &agent.kind)
            .filter(|_| failure.rc != ResultCode::NOT_INSTALLED)
            .ok_or_else(|| unavailable(agent, &failure))?,
    };
    Ok(Metadata {
        name: agent.kind.to_string(),
        shortdesc: Text::english(description),
        actions: Metadata::plain_actions(&["start", "stop", "monitor", "reload"]),
        ..Metadata::default()
    })
}

/// What a unit's file says of it.
fn written_description(site: &Installation, name: &str) -> Option<String> {
    let unit = systemd::unit_name(name)?;
    let file = site.unit_dirs.iter().map(|folder| folder.join(&unit)).find(|file| file.exists())?;
    let text = fs::read_to_string(file).ok()?;
    let written = text.lines().find_map(|line| line.trim().strip_prefix("Description="));
    Some(written.unwrap_or_default().trim().to_owned())
}

/// An init script describes itself in comments.
fn describe_script(site: &Installation, agent: &Agent) -> Result<Metadata, MetadataError> {
    let missing = || MetadataError::Unavailable(format!("{agent}: not installed"));
    if !is_plain_name(&agent.kind) {
        return Err(missing());
    }
    let bytes = fs::read(site.init_dir.join(&*agent.kind)).map_err(|_| missing())?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(Metadata {
        name: agent.kind.to_string(),
        shortdesc: Text::english(header(&text, "Short-Description:").unwrap_or_default()),
        longdesc: Text::english(header(&text, "Description:").unwrap_or_default()),
        actions: Metadata::plain_actions(&["start", "stop", "monitor"]),
        ..Metadata::default()
    })
}

/// A field of an init script's header; lines that are further indented belong to it.
fn header(script: &str, field: &str) -> Option<String> {
    let lines = script.lines().skip_while(|line| !line.starts_with("### BEGIN INIT INFO"));
    let mut lines = lines.take_while(|line| !line.starts_with("### END INIT INFO"));
    let first = lines.find_map(|line| line.strip_prefix('#')?.trim_start().strip_prefix(field))?;
    let more = lines.map_while(|line| {
        let rest = line.strip_prefix('#')?;
        (rest.starts_with('\t') || rest.starts_with("  ")).then(|| rest.trim())
    });
    Some(std::iter::once(first.trim()).chain(more).collect::<Vec<_>>().join(" ").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_scripts_describe_themselves_in_comments() {
        let script = "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: x\n# Short-Description: Web server\n\
                      # Description:       Serves\n#   pages.\n# X-Interactive: true\n### END INIT INFO\n";
        assert_eq!(header(script, "Short-Description:").as_deref(), Some("Web server"));
        assert_eq!(header(script, "Description:").as_deref(), Some("Serves pages."));
        assert_eq!(header(script, "None:"), None);
    }
}
