//! Echo requests: the `ping` of this program, so that no other one has to be installed.

#![expect(clippy::disallowed_methods, reason = "talks to hosts, and waits for them")]

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, socket_with};

/// How many are sent before an address counts as not answering: one can be lost.
const TRIES: u16 = 3;
/// How long each may take.
const PATIENCE: Duration = Duration::from_millis(700);

/// Tells the requests of this process apart.
static NUMBER: AtomicU16 = AtomicU16::new(0);

/// Whether an address answers. Needs to be root.
pub(super) async fn answers(address: IpAddr) -> bool {
    let asked = tokio::task::spawn_blocking(move || ask(address)).await;
    match asked {
        Ok(Ok(answered)) => answered,
        // Without a route there is no answer either.
        Ok(Err(error)) => {
            tracing::debug!(%address, %error, "cannot be asked");
            false
        }
        Err(_) => false,
    }
}

fn ask(address: IpAddr) -> io::Result<bool> {
    let (family, protocol) = match address {
        IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
        IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
    };
    let raw = socket_with(family, SocketType::RAW, SocketFlags::CLOEXEC, Some(protocol))?;
    // A raw socket sends and receives as one of datagrams does.
    let socket = UdpSocket::from(raw);
    let id = u16::try_from(std::process::id() & 0xffff).unwrap_or_default();
    for _ in 0..TRIES {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let until = Instant::now() + PATIENCE;
        if let Err(error) = socket.send_to(&request(address, id, number), SocketAddr::new(address, 0)) {
            std::thread::sleep(PAUSE_AFTER_ERROR);
            tracing::debug!(%address, %error, "cannot be reached");
            continue;
        }
        if is_answered(&socket, address, id, number, until)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A route may be coming up.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(200);

fn is_answered(socket: &UdpSocket, from: IpAddr, id: u16, number: u16, until: Instant) -> io::Result<bool> {
    let mut packet = [0; 512];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        socket.set_read_timeout(Some(left))?;
        match socket.recv_from(&mut packet) {
            Ok((length, sender)) if sender.ip() == from => {
                if is_reply(from, packet.get(..length).unwrap_or_default(), id, number) {
                    return Ok(true);
                }
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// An echo request. The kernel sums up those of IPv6.
fn request(to: IpAddr, id: u16, number: u16) -> [u8; 8] {
    let kind = if to.is_ipv4() { 8 } else { 128 };
    let ([id0, id1], [number0, number1]) = (id.to_be_bytes(), number.to_be_bytes());
    let [sum0, sum1] = if to.is_ipv4() { checksum(kind, id, number).to_be_bytes() } else { [0, 0] };
    [kind, 0, sum0, sum1, id0, id1, number0, number1]
}

/// The internet checksum of an echo message without content.
fn checksum(kind: u8, id: u16, number: u16) -> u16 {
    let sum = (u32::from(kind) << 8) + u32::from(id) + u32::from(number);
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or_default()
}

/// Whether a packet is the reply to a request. Those of IPv4 come with their header.
fn is_reply(from: IpAddr, packet: &[u8], id: u16, number: u16) -> bool {
    let (kind, header) = match from {
        IpAddr::V4(_) => (0, packet.first().map_or(0, |first| usize::from(first & 0x0f) * 4)),
        IpAddr::V6(_) => (129, 0),
    };
    let ([id0, id1], [number0, number1]) = (id.to_be_bytes(), number.to_be_bytes());
    let message = packet.get(header..).unwrap_or_default();
    message.first() == Some(&kind) && message.get(4..8) == Some(&[id0, id1, number0, number1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_sums_up_to_nothing() {
        for (id, number) in [(0, 0), (1, 2), (0xffff, 0xffff), (0xabcd, 0x1234)] {
            let words = request([192, 0, 2, 1].into(), id, number);
            let sum: u32 =
                words.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
            assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        }
    }

    #[test]
    fn only_the_reply_to_this_very_request_counts() {
        let mut packet = vec![0x45; 20];
        packet.extend([0, 0, 9, 9, 0, 7, 0, 1]);
        let from = IpAddr::from([192, 0, 2, 1]);
        assert!(is_reply(from, &packet, 7, 1));
        assert!(!is_reply(from, &packet, 7, 2) && !is_reply(from, &packet, 8, 1));
        assert!(!is_reply(from, &[], 7, 1) && !is_reply(from, &[0x4f], 7, 1));
    }

    #[tokio::test]
    async fn this_host_answers_where_it_may_be_asked() {
        if rustix::process::geteuid().is_root() {
            assert!(answers([127, 0, 0, 1].into()).await);
        }
    }
}
