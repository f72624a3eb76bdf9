//! Answers tools on a socket.

#![expect(clippy::disallowed_methods, reason = "listens on a socket")]

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use super::wire::{Answer, Problem, Question};

/// Whoever knows the answers.
pub trait Oracle: Send + Sync + 'static {
    /// Answers one question.
    fn answer(&self, question: Question) -> impl Future<Output = Answer> + Send;
}

/// An open socket; closed and taken away when dropped.
#[derive(Debug)]
pub struct Serving {
    socket: PathBuf,
    task: JoinHandle<()>,
}

/// The longest question, in bytes.
const QUESTION_MAX: u64 = 64 * 1024;

/// Lets an oracle answer on a socket that only this user can reach. What is there by that name was
/// left by somebody who ended without a word, and goes. Must be called within a runtime.
///
/// # Errors
/// When there can be no such socket.
pub fn serve(socket: &Path, oracle: Arc<impl Oracle>) -> io::Result<Serving> {
    if let Err(error) = fs::remove_file(socket)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    let task = tokio::spawn(accept(listener, oracle));
    Ok(Serving { socket: socket.to_owned(), task })
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
        // Another may have taken it away already.
        let _ = fs::remove_file(&self.socket);
    }
}

async fn accept(listener: UnixListener, oracle: Arc<impl Oracle>) {
    let mut talks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let oracle = Arc::clone(&oracle);
                    talks.spawn(async move {
                        if let Err(error) = talk(stream, &*oracle).await {
                            tracing::debug!(%error, "an agent's question was broken off");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "an agent's question cannot be heard");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
            Some(_) = talks.join_next(), if !talks.is_empty() => {}
        }
    }
}

/// Answers the one question of one tool.
async fn talk(stream: UnixStream, oracle: &impl Oracle) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(QUESTION_MAX)).read_line(&mut line).await?;
    let answer = match serde_json::from_str::<Question>(&line) {
        Ok(question) => {
            tracing::trace!(?question, "an agent asks");
            oracle.answer(question).await
        }
        Err(error) => Answer::Refused(Problem::Unsupported(format!("cannot be understood: {error}"))),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}
