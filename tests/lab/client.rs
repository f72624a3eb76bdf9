//! What users see: a client that asks for a page again and again, and notes each answer.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::host::Host;

/// How often the page is asked for.
const STEP: Duration = Duration::from_millis(10);
/// After which silence a request is given up.
const PATIENCE: Duration = Duration::from_millis(400);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// When it was sent.
    pub(crate) asked: Instant,
    /// When it ended.
    pub(crate) ended: Instant,
    /// The page, if there was one.
    pub(crate) page: Option<String>,
}

/// A client at work.
pub(crate) struct Watch {
    samples: Arc<Mutex<Vec<Sample>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Asks an address for its page from now on, each time on a connection of its own.
    pub(crate) fn from(host: &Host, address: &str, port: u16) -> Self {
        let address: SocketAddr = format!("{address}:{port}").parse().unwrap();
        let network = File::open(format!("/proc/{}/ns/net", host.pid())).unwrap();
        let samples = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (kept, ends) = (Arc::clone(&samples), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            let mut next = Instant::now();
            while !ends.load(Ordering::Relaxed) {
                let kept = Arc::clone(&kept);
                // A silent host must not keep the client from asking again.
                std::thread::spawn(move || {
                    let asked = Instant::now();
                    let page = page_at(address);
                    let sample = Sample { asked, ended: Instant::now(), page };
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                });
                next += STEP;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        Self { samples, is_over, thread: Some(thread) }
    }

    /// The answers until now, in the order of asking.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner).clone();
        samples.sort_by_key(|sample| sample.asked);
        samples
    }

    /// The page of the last answer, if the last request had one.
    pub(crate) fn last_page(&self) -> Option<String> {
        self.samples().into_iter().next_back()?.page
    }

    /// How many requests since `start` had no answer.
    pub(crate) fn failures_since(&self, start: Instant) -> usize {
        self.samples().iter().filter(|sample| sample.asked >= start && sample.page.is_none()).count()
    }

    /// The longest time without an answer since `start`, between two answers.
    pub(crate) fn outage_since(&self, start: Instant) -> Option<Duration> {
        let good: Vec<Instant> =
            self.samples().iter().filter(|sample| sample.page.is_some()).map(|sample| sample.ended).collect();
        let gaps = good.windows(2).filter(|pair| pair[1] > start).map(|pair| pair[1] - pair[0]);
        gaps.max()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Who answers when a client's machine asks for the owner of an address, each second.
pub(crate) struct Listener<'a> {
    host: &'a Host,
}

/// Where the answers are written.
const ANSWERS: &str = "/tmp/arp";

impl<'a> Listener<'a> {
    /// Asks from now on.
    pub(crate) fn to(host: &'a Host, address: &str) -> Self {
        host.run(&format!("setsid arping -b -I eth0 {address} </dev/null >{ANSWERS} 2>&1 &"));
        Self { host }
    }

    /// The hardware addresses that answered until now, in order, each as long as no other one did.
    pub(crate) fn owners(&self) -> Vec<String> {
        let said = self.host.read(ANSWERS);
        let answers = said.lines().filter(|line| line.contains("reply from"));
        let mut owners: Vec<String> =
            answers.filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned())).collect();
        owners.dedup();
        owners
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.host.end("arping");
    }
}

fn page_at(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: web\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, page) = answer.split_once("\r\n\r\n")?;
    head.lines().next()?.contains(" 200 ").then(|| page.trim().to_owned())
}
