//! The report of a run: plain data in, one self-contained page out.

pub use acquaintance::{Acquaintance, AcquaintanceTry};
pub use between::{Between, Crossing};
pub use data::{
    AttackPoint, AuditHead, ClassBand, ColumnLoss, Denied, FindingCount, Flow, Header, Held, HeldBy, Linkage, Measure,
    OpenAttack, RareCodes, Risk, RiskFigures, RunReport, Source, StageFlow, Standing, Timing, TruthCheck,
};
pub use dates::{Dates, Leak as DatesLeak, Peculiar, Runs};
pub use explored::ExploredPoint;
pub use fitted::{Fitted, FittedParameter};
pub use study::{
    Accuracy, AttackTried, ColumnQuality, FrontierPoint, Population, Quality, QualityFigures, Study, TransformedColumn,
    Uniques,
};
pub use word::{
    Advice, Attack, Basis, Check, Difference, Fit, Hold, Judgement, LeakKind, Method, Peculiarity, RunKind, Stage,
    Telling, Transformation, Treatment,
};

mod acquaintance;
mod between;
mod data;
mod dates;
mod explored;
mod fitted;
mod page;
mod section;
mod study;
mod word;

use askama::Template;

use crate::{Error, Lang, html::Both, number::Persons, page::Page};

/// Writes the page of one run, `lang` first and the other language beside it.
///
/// # Errors
/// Texts or templates with a mistake in them, which the tests of this crate rule out.
pub fn render(report: &RunReport, lang: Lang) -> Result<String, Error> {
    let both = Both::new(lang)?;
    let context = section::Context { report, both: &both, persons: Persons { floor: report.person_floor } };
    let head = page::head(report, &both, &context);
    Ok(Page::new(head, section::all(&context), &both, lang).render()?)
}
