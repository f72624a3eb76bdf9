//! An arbiter: a URL that answers whoever is not cut off.

#![expect(clippy::disallowed_methods, reason = "talks to a host")]

use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the arbiter answers, with anything but an error of its own.
pub(super) async fn answers(url: &str) -> bool {
    timeout(PATIENCE, ask(url)).await.ok().flatten().is_some_and(|status| status < 500)
}

async fn ask(url: &str) -> Option<u16> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?;
    let stream =
        TcpStream::connect((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80))).await.ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let talk = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(header::HOST, uri.authority()?.as_str())
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .ok()?;
    let answer = sender.send_request(request).await;
    talk.abort();
    Some(answer.ok()?.status().as_u16())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with this status.
    async fn arbiter(status: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alive", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 512];
            let length = stream.read(&mut asked).await.unwrap();
            assert!(asked[..length].starts_with(b"GET /alive HTTP/1.1\r\n"));
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        url
    }

    #[tokio::test]
    async fn an_arbiter_answers_unless_it_is_broken_itself() {
        assert!(answers(&arbiter("204 No Content").await).await);
        assert!(answers(&arbiter("404 Not Found").await).await);
        assert!(!answers(&arbiter("502 Bad Gateway").await).await);
        assert!(!answers("http://127.0.0.1:1/").await);
    }
}
