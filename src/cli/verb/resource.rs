//! `resource`: which agents a host has, and what they can be told.

#![expect(clippy::disallowed_methods, reason = "asks another host with ssh")]

use std::process::{Command, Stdio};

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::agent::{Installation, catalog};
use crate::cli::engines;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name;
use crate::cli::options::Options;
use crate::cli::terminal::Terminal;
use crate::engine::corosync::{SSH, quoted};
use crate::manifest::suggest;
use crate::model::{Agent, AgentClass};
use crate::view;

/// Show which agents this host has, or that of --host, and what they can be told.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    question: Question,
    /// Form of the answer.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// All agents by their full names, or those whose name contains a word.
    List {
        /// Part of the name, in any case.
        word: Option<String>,
    },
    /// The standards that agents here follow.
    Standards,
    /// The providers of OCF agents.
    Providers,
    /// The agents of a standard, or of a standard and provider.
    Agents {
        /// Such as `ocf`, `ocf:heartbeat` or `stonith`.
        standard: String,
    },
    /// What an agent does and can be told.
    Describe {
        /// Its full name, such as `ocf:heartbeat:IPaddr2`.
        agent: String,
    },
}

/// Forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Serialize)]
struct Names {
    format_version: &'static str,
    kind: &'static str,
    names: Vec<String>,
}

/// Runs the verb.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    options: &Options,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if let Some(host) = options.host() {
        return ask_there(host, arguments, terminal);
    }
    let site = Installation::default();
    let names = match &arguments.question {
        Question::List { word } => list(&site, word.as_deref()),
        Question::Standards => {
            catalog::standards(&site).iter().map(|class| class.as_str().to_owned()).collect()
        }
        Question::Providers => catalog::providers(&site, &AgentClass::Ocf),
        Question::Agents { standard } => agents(&site, standard)?,
        Question::Describe { agent } => return describe(&site, agent, arguments.output, terminal),
    };
    let text = match arguments.output {
        Format::Text => names.iter().map(|name| format!("{name}\n")).collect(),
        Format::Json => view::to_json(&Names { format_version: "1.0", kind: "names", names }),
    };
    terminal.data(&text)?;
    Ok(Exit::Done)
}

/// Asks the `quorate` of another host: which agents there are, only that host knows.
fn ask_there(host: &str, arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    let question = match &arguments.question {
        Question::List { word } => ["list"].into_iter().chain(word.as_deref()).collect(),
        Question::Standards => vec!["standards"],
        Question::Providers => vec!["providers"],
        Question::Agents { standard } => vec!["agents", standard],
        Question::Describe { agent } => vec!["describe", agent],
    };
    let form = match arguments.output {
        Format::Text => "text",
        Format::Json => "json",
    };
    let color = if terminal.output_ink() == view::Ink::Plain { "never" } else { "always" };
    let words = ["quorate", "--color", color, "resource", "-o", form].into_iter().chain(question);
    let words: Vec<String> = words.map(quoted).collect();
    let ended = Command::new("ssh")
        .args(SSH)
        .args([host, &words.join(" ")])
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::new(Exit::Unreachable, format!("cannot run ssh: {error}")))?;
    // What went wrong there was said there.
    let known = |code: i32| Exit::ALL.into_iter().find(|exit| i32::from(exit.code()) == code);
    match ended.code() {
        Some(0) => Ok(Exit::Done),
        Some(255) | None => Err(Failure::new(Exit::Unreachable, format!("cannot ask {host}"))
            .help(format!("`ssh {host} quorate version` must work without a password"))),
        Some(127) => Err(Failure::new(Exit::Unreachable, format!("there is no quorate on {host}"))),
        Some(code) => Err(Failure { message: None, ..Failure::new(known(code).unwrap_or(Exit::Error), "") }),
    }
}

fn list(site: &Installation, word: Option<&str>) -> Vec<String> {
    let mut names = Vec::new();
    for class in catalog::standards(site) {
        if class.has_providers() {
            for provider in catalog::providers(site, &class) {
                let agents = catalog::agents(site, &class, Some(&provider));
                names.extend(agents.iter().map(|agent| format!("{}:{provider}:{agent}", class.as_str())));
            }
        } else if class != AgentClass::Service {
            let agents = catalog::agents(site, &class, None);
            names.extend(agents.iter().map(|agent| format!("{}:{agent}", class.as_str())));
        }
    }
    let word = word.unwrap_or_default().to_ascii_lowercase();
    names.retain(|name| name.to_ascii_lowercase().contains(&word));
    names
}

fn agents(site: &Installation, standard: &str) -> Result<Vec<String>, Failure> {
    let (class, provider) =
        standard.split_once(':').map_or((standard, None), |(class, provider)| (class, Some(provider)));
    let class = AgentClass::parse(class);
    if matches!(class, AgentClass::Other(_)) {
        let known: Vec<String> =
            catalog::standards(site).iter().map(|class| class.as_str().to_owned()).collect();
        return Err(name::unknown("standard", class.as_str(), &known));
    }
    let Some(provider) = provider else { return Ok(catalog::agents(site, &class, None)) };
    if !class.has_providers() {
        return Err(Failure::usage(format!("{} agents have no providers", class.as_str()))
            .help(format!("`quorate resource agents {}` lists them all", class.as_str())));
    }
    let known = catalog::providers(site, &class);
    if !known.iter().any(|known| known == provider) {
        return Err(name::unknown("provider", provider, &known));
    }
    Ok(catalog::agents(site, &class, Some(provider)))
}

/// Why an agent cannot be described: perhaps another one was meant.
fn not_described(site: &Installation, name: &str, why: &str) -> Failure {
    let failure = Failure::error(why.to_owned());
    let known = list(site, None);
    if known.iter().any(|known| known == name) {
        return failure;
    }
    match suggest::similar(name, known.iter().map(String::as_str)) {
        Some(similar) => failure.help(format!("did you mean `{similar}`?")),
        None => failure.help("`quorate resource list` has all agents of this host"),
    }
}

fn describe(site: &Installation, name: &str, format: Format, terminal: Terminal) -> Result<Exit, Failure> {
    let Some(agent) = Agent::parse(name) else {
        let failure = Failure::usage(format!("`{name}` is not the full name of an agent"));
        let near = list(site, Some(name));
        let near = near.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(if near.is_empty() { failure } else { failure.help(format!("did you mean {near}?")) });
    };
    let metadata = engines::block_on(async {
        catalog::describe(site, &agent).await.map_err(|error| not_described(site, name, &error.to_string()))
    })?;
    let text = match format {
        Format::Text => view::agent::text(&agent, &metadata, terminal.output_ink()),
        Format::Json => view::to_json(&metadata),
    };
    terminal.data(&text)?;
    Ok(Exit::Done)
}
