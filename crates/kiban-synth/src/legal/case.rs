//! The cases in law that the papers are made for, each with the verdict it must get.

/// Declares the cases with their words and verdicts.
macro_rules! cases {
    ($($(#[$doc:meta])* $case:ident = $word:literal $verdict:ident,)+) => {
        /// How a patient stands in law at the cut-off.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Case { $($(#[$doc])* $case,)+ }

        impl Case {
            /// Every case.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$case),+];

            /// Returns the word that stands in the truth file.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }

            /// Returns `eligible` or `denied`.
            pub(crate) const fn verdict(self) -> &'static str {
                match self { $(Self::$case => stringify!($verdict)),+ }
            }
        }
    };
}

cases! {
    /// Told in writing, and the wait is over (SEED-43).
    Notified = "notified" eligible,
    /// Nobody told the person (SEED-39).
    NeverNotified = "never-notified" denied,
    /// Only a poster hung there (SEED-40).
    PosterOnly = "poster-only" denied,
    /// Only a web page said it (SEED-40).
    WebsiteOnly = "website-only" denied,
    /// Only spoken words (SEED-41).
    OralOnly = "oral-only" denied,
    /// Only the other track's notice was given.
    OtherTrackOnly = "other-track-only" denied,
    /// The wait is running (SEED-43).
    InWait = "in-wait" denied,
    /// The law's wait is over, the facility's own longer one is not.
    InFacilityWait = "in-facility-wait" denied,
    /// Thirty days and a calendar month were over just before the cut-off.
    BoundaryOver = "boundary-over" eligible,
    /// Thirty days or more are over but the calendar month ends after the cut-off, or the other way round.
    BoundaryRunning = "boundary-running" denied,
    /// Told on 31 January, so that the month ends on a day that February does not have.
    BoundaryShortMonth = "boundary-short-month" eligible,
    /// The person objected (SEED-44, SEED-51).
    ObjectedPerson = "objected-person" denied,
    /// The guardian objected (SEED-47).
    ObjectedGuardian = "objected-guardian" denied,
    /// The family of the dead objected (SEED-46).
    ObjectedBereaved = "objected-bereaved" denied,
    /// The person objected on the other track only.
    ObjectedOtherTrack = "objected-other-track" eligible,
    /// Objected on paper before the cut-off, typed afterwards: eligible as known at the cut-off.
    LateObjection = "late-objection" eligible,
    /// Withdrew the objection; nobody gave a new notice.
    WithdrawnOnly = "withdrawn-without-notice" denied,
    /// Withdrew, was told anew, and waited.
    WithdrawnRenotified = "withdrawn-renotified" eligible,
    /// Withdrew and was told anew, but the new wait is running.
    WithdrawnInWait = "withdrawn-in-wait" denied,
    /// Under 16; person and guardian were told (SEED-47).
    MinorNotified = "minor-guardian-notified" eligible,
    /// Under 16; the guardian was not told.
    MinorAlone = "minor-guardian-missing" denied,
    /// Under 16; the guardian was told too late for the wait to be over.
    MinorGuardianInWait = "minor-guardian-in-wait" denied,
    /// Was under 16 when told together with the guardian, is 16 now (SEED-48).
    TurnedSixteenNotified = "turned-16-guardian-notified" eligible,
    /// Was under 16 when told without the guardian, is 16 now: nothing changes by itself.
    TurnedSixteenAlone = "turned-16-guardian-missing" denied,
    /// Cannot decide; the guardian was told as well (SEED-47).
    IncapableNotified = "incapable-guardian-notified" eligible,
    /// Cannot decide; the guardian was not told.
    IncapableAlone = "incapable-guardian-missing" denied,
    /// Died before a notice came, or without one.
    DiedBeforeNotice = "died-before-notice" denied,
    /// Was told alive and died later; the dead stay protected but not excluded (SEED-09).
    DiedAfterNotice = "died-after-notice" eligible,
}
