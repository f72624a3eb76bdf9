//! What is asked of systemd's manager, over the system bus.

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::wire::DynamicDeserialize;
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const JOB: &str = "org.freedesktop.systemd1.Job";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How many signals may wait to be looked at.
const WAITING: NonZeroUsize = match NonZeroUsize::new(4096) {
    Some(number) => number,
    None => NonZeroUsize::MIN,
};

/// The way to systemd. Copies share one connection, which is made when it is first needed.
#[derive(Debug, Clone, Default)]
pub struct Bus {
    address: Option<Arc<str>>,
    open: Arc<Mutex<Option<Connection>>>,
    /// Only one reads unit files anew at a time.
    reloading: Arc<Mutex<()>>,
}

/// Buses are the same when they are at the same address.
impl PartialEq for Bus {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl Eq for Bus {}

impl Bus {
    /// A bus at another address than the system's own.
    pub fn at(address: &str) -> Self {
        Self { address: Some(address.into()), ..Self::default() }
    }

    /// The shared connection.
    pub(super) async fn manager(&self) -> zbus::Result<Manager> {
        let mut open = self.open.lock().await;
        if let Some(connection) = open.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(Manager(connection.clone()));
        }
        let manager = self.connect().await?;
        *open = Some(manager.0.clone());
        Ok(manager)
    }

    /// A connection of one's own.
    pub(super) async fn connect(&self) -> zbus::Result<Manager> {
        let builder = match &self.address {
            Some(address) => zbus::connection::Builder::address(&**address),
            None => zbus::connection::Builder::system(),
        };
        let manager = Manager(builder.build().await?);
        // Without it systemd tells hardly anything.
        manager.call::<()>("Subscribe", &()).await?;
        Ok(manager)
    }

    /// Lets only one caller at a time read unit files anew.
    pub(super) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.reloading.lock().await
    }
}

/// systemd's manager.
#[derive(Debug, Clone)]
pub(super) struct Manager(Connection);

/// A unit that systemd knows of; any unit is, once it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    connection: Connection,
    path: OwnedObjectPath,
}

/// The ends of jobs.
pub(super) struct JobEnds(MessageStream);

/// Changes of a unit, or of all.
pub(super) struct Changes(MessageStream);

impl Manager {
    async fn call<T>(
        &self,
        method: &'static str,
        body: &(impl serde::Serialize + zbus::DynamicType),
    ) -> zbus::Result<T>
    where
        T: for<'d> DynamicDeserialize<'d>,
    {
        let reply = self.0.call_method(Some(SYSTEMD), MANAGER_PATH, Some(MANAGER), method, body).await?;
        reply.body().deserialize()
    }

    /// A unit by name, whether there is one or not.
    pub(super) async fn unit(&self, name: &str) -> zbus::Result<Unit> {
        let path = self.call("LoadUnit", &(name,)).await?;
        Ok(Unit { connection: self.0.clone(), path })
    }

    /// Queues a job that replaces what is queued against it.
    pub(super) async fn queue(
        &self,
        method: &'static str,
        unit: &str,
        mode: &str,
    ) -> zbus::Result<OwnedObjectPath> {
        self.call(method, &(unit, mode)).await
    }

    /// Reads all unit files anew.
    pub(super) async fn reload(&self) -> zbus::Result<()> {
        self.call("Reload", &()).await
    }

    /// Whether the host is being shut down.
    pub(super) async fn is_stopping(&self) -> zbus::Result<bool> {
        let state: String = property(&self.0, MANAGER_PATH, MANAGER, "SystemState").await?;
        Ok(state == "stopping")
    }

    /// The ends of jobs of a unit from now on.
    pub(super) async fn job_ends(&self, unit: &str) -> zbus::Result<JobEnds> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SYSTEMD)
            .path(MANAGER_PATH)
            .interface(MANAGER)
            .member("JobRemoved")
            .arg(2, unit)
            .build()?;
        Ok(JobEnds(MessageStream::for_match_rule(rule, &self.0, Some(WAITING)).await?))
    }

    /// Changes of all units from now on.
    pub(super) async fn changes(&self) -> zbus::Result<Changes> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SYSTEMD)
            .path_namespace("/org/freedesktop/systemd1/unit")
            .interface(PROPERTIES)
            .member("PropertiesChanged")
            .arg(0, UNIT)
            .build()?;
        Ok(Changes(MessageStream::for_match_rule(rule, &self.0, Some(WAITING)).await?))
    }
}

impl Unit {
    /// A property of units of all kinds, as text.
    pub(super) async fn text(&self, name: &str) -> zbus::Result<String> {
        property(&self.connection, self.path.as_str(), UNIT, name).await
    }

    /// A property that is a list.
    pub(super) async fn list(&self, name: &str) -> zbus::Result<Vec<String>> {
        property(&self.connection, self.path.as_str(), UNIT, name).await
    }

    /// Whether the unit is being stopped, or is about to be; a restart begins so as well.
    pub(super) async fn is_leaving(&self) -> zbus::Result<bool> {
        if self.text("ActiveState").await? == "deactivating" {
            return Ok(true);
        }
        let (number, job): (u32, OwnedObjectPath) =
            property(&self.connection, self.path.as_str(), UNIT, "Job").await?;
        if number == 0 {
            return Ok(false);
        }
        // A job that is not there any more is done.
        let kind = property::<String>(&self.connection, job.as_str(), JOB, "JobType").await;
        Ok(kind.is_ok_and(|kind| matches!(kind.as_str(), "stop" | "restart" | "try-restart")))
    }

    /// How the unit ended last, where its kind has that.
    pub(super) async fn result(&self, kind: &str) -> Option<String> {
        let interface = format!("{SYSTEMD}.{kind}");
        property(&self.connection, self.path.as_str(), &interface, "Result").await.ok()
    }

    /// Changes of this unit from now on.
    pub(super) async fn changes(&self) -> zbus::Result<Changes> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SYSTEMD)
            .path(self.path.as_str())
            .interface(PROPERTIES)
            .member("PropertiesChanged")
            .arg(0, UNIT)
            .build()?;
        Ok(Changes(MessageStream::for_match_rule(rule, &self.connection, Some(WAITING)).await?))
    }
}

impl JobEnds {
    /// How a job ended, as systemd calls it; `None` when the connection ended.
    pub(super) async fn of(&mut self, job: &OwnedObjectPath) -> Option<String> {
        loop {
            let message = next(&mut self.0).await?;
            let body = message.body();
            let removed = body.deserialize::<(u32, OwnedObjectPath, String, String)>();
            if let Ok((_, path, _, result)) = removed
                && path == *job
            {
                return Some(result);
            }
        }
    }
}

impl Changes {
    /// The next change: the last part of the unit's path, and its `ActiveState` where that is part of
    /// it; `None` when the connection ended.
    pub(super) async fn next(&mut self) -> Option<(String, Option<String>)> {
        let message = next(&mut self.0).await?;
        let header = message.header();
        let path = header.path().map(|path| path.as_str().to_owned()).unwrap_or_default();
        let unit = path.rsplit('/').next().unwrap_or_default().to_owned();
        Some((unit, active_state(&message)))
    }
}

fn active_state(message: &Message) -> Option<String> {
    type Body<'a> = (String, std::collections::BTreeMap<String, Variant<'a>>, Vec<String>);
    let body = message.body();
    let (_, changed, _) = body.deserialize::<Body<'_>>().ok()?;
    changed.get("ActiveState")?.downcast_ref::<String>().ok()
}

async fn next(stream: &mut MessageStream) -> Option<Message> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await {
            Some(Ok(message)) => return Some(message),
            Some(Err(_)) => {}
            None => return None,
        }
    }
}

async fn property<T>(connection: &Connection, path: &str, interface: &str, name: &str) -> zbus::Result<T>
where
    T: TryFrom<OwnedVariant>,
    T::Error: Into<zbus::Error>,
{
    let reply =
        connection.call_method(Some(SYSTEMD), path, Some(PROPERTIES), "Get", &(interface, name)).await?;
    let value: OwnedVariant = reply.body().deserialize()?;
    T::try_from(value).map_err(Into::into)
}

/// What a unit is called on the bus, from the last part of its path: all but letters and digits is
/// written as `_` and two digits.
pub(super) fn decode(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'_').then(|| name.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                decoded.push(code);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
