//! The log of a daemon: lines on standard error, as journald likes them, and in a file.

#![expect(clippy::disallowed_methods, reason = "opens the log")]

use std::fmt;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use clap::ValueEnum;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::failure::Failure;

/// Forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON record per line.
    Json,
}

impl LogFormat {
    /// Its name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Begins to write the log. `QUORATE_LOG` says what is worth a line (`debug`, `info`, `warn`).
pub(super) fn begin(format: LogFormat, file: Option<&Path>) -> Result<(), Failure> {
    let is_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let mut layers = vec![stream(format, is_journal)];
    if let Some(path) = file {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = Mutex::new(file.map_err(|error| Failure::file("open", path, &error))?);
        let layer = tracing_subscriber::fmt::layer().with_target(false).with_ansi(false).with_writer(file);
        layers.push(match format {
            LogFormat::Text => layer.boxed(),
            LogFormat::Json => layer.json().boxed(),
        });
    }
    let filter =
        EnvFilter::try_from_env("QUORATE_LOG").unwrap_or_else(|_| EnvFilter::new("info,notify=warn"));
    tracing_subscriber::registry()
        .with(layers)
        .with(filter)
        .try_init()
        .map_err(|error| Failure::error(format!("cannot begin the log: {error}")))
}

fn stream<S>(format: LogFormat, is_journal: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer =
        tracing_subscriber::fmt::layer().with_target(false).with_ansi(false).with_writer(std::io::stderr);
    match (format, is_journal) {
        (LogFormat::Json, _) => layer.json().boxed(),
        (LogFormat::Text, false) => layer.boxed(),
        (LogFormat::Text, true) => layer.event_format(Journal::default()).boxed(),
    }
}

/// Lines as journald reads them: it knows the time itself, and the level by a number in front.
struct Journal(Format<tracing_subscriber::fmt::format::Full, ()>);

impl Default for Journal {
    fn default() -> Self {
        Self(Format::default().with_target(false).with_level(false).without_time())
    }
}

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
    }
}
