//! PPR-01: diagnoses.

use super::message::{Coded, Message, place};
use crate::{
    hash::Key,
    hl7::Segment,
    reading::{Reading, fault},
    rows::{ConditionRow, Lineage},
};

impl Message<'_> {
    /// PRB-3 is the sender's disease code (MDCDX2), PRB-10 its ICD-10, which becomes the alternate code.
    pub(super) fn problems(&self, reading: &mut Reading<'_>) {
        let visit_key = self.visit_key();
        for (index, problem) in (0..).zip(self.all("PRB")) {
            let (disease, icd) = (Coded::of(problem.field(3)), Coded::of(problem.field(10)));
            if disease.is_empty() && icd.is_empty() {
                reading.refuse(fault("ssmix2.no-code", "PRB-3"), place(reading, problem), 1);
                continue;
            }
            let [code, code_text, code_system, ..] = disease.six();
            let [alt_code, alt_text, alt_system, ..] = icd.six();
            let suspected = is_suspected(problem);
            let row = ConditionRow {
                visit_key,
                code,
                code_text,
                code_system,
                alt_code,
                alt_text,
                alt_system,
                start_date: self.time(reading, problem, &problem.text(7), "PRB-7").day,
                end_date: self.time(reading, problem, &problem.text(9), "PRB-9").day,
                status: if suspected { "provisional" } else { "confirmed" },
                rank: Some(if problem.text(18) == "1" { "main" } else { "other" }),
                outcome: Some(&problem.text(14)),
            };
            let instance = problem.text(4);
            let key = const { Key::of("ssmix2.problem") }.text(&instance);
            let at = self.at(reading, problem, if instance.is_empty() { key.number(index) } else { key });
            reading.row(&Lineage { deleted: at.deleted || problem.text(1) == "DE", ..at }, &row);
            reading.took(1);
        }
    }
}

/// A diagnosis is provisional where the name or its text says 疑い, or PRB-13 says other than confirmed.
fn is_suspected(problem: &Segment<'_>) -> bool {
    let status = problem.text(13);
    let by_status = ["provisional", "differential", "rule-out"].iter().any(|word| status.eq_ignore_ascii_case(word));
    by_status || [3, 13, 17].iter().any(|field| problem.field(*field).whole().contains('疑'))
}
