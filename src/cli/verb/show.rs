//! `show`: a saved plan again.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::plan::detail;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::diagnostic::with_causes;
use crate::plan::secrecy::Sealed;
use crate::source;
use crate::view;
use crate::view::plan::UnreadablePlan;

/// Show a saved plan again.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The file that `plan --out` wrote.
    file: PathBuf,
    /// Form of the plan.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// Forms of a saved plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// For a pull request.
    Markdown,
}

/// Runs the verb.
pub(in crate::cli) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    let plan = read(&arguments.file)?.plan;
    let text = match arguments.output {
        Format::Text => view::plan::text(&plan, detail(terminal), terminal.output_ink()),
        Format::Json => view::plan::json(&plan),
        Format::Markdown => view::plan::markdown(&plan),
    };
    terminal.data(&text)?;
    Ok(Exit::Done)
}

/// Reads the file of a saved plan.
pub(in crate::cli) fn read(file: &Path) -> Result<Sealed, Failure> {
    let text = source::read_file(file, source::WRITTEN_BYTES_MAX)
        .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
        .map_err(|error| Failure::file("read", file, &error))?;
    view::plan::read_saved(&text).map_err(|error| {
        let failure = Failure::error(format!("{}: {}", file.display(), with_causes(&error)));
        let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        match error {
            UnreadablePlan::Altered => failure.help(
                "what is applied must be what was reviewed: nothing was done; plan again with `quorate plan --out`",
            ),
            UnreadablePlan::Malformed(_) | UnreadablePlan::OtherKind | UnreadablePlan::Version(_) if is_yaml => {
                failure.help(format!("a manifest is named with -f: `quorate apply -f {}`", file.display()))
            }
            UnreadablePlan::Malformed(_) | UnreadablePlan::OtherKind | UnreadablePlan::Version(_) => failure,
        }
    })
}
