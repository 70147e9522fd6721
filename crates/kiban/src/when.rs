//! Instants as people type them: with an offset, or as a day or a clock reading in Japan.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};
use kiban_core::{BadId, start_of_day};

/// Reads an instant: `2026-04-01T09:00:00+09:00`, or in Japan's time `2026-04-01T09:00` or `2026-04-01`.
pub(crate) fn instant(text: &str) -> Result<Timestamp, BadId> {
    let bad = BadId { what: "time", expected: "2026-04-01, 2026-04-01T09:00 or 2026-04-01T09:00:00+09:00" };
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    // A date parses as a clock reading at midnight too; it is asked first so that the start of a day has one road.
    if text.len() == 10
        && let Ok(day) = text.parse::<Date>()
    {
        return Ok(start_of_day(day));
    }
    let reading: DateTime = text.parse().map_err(|_| bad.clone())?;
    JAPAN.to_timestamp(reading).map_err(|_| bad)
}

/// Writes an instant as Japan's clocks show it.
pub(crate) fn shown(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::fixed(JAPAN)).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

const JAPAN: Offset = Offset::constant(9);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(instant(text).unwrap().to_string(), expect, "{text}");
    }

    #[test]
    fn instants_are_japans_unless_they_say_otherwise() {
        check("2026-04-01", "2026-03-31T15:00:00Z");
        check("2026-04-01T09:00", "2026-04-01T00:00:00Z");
        check("2026-04-01 09:00:30", "2026-04-01T00:00:30Z");
        check("2026-04-01T09:00:00+09:00", "2026-04-01T00:00:00Z");
        check("2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z");
        for bad in ["", "yesterday", "2026-13-01", "2026-04-01T25:00"] {
            assert!(instant(bad).is_err(), "{bad}");
        }
        assert_eq!(shown("2026-03-31T15:00:00Z".parse().unwrap()), "2026-04-01 00:00:00");
    }
}
