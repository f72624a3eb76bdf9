//! What a change of the manifest waits for, in words.

use super::moment;
use crate::plan::window::Admission;

/// What keeps a change from coming in force by itself; nothing when nothing does.
pub fn waits(admission: Admission) -> Option<String> {
    match admission {
        Admission::Now => None,
        Admission::ByHand => Some(
            "The change waits: `reconcile.mode` is manual, and `quorate apply` puts it in force.".to_owned(),
        ),
        Admission::AtWindow(None) => Some(
            "The change waits for a window, and none of `reconcile.windows` opens within 400 days; \
             `quorate apply` puts it in force."
                .to_owned(),
        ),
        Admission::AtWindow(Some(opens)) => Some(format!(
            "The change waits for window {} ({}); `quorate apply` puts it in force now.",
            weekday(opens),
            moment(opens),
        )),
    }
}

/// `Sat 02:00`, in UTC.
fn weekday(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |moment| moment.strftime("%a %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_told_with_its_day() {
        let words = waits(Admission::AtWindow(Some(1_795_831_200))).unwrap_or_default();
        assert!(words.contains("window Sat 02:00 UTC (2026-11-28T02:00:00Z)"), "{words}");
        assert_eq!(waits(Admission::Now), None);
    }
}
