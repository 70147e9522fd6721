//! The report of a run: plain data in, one self-contained page out.

pub use data::{
    AttackPoint, AuditHead, ClassBand, ColumnLoss, Denied, FindingCount, Flow, Header, Held, Linkage, Measure,
    OpenAttack, RareCodes, Risk, RiskFigures, RunReport, Source, StageFlow, Standing, Timing, TruthCheck,
};
pub use word::{Attack, Basis, Check, Hold, RunKind, Stage, Treatment};

mod data;
mod word;
