//! What a report is made of: counts, shares and words of the program. No patient value has a place here.

use jiff::Timestamp;
use kiban_core::{FacilityCode, Reason, Severity};
use serde::{Deserialize, Serialize};

use super::{
    between::Between,
    dates::{Dates, Peculiar},
    explored::ExploredPoint,
    fitted::Fitted,
    study::Study,
    word::{Attack, Basis, Check, Hold, RunKind, Stage, Treatment},
};

/// Everything the report page of one run shows.
///
/// Lists are shown in the order given. Counts of persons below `person_floor` are shown as "<10", except in
/// `truth_checks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunReport {
    /// Which run this is.
    pub header: Header,
    /// Counts of persons below this are not shown as they are.
    #[serde(default = "person_floor")]
    pub person_floor: u64,
    /// Checks against known truth; only trials have them.
    #[serde(default)]
    pub truth_checks: Vec<TruthCheck>,
    /// The way of the rows.
    pub flow: Flow,
    /// How patients were joined to persons.
    #[serde(default)]
    pub linkage: Option<Linkage>,
    /// Risk before and after; absent where nothing was released.
    #[serde(default)]
    pub risk: Option<Risk>,
    /// What it would have told beside earlier releases.
    #[serde(default)]
    pub between: Option<Between>,
    /// How anonymous its use asks it to be, where the specification says what that is.
    #[serde(default)]
    pub fitted: Option<Fitted>,
    /// What other settings would make of it, where that was explored.
    #[serde(default)]
    pub explored: Vec<ExploredPoint>,
    /// Attacks run on the release, what other settings would bring, and what the release is still good for.
    #[serde(default)]
    pub study: Study,
    /// What was lost, column by column.
    #[serde(default)]
    pub losses: Vec<ColumnLoss>,
    /// What met items 1–5 of the ordinance.
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// What somebody who knows more may find, as measured on the release.
    #[serde(default)]
    pub open_attacks: Vec<OpenAttack>,
    /// What was done to dates, and what they tell.
    #[serde(default)]
    pub dates: Option<Dates>,
    /// Who stands out, and what was done about it.
    #[serde(default)]
    pub peculiar: Vec<Peculiar>,
    /// What became of rare codes.
    #[serde(default)]
    pub rare_codes: Vec<RareCodes>,
    /// Findings, counted.
    #[serde(default)]
    pub findings: Vec<FindingCount>,
    /// How the patients of each facility stand.
    #[serde(default)]
    pub standings: Vec<Standing>,
    /// The audit log's head.
    #[serde(default)]
    pub audit: Option<AuditHead>,
    /// How long it took.
    #[serde(default)]
    pub timings: Vec<Timing>,
    /// The most memory held at once.
    #[serde(default)]
    pub peak_memory_bytes: Option<u64>,
}

const fn person_floor() -> u64 {
    10
}

/// Which run this is, and what it stood on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The kind of run.
    pub kind: RunKind,
    /// The run's name, such as a project or a release id.
    pub name: String,
    /// When it was as-of: the cut-off of every verdict.
    pub as_of: Timestamp,
    /// When the report was made.
    pub made_at: Timestamp,
    /// Version of the program.
    pub program_version: String,
    /// Commit or build id of the program.
    #[serde(default)]
    pub build: Option<String>,
    /// The seed, in a trial.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Id of the legal rule set.
    pub rule_set: String,
    /// The registry checkpoint of the gate.
    pub checkpoint: u64,
    /// The release, where the run made one.
    #[serde(default)]
    pub release: Option<String>,
}

/// One check against known truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruthCheck {
    /// What was checked.
    pub check: Check,
    /// How many things were looked at; a check that looked at nothing has not passed.
    pub seen: u64,
    /// How many of them were against the truth.
    pub wrong: u64,
    /// How many may be: more than none only where a figure is a matter of degree, such as pairs missed.
    #[serde(default)]
    pub allowed: u64,
}

impl TruthCheck {
    /// Says whether the check passed: something was looked at, and no more was wrong than is allowed.
    pub const fn passed(&self) -> bool {
        self.seen > 0 && self.wrong <= self.allowed
    }
}

/// The way of the rows, from the facilities to the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The facilities, and how many rows each sent.
    pub facilities: Vec<Source>,
    /// The stages passed, in order.
    pub stages: Vec<StageFlow>,
}

/// One facility as a source of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its code.
    pub code: FacilityCode,
    /// Its name, as published.
    pub name: String,
    /// The format it sends, such as `ssmix2`.
    pub format: String,
    /// Rows read from its files.
    pub rows: u64,
}

/// What came into a stage, and where it went: `rows_in + made = rows_out + held + lost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageFlow {
    /// The stage.
    pub stage: Stage,
    /// Rows that came in.
    pub rows_in: u64,
    /// Rows made on top, where one row becomes several.
    #[serde(default)]
    pub made: u64,
    /// Rows that went on.
    pub rows_out: u64,
    /// Rows held back, by reason.
    #[serde(default)]
    pub held: Vec<Held>,
    /// Rows lost to findings.
    #[serde(default)]
    pub lost: u64,
}

impl StageFlow {
    /// Says whether nothing was lost silently (design invariant 6).
    pub fn balances(&self) -> bool {
        let gone = self.held.iter().fold(self.lost, |sum, held| sum.saturating_add(held.rows));
        self.rows_in.saturating_add(self.made) == self.rows_out.saturating_add(gone)
    }
}

/// Rows held back for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Why.
    pub by: HeldBy,
    /// How many rows.
    pub rows: u64,
}

/// What held rows back. In JSON it is the word alone; the two lists have no word in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeldBy {
    /// The law: a denial of `eligibility`.
    Law(Reason),
    /// A rule of the house.
    House(Hold),
}

impl HeldBy {
    /// Returns the word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Law(reason) => reason.as_str(),
            Self::House(hold) => hold.as_str(),
        }
    }
}

/// How patients were joined to persons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linkage {
    /// Patients of facilities that came in.
    pub registrations: u64,
    /// Persons they were joined to.
    pub persons: u64,
    /// Persons by the number of facilities they were seen at: the first entry is one facility.
    pub persons_by_facilities: Vec<u64>,
    /// Where the quality figures come from.
    pub basis: Basis,
    /// Pairs joined rightly, of all pairs joined.
    pub precision: f64,
    /// Pairs joined rightly, of all pairs of one person.
    pub recall: f64,
    /// Pairs of household twins in the truth, where it is known.
    #[serde(default)]
    pub twins: Option<u64>,
    /// Of these, pairs kept apart.
    #[serde(default)]
    pub twins_apart: Option<u64>,
}

impl Linkage {
    /// Returns the harmonic mean of precision and recall, 0 where both are 0.
    pub fn f1(&self) -> f64 {
        let sum = self.precision + self.recall;
        if sum > 0.0 { 2.0 * self.precision * self.recall / sum } else { 0.0 }
    }
}

/// Re-identification risk before and after, over the quasi-identifiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// The columns it was measured over.
    pub quasi_identifiers: Vec<String>,
    /// The class size asked for.
    pub k: u64,
    /// The highest risk allowed for one person.
    pub limit: f64,
    /// Before.
    pub before: RiskFigures,
    /// After.
    pub after: RiskFigures,
    /// Persons by the size of their class.
    #[serde(default)]
    pub classes: Vec<ClassBand>,
}

/// Risk of one data set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskFigures {
    /// Persons in it.
    pub persons: u64,
    /// Classes of persons that look alike.
    pub classes: u64,
    /// Persons in the smallest class.
    pub smallest_class: u64,
    /// Highest risk of one person, to someone who knows that the person is in the data.
    pub prosecutor_max: f64,
    /// Mean of it.
    pub prosecutor_avg: f64,
    /// Highest risk, to someone who does not know whether the person is in the data.
    pub journalist_max: f64,
    /// Share of persons whom someone rightly names who matches the whole data set.
    pub marketer: f64,
    /// Share of persons alone in their class.
    pub unique_share: f64,
}

/// Persons in classes of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassBand {
    /// Smallest class size of the band.
    pub from: u64,
    /// Largest, or none for "and more".
    #[serde(default)]
    pub to: Option<u64>,
    /// Persons before.
    pub before: u64,
    /// Persons after.
    pub after: u64,
}

/// What one column lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnLoss {
    /// Table and column, such as `person.year_of_birth`.
    pub column: String,
    /// What was done.
    pub treatment: Treatment,
    /// Share of its information lost: 0 as it was, 1 gone.
    pub loss: f64,
}

/// One measure taken towards one item of the ordinance (施行規則第18条, SEED-58).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The item, 1–5.
    pub item: u8,
    /// What was done.
    pub treatment: Treatment,
    /// To which columns.
    pub columns: Vec<String>,
}

/// How far an attack gets that this version does not yet protect against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAttack {
    /// The attack.
    pub attack: Attack,
    /// Figures by how much the attacker knows, rising.
    pub points: Vec<AttackPoint>,
}

/// How far an attack gets with some knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackPoint {
    /// How many events or event days the attacker knows.
    pub known: u32,
    /// Persons tried.
    pub tried: u64,
    /// Share of them for whom only one record fits.
    pub unique_share: f64,
}

/// What became of the rare codes of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RareCodes {
    /// Table and column.
    pub column: String,
    /// Fewer persons than this is rare.
    pub floor: u64,
    /// Codes that stayed.
    pub kept: u64,
    /// Codes lifted to a broader one.
    pub rolled_up: u64,
    /// Codes left out.
    pub suppressed: u64,
    /// Rows touched.
    pub rows: u64,
}

/// Findings of one kind from one facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingCount {
    /// Who sent the input.
    pub facility: FacilityCode,
    /// What was wrong, such as `uke.unknown-record`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// How many.
    pub count: u64,
    /// Rows they took out of the flow.
    pub rows_lost: u64,
}

/// How the patients of one facility stand at the cut-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The facility.
    pub facility: FacilityCode,
    /// Patients who are eligible.
    pub eligible: u64,
    /// Patients who are not, by the reason of the denial.
    pub denied: Vec<Denied>,
}

/// Patients denied for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// The reason.
    pub reason: Reason,
    /// How many patients.
    pub persons: u64,
}

/// The head of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// The log's origin line.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its root hash, in base64.
    pub root_hash: String,
    /// The signature line of the checkpoint note, beginning with a dash.
    pub signature: String,
}

/// How long one stage took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// The stage.
    pub stage: Stage,
    /// Seconds.
    pub seconds: f64,
    /// Rows it took in.
    pub rows: u64,
}
