//! What to make: how many people, from which seed, at which facilities.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::{Offset, TimeZone},
};
use kiban_core::{FacilityCode, FacilityKind};
use serde::{Deserialize, Serialize};

/// Says which format a facility delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feed {
    /// SS-MIX2 standard storage with HL7 v2.5 messages.
    Ssmix2,
    /// FHIR R4 bulk NDJSON.
    Fhir,
    /// Monthly claim files レセプト電算.
    Uke,
}

/// Plans one facility.
#[derive(Debug, Clone, PartialEq)]
pub struct FacilityPlan {
    /// Ten-digit code.
    pub code: FacilityCode,
    /// Name, as published.
    pub name: String,
    /// Kind.
    pub kind: FacilityKind,
    /// The format it delivers.
    pub feed: Feed,
    /// First day of supply; notices begin on the same day.
    pub supply_from: Date,
    /// Its own wait in days, where longer than the law's.
    pub waiting_days: Option<u16>,
    /// Relative number of people who go here first of all.
    pub first_choice: u32,
    /// Probability that someone whose first choice lies elsewhere comes here as well.
    pub also: f64,
}

/// Says what [`write`](crate::write()) makes; the same configuration gives the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthConfig {
    /// Number of people; the last household may be cut to meet it.
    pub persons: u64,
    /// Seed of all chance.
    pub seed: u64,
    /// Records spoilt on purpose, in a thousand.
    pub dirt_per_mille: f64,
    /// The instant at which the truth about eligibility is stated.
    pub cut_off: Timestamp,
    /// The facilities, at most 200.
    pub facilities: Vec<FacilityPlan>,
}

impl Default for SynthConfig {
    fn default() -> Self {
        Self {
            persons: 3000,
            seed: 42,
            dirt_per_mille: 5.0,
            cut_off: in_japan(date(2026, 4, 1).at(9, 0, 0, 0)),
            facilities: default_facilities(),
        }
    }
}

/// The days that the records cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// First day of any visit.
    pub(crate) first: Date,
    /// Last day told by the first delivery of facilities that deliver twice.
    pub(crate) split: Date,
    /// Last day of any visit.
    pub(crate) last: Date,
}

impl SynthConfig {
    /// Returns the days the records cover: five years less a month, ending a month before the cut-off's month.
    pub(crate) fn window(&self) -> Window {
        let this_month = self.cut_off_day().first_of_month();
        Window {
            first: this_month.saturating_sub(60.months()),
            split: this_month.saturating_sub(3.months()).saturating_sub(1.days()),
            last: this_month.saturating_sub(1.months()).saturating_sub(1.days()),
        }
    }

    /// Returns the cut-off's day in Japan.
    pub(crate) fn cut_off_day(&self) -> Date {
        self.cut_off.to_zoned(japan()).date()
    }
}

/// Returns Japan's time: nine hours ahead of UTC the year round.
pub(crate) fn japan() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

/// Returns the instant of a clock reading in Japan.
pub(crate) fn in_japan(at: jiff::civil::DateTime) -> Timestamp {
    Offset::constant(9).to_timestamp(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Two hospitals and a clinic; the district number 99 is not in use, so the codes belong to nobody.
fn default_facilities() -> Vec<FacilityPlan> {
    let plan = |code: &str, name: &str, kind, feed, supply_from, waiting_days, first_choice, also| {
        let code = code.parse().ok()?;
        Some(FacilityPlan { code, name: name.to_owned(), kind, feed, supply_from, waiting_days, first_choice, also })
    };
    let (hospital, clinic) = (FacilityKind::Hospital, FacilityKind::Clinic);
    [
        plan("1319900010", "みなと基盤総合病院", hospital, Feed::Ssmix2, date(2024, 4, 1), None, 25, 0.20),
        plan("1419900028", "丘の上記念病院", hospital, Feed::Fhir, date(2024, 6, 3), None, 30, 0.22),
        plan("1219900036", "かわべ内科クリニック", clinic, Feed::Uke, date(2024, 10, 1), Some(60), 45, 0.35),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_window_is_april_2021_to_february_2026() {
        let window = SynthConfig::default().window();
        assert_eq!(window, Window { first: date(2021, 4, 1), split: date(2025, 12, 31), last: date(2026, 2, 28) });
        assert_eq!(SynthConfig::default().facilities.len(), 3);
        assert_eq!(SynthConfig::default().cut_off.to_string(), "2026-04-01T00:00:00Z");
    }
}
