//! Runs one program within its time, with all that it starts, and keeps what it prints.

#![expect(clippy::disallowed_methods, reason = "this is where agents become processes")]

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::Mode;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Instant, sleep, sleep_until};

use super::capture::{Captured, Stream};
use super::witness::Witness;

/// Sets what all agents inherit from this process: files that they make are not for the world.
///
/// Acts on the whole process; a daemon or engine calls it once when it begins.
pub fn settle_process() {
    rustix::process::umask(Mode::WGRP | Mode::ROTH | Mode::WOTH);
}

/// What the programs of one installation are held by: as long as it is on, they are killed when nobody
/// waits for them any more.
#[derive(Debug, Clone, Default)]
pub struct Leash(Arc<AtomicBool>);

impl Leash {
    /// Lets all programs that run go on, whoever stops waiting for them: before a process that is at work
    /// ends at once, for half of a start or a stop is worse than all of it.
    pub fn let_go(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_off(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A program ready to run.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The file itself, never searched for.
    pub(super) path: PathBuf,
    /// Its arguments.
    pub(super) args: Vec<OsString>,
    /// Its whole environment.
    pub(super) env: Vec<(String, String)>,
    /// What it reads; nothing when `None`.
    pub(super) stdin: Option<Vec<u8>>,
    /// How long it may take.
    pub(super) timeout: Duration,
    /// How long it may take to end after it was asked to.
    pub(super) grace: Duration,
    /// How many bytes of each output are kept.
    pub(super) output_limit: usize,
    /// Who is told of its process.
    pub(super) witness: Option<Witness>,
    /// What holds it.
    pub(super) leash: Leash,
}

/// How a program ended.
#[derive(Debug)]
pub(super) enum End {
    /// By itself, with this code.
    Exited(u8),
    /// By a signal that was not ours.
    Signalled(i32),
    /// Its time was up; nothing of its process group is left.
    TimedOut,
    /// It never began.
    NotStarted(io::Error),
}

/// A program that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) took: Duration,
}

/// Runs a program to its end. When this future is dropped, its process group is killed, unless it
/// was let go.
pub(super) async fn run(program: Program) -> Ended {
    let begun = Instant::now();
    let limit = program.output_limit;
    let ended = |end, stdout, stderr| Ended { end, stdout, stderr, took: begun.elapsed() };
    let mut child = match spawn(&program) {
        Ok(child) => child,
        Err(error) => return ended(End::NotStarted(error), Captured::new(limit), Captured::new(limit)),
    };
    let mut group = ProcessGroup::of(&child, &program.leash);
    feed(&mut child, program.stdin);
    let mut outputs = Outputs {
        stdout: Stream::new(child.stdout.take(), limit),
        stderr: Stream::new(child.stderr.take(), limit),
    };
    let deadline = begun.checked_add(program.timeout).unwrap_or_else(far_future);
    let end = tokio::select! {
        exit = exit_of(&mut child, &mut outputs) => to_end(exit),
        () = sleep_until(deadline) => {
            group.terminate(program.grace, &mut outputs).await;
            match child.wait().await {
                Ok(_) => End::TimedOut,
                Err(error) => End::NotStarted(error),
            }
        }
    };
    group.release();
    ended(end, outputs.stdout.finish(), outputs.stderr.finish())
}

fn spawn(program: &Program) -> io::Result<Child> {
    let mark = program.witness.as_ref().map(|witness| (Witness::VARIABLE, witness.mark()));
    let child = Command::new(&program.path)
        .args(&program.args)
        .env_clear()
        .envs(program.env.iter().map(|(name, value)| (name, value)))
        .envs(mark)
        .current_dir("/")
        .stdin(if program.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        // With a group of its own it is forked, not spawned in one step: until it leads its own process group it
        // keeps our handlers of signals, and a Ctrl-C in that moment does not end it.
        .gid(rustix::process::getegid().as_raw())
        .spawn()?;
    if let (Some(witness), Some(process)) = (&program.witness, child.id()) {
        witness.began(process);
    }
    Ok(child)
}

/// Writes a program's input beside its run: it may end without reading.
fn feed(child: &mut Child, input: Option<Vec<u8>>) {
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        tokio::spawn(async move {
            // A program that does not read its input says so by its exit.
            let _ = stdin.write_all(&input).await;
        });
    }
}

async fn exit_of(child: &mut Child, outputs: &mut Outputs) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            exit = child.wait() => return exit,
            () = outputs.fill() => {}
        }
    }
}

fn to_end(exit: io::Result<ExitStatus>) -> End {
    match exit {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
            (None, signal) => End::Signalled(signal.unwrap_or(0)),
        },
        Err(error) => End::NotStarted(error),
    }
}

/// A moment beyond all time limits.
fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(86_400 * 365)
}

struct Outputs {
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
}

impl Outputs {
    async fn fill(&mut self) {
        tokio::select! {
            () = self.stdout.fill() => {}
            () = self.stderr.fill() => {}
        }
    }
}

/// The program and all that it started and that did not leave its group; killed when dropped, unless it
/// was let go.
struct ProcessGroup {
    pid: Option<Pid>,
    leash: Leash,
}

impl ProcessGroup {
    const POLL: Duration = Duration::from_millis(10);

    fn of(child: &Child, leash: &Leash) -> Self {
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { pid, leash: leash.clone() }
    }

    /// Asks the group to end, then kills what is left. The leader is not reaped here: while it is
    /// a zombie, the group's number cannot belong to somebody else.
    async fn terminate(&self, grace: Duration, outputs: &mut Outputs) {
        let Some(pid) = self.pid else { return };
        let patience = Instant::now() + grace;
        self.signal(Signal::TERM);
        while !has_exited(pid) && Instant::now() < patience {
            tokio::select! {
                () = sleep(Self::POLL) => {}
                () = outputs.fill() => {}
            }
        }
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // Failure means that nobody is left to be told.
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }

    /// Lets the group be: its leader has ended, what it left running is meant to run.
    fn release(&mut self) {
        self.pid = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.leash.is_off() {
            self.signal(Signal::KILL);
        }
    }
}

/// Whether a child has ended; leaves it to be reaped.
fn has_exited(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None))
}
