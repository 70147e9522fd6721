//! The closed lists of words a report speaks in. Every word has a message in both languages.

use crate::words::words;

words!(
    /// What kind of run the report is of.
    RunKind {
        /// `kiban demo`: synthetic facilities with known truth.
        Demo = "demo",
        /// A trial on real formats with keys and clock given.
        Trial = "trial",
        /// A run of the operator's own.
        Operation = "operation",
        /// `kiban anonymise`: one table, without a house.
        Table = "table",
    }
);

words!(
    /// A stage of the chain, in the order in which rows pass it (design §2).
    Stage {
        /// Rows as read from the hospitals' files, gated at intake.
        Land = "land",
        /// Rows as OMOP CDM tables.
        Standardise = "standardise",
        /// Rows joined to a person.
        Link = "link",
        /// Rows of persons who are eligible at the cut-off, by two roads.
        Gate = "gate",
        /// Rows of the cohort, anonymised.
        Anonymise = "anonymise",
        /// Rows in the package.
        Release = "release",
    }
);

words!(
    /// Why rows were held back, where the reason is not a denial of `eligibility`.
    Hold {
        /// The patient stands on no allow-list.
        NotListed = "not-listed",
        /// A later version of the same record took its place.
        Superseded = "superseded",
        /// The same record came twice.
        Duplicate = "duplicate",
        /// The sender took the record back.
        Deleted = "deleted",
        /// The record has no date, or the patient no birth date.
        NoDate = "no-date",
        /// Another registration of the same person describes it.
        Joined = "joined",
        /// The event lies outside the days that are shown of everyone.
        OutsideWindow = "outside-window",
        /// Names, addresses and the like: into the identity vault, and no further.
        Identity = "identity",
        /// No table of the common data model takes it; the source row stays.
        NotMapped = "not-mapped",
        /// The patient could not be joined to a person.
        NotLinked = "not-linked",
        /// The person is not in the cohort.
        OutOfCohort = "out-of-cohort",
        /// The table was not asked for.
        NotSelected = "not-selected",
        /// The person's class stayed below k.
        SmallClass = "small-class",
        /// The person would stand out beside an earlier release.
        BetweenReleases = "between-releases",
        /// The code is too rare.
        RareCode = "rare-code",
        /// What several who know it would tell the person by.
        SeveralKnown = "several-known",
        /// The record says that a birth was multiple.
        MultipleBirth = "multiple-birth",
        /// The person has more such records than almost anyone.
        TooMany = "too-many",
        /// Left out of this recipient's copy alone, so that a leak can be traced to it.
        Marked = "marked",
        /// The batch waits for a person to look at it.
        Quarantine = "quarantine",
    }
);

words!(
    /// What a trial with known truth checks.
    Check {
        /// Every verdict is the one that the truth expects. Counts registrations.
        Verdicts = "verdicts",
        /// No row of a person who was not eligible at the cut-off is in the gated set. Counts rows.
        GatedEligible = "gated-eligible",
        /// No person who was not eligible at the cut-off is in the release. Counts persons.
        ReleasedEligible = "released-eligible",
        /// An objection received before `build` but recorded after it makes the verification fail. Counts objections.
        LateObjection = "late-objection",
        /// Rows in = rows out + held + findings. Counts stages.
        Balance = "balance",
        /// Every released person has at least k−1 companions. Counts persons.
        Companions = "companions",
        /// The highest measured risk is within the limit. Counts measures of risk.
        RiskLimit = "risk-limit",
        /// No canary value in any byte of release, logs, errors or report. Counts files read.
        Canaries = "canaries",
        /// No two persons were joined into one. Counts pairs joined.
        Joined = "joined",
        /// The registrations of one person were found together. Counts pairs that belong together.
        Found = "found",
        /// Running twice gives the same bytes. Counts files compared.
        Repeatable = "repeatable",
        /// Killed at random instants, the run ends in the same result. Counts kills.
        Restart = "restart",
        /// The audit log recomputes to its checkpoint. Counts leaves.
        Audit = "audit",
        /// The package verifies as a recipient would verify it. Counts files.
        Package = "package",
    }
);

words!(
    /// Where figures of linkage quality come from.
    Basis {
        /// From known truth.
        Truth = "truth",
        /// Estimated from the match weights.
        Estimate = "estimate",
    }
);

words!(
    /// By what a release would tell somebody apart beside earlier ones.
    Difference {
        /// Too few persons share their class in all of the releases.
        JointClass = "joint-class",
        /// Too few persons of a class are missing from a release, or new in it.
        CellDifference = "cell-difference",
        /// Too few persons are in one cohort and not in another, or in both.
        CohortDifference = "cohort-difference",
    }
);

words!(
    /// How a chosen parameter stands to the one proposed.
    Fit {
        /// It is the proposed one.
        AsProposed = "as-proposed",
        /// It protects more.
        Stricter = "stricter",
        /// It protects less, with a reason.
        Weaker = "weaker",
        /// It has no object in this release.
        NoObject = "no-object",
    }
);

words!(
    /// What was done to a column or to values in it.
    Treatment {
        /// As it was.
        Kept = "kept",
        /// Taken out altogether.
        Removed = "removed",
        /// Replaced by a fresh random id without a map.
        Replaced = "replaced",
        /// Made coarser along a hierarchy.
        Generalised = "generalised",
        /// Dates moved by a secret number of days per person.
        DateShifted = "date-shifted",
        /// Extremes drawn in to a top and a bottom.
        Coded = "top-bottom-coded",
        /// Rare codes lifted to a broader one.
        RolledUp = "rolled-up",
        /// Single values or rows left out.
        Suppressed = "suppressed",
        /// Checked so that every class has at least k persons.
        ClassSize = "class-size",
    }
);

words!(
    /// An attack that this version measures but does not yet protect against.
    Attack {
        /// Days between a person's visits: a constant shift leaves them as they were.
        Intervals = "intervals",
        /// The attacker knows events by code and month.
        EventsByMonth = "events-by-month",
        /// The attacker knows events by code and day.
        EventsByDay = "events-by-day",
    }
);

words!(
    /// An attack that is run on a release.
    Method {
        /// Knows facts of a person and looks for the record.
        Linkage = "linkage",
        /// The same, some of the facts being wrong.
        LinkageErrors = "linkage-errors",
        /// Knows facts of a person and guesses another.
        Inference = "inference",
        /// Looks for a description that fits one person only.
        SinglingOut = "singling-out",
        /// Compares the classes of two releases.
        Differencing = "differencing",
    }
);

words!(
    /// What is done to a column beside generalising.
    Transformation {
        /// Groups of k or more alike get one value.
        Microaggregation = "microaggregation",
        /// Every class gets one value.
        ClassAverage = "class-average",
        /// Noise from a grid.
        Noise = "noise",
        /// Categories are exchanged with known probabilities.
        Pram = "pram",
        /// Values are swapped between near ranks.
        RankSwap = "rank-swap",
        /// Values are swapped between records that are alike.
        RecordSwap = "record-swap",
        /// Single cells are emptied until k records match each.
        LocalSuppression = "local-suppression",
        /// Values of few persons are emptied.
        RareValues = "rare-values",
        /// Records that stand for few persons leave.
        RecordSuppression = "record-suppression",
        /// Extremes become the threshold they pass.
        TopBottom = "top-bottom",
    }
);

words!(
    /// How the dates of a release are told.
    Telling {
        /// By their unit of the calendar.
        Calendar = "calendar",
        /// Shifted per person and recipient.
        Shift = "shift",
        /// Since the person's first event.
        Relative = "relative",
        /// With gaps that enough persons share.
        Gaps = "gaps",
    }
);

words!(
    /// What of the true days an attack guesses.
    LeakKind {
        /// That days lie unevenly on weekdays.
        WeekdayPattern = "weekday-pattern",
        /// The weekday.
        Weekday = "weekday",
        /// The day, by laying busy and quiet days over the calendar's.
        QuietDays = "quiet-days",
        /// The month of the claim.
        ClaimMonth = "claim-month",
        /// The day of the month.
        MonthStart = "month-start",
        /// The era.
        Era = "era",
        /// The birthday.
        Birthday = "birthday",
        /// The day of death.
        Death = "death",
    }
);

words!(
    /// Whether an attack tells more than it may.
    Judgement {
        /// It does not.
        Holds = "holds",
        /// It does.
        Leaks = "leaks",
        /// The figures do not say.
        Unclear = "unclear",
        /// Too few persons to try it on.
        TooFew = "too-few",
    }
);

words!(
    /// Why somebody stands out.
    Peculiarity {
        /// A value far from others.
        ExtremeValue = "extreme-value",
        /// More visits than almost anyone.
        ManyVisits = "many-visits",
        /// A longer stay than almost anyone's.
        LongStay = "long-stay",
        /// More drugs than almost anyone.
        ManyDrugs = "many-drugs",
        /// An age that few reach.
        OldAge = "old-age",
        /// Two codes that few have both.
        RarePair = "rare-pair",
        /// Two codes that came to few in this order.
        RareSequence = "rare-sequence",
        /// Twins and more.
        MultipleBirth = "multiple-birth",
    }
);

words!(
    /// What is done about somebody who stands out.
    Advice {
        /// Extremes become the threshold they pass.
        TopCode = "top-code",
        /// A wider group is released.
        RollUp = "roll-up",
        /// It is left out.
        Suppress = "suppress",
        /// The officer decides.
        Review = "review",
    }
);
