//! `api-stream`: the other end of `--host`; carries standard input and output to the daemon's socket.

#![expect(clippy::disallowed_methods, reason = "the streams of this process are what it is about")]

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::options::Options;

/// Carry standard input and output to the daemon of this host (what --host runs at the other end).
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {}

/// Runs the verb, until the daemon has nothing more to say.
pub(in crate::cli) fn run(options: &Options) -> Result<Exit, Failure> {
    let path = options.socket();
    let open = || {
        let stream = UnixStream::connect(path)?;
        Ok((stream.try_clone()?, stream))
    };
    let (mut to_daemon, mut from_daemon) = open().map_err(|error: io::Error| {
        Failure::new(Exit::Unreachable, format!("no daemon listens on {}: {error}", path.display()))
            .help("`systemctl start quorate` starts it")
    })?;
    std::thread::spawn(move || {
        // However the input ends, the daemon is told that nothing more comes.
        let _ = carry(&mut io::stdin().lock(), &mut to_daemon);
        let _ = to_daemon.shutdown(Shutdown::Write);
    });
    carry(&mut from_daemon, &mut io::stdout().lock())
        .map_err(|error| Failure::new(Exit::Unreachable, format!("the connection ended: {error}")))?;
    Ok(Exit::Done)
}

/// Carries every piece on as soon as it is there.
fn carry(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(piece.get(..length).unwrap_or_default())?;
        to.flush()?;
    }
}
