//! Records of a table as registrations.

use arrow::array::{Array, StringArray};
use kiban_core::{PatientRef, Phi};
use kiban_link::{Coverage, Registration, Text};

use super::{
    Ids,
    job::DedupeJob,
    propose::{ColumnKind, Proposal},
};
use crate::{
    Error, Result,
    table::{Rows, Source},
};

/// Reads one input batch by batch.
pub(super) struct Reader<'a> {
    batches: Box<dyn Iterator<Item = Result<Rows>>>,
    columns: &'a [Proposal],
    source: u8,
}

impl<'a> Reader<'a> {
    pub(super) fn open(job: &DedupeJob, nth: usize, columns: &'a [Proposal]) -> Result<Self> {
        let input = job.input.get(nth).ok_or_else(|| Error::Bug("an input was lost".to_owned()))?;
        let source = Source::open(input)?;
        let named = std::iter::once(job.id.as_str()).chain(columns.iter().map(|column| column.name.as_str()));
        let places = named.map(|name| source.column(name)).collect::<Result<Vec<_>>>()?;
        let number = u8::try_from(nth).map_err(|_| Error::Input("more than 255 tables are given".to_owned()))?;
        Ok(Self { batches: source.batches(&places)?, columns, source: number })
    }

    /// Returns the next records, numbered on from those whose ids are known.
    pub(super) fn next(&mut self, ids: &mut Ids) -> Result<Option<Vec<Registration>>> {
        let Some(rows) = self.batches.next().transpose()? else { return Ok(None) };
        let Some((id, columns)) = rows.columns.split_first() else { return Ok(None) };
        let one = |row: usize| {
            let number = i64::try_from(ids.len() + 1).map_err(|_| Error::Input("too many records".to_owned()))?;
            let patient = PatientRef::new(number).map_err(|_| Error::Input("too many records".to_owned()))?;
            ids.push(if id.is_valid(row) { id.value(row) } else { "" });
            Ok(self.registration(patient, columns, row))
        };
        (0..rows.rows).map(one).collect::<Result<_>>().map(Some)
    }

    fn registration(&self, patient: PatientRef, columns: &[StringArray], row: usize) -> Registration {
        let mut one = Registration::unplaced(patient);
        one.source = self.source;
        let mut card = Coverage::default();
        for (column, texts) in self.columns.iter().zip(columns) {
            let value = (texts.is_valid(row) && !texts.value(row).trim().is_empty()).then(|| texts.value(row));
            let text: Text = value.map(|value| Phi::new(value.to_owned()));
            if column.other.is_some() {
                one.others.push(text);
                continue;
            }
            match column.kind {
                ColumnKind::FullName => one.name_kanji = text,
                ColumnKind::FullKana => one.name_kana = text,
                ColumnKind::Romaji => one.name_romaji = text,
                ColumnKind::FamilyName => one.family = text,
                ColumnKind::GivenName => one.given = text,
                ColumnKind::FamilyKana => one.family_kana = text,
                ColumnKind::GivenKana => one.given_kana = text,
                ColumnKind::BirthDate => one.birth_text = text,
                ColumnKind::Sex => one.sex = text,
                ColumnKind::Postcode => one.postal = text,
                ColumnKind::Address => one.address = joined(one.address.take(), text),
                ColumnKind::Phone => one.phone = text,
                ColumnKind::Insurer => card.insurer = text,
                ColumnKind::InsurerSymbol => card.symbol = text,
                ColumnKind::InsurerNumber => card.number = text,
                ColumnKind::InsurerBranch => card.branch = text,
                ColumnKind::LocalId => one.local_id = text,
                ColumnKind::Facility => one.facility = value.map(str::to_owned),
                ColumnKind::MedicalId => one.medical_id = text,
                ColumnKind::Town | ColumnKind::EventDate | ColumnKind::Category | ColumnKind::Text => {}
            }
        }
        one.coverages = vec![card];
        one
    }
}

/// An address that stands in several columns is read as one.
fn joined(before: Text, more: Text) -> Text {
    match (before, more) {
        (Some(before), Some(more)) => Some(Phi::new(format!("{} {}", before.expose(), more.expose()))),
        (before, more) => before.or(more),
    }
}
