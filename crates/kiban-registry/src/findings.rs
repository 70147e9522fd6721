//! Findings: what readers and stages met, in bulk.

use jiff::Timestamp;
use kiban_core::{DeliverySeq, FacilityCode, Finding, Place, Severity};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Alias, ExprTrait, Func},
};
use serde::Serialize;

use crate::{
    Error, Registry,
    convert::{column, facility, number},
    entity::finding,
};

/// Which findings are asked for; what is not set does not matter.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    /// Of this facility.
    pub facility: Option<FacilityCode>,
    /// Of this delivery.
    pub delivery: Option<DeliverySeq>,
    /// Met at this stage.
    pub stage: Option<String>,
    /// With this code.
    pub code: Option<String>,
    /// At least this bad.
    pub severity: Option<Severity>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// How often something was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingCount {
    /// What was wrong.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// How often.
    pub count: u64,
    /// Rows taken out of the flow.
    pub rows_lost: u64,
}

impl Registry {
    /// Adds findings that a stage met; returns how many.
    ///
    /// # Errors
    /// A facility is not known, or the database fails.
    pub async fn add_findings(&self, stage: &str, findings: &[Finding], at: Timestamp) -> Result<u64, Error> {
        const ROWS: usize = 400;
        let writing = self.write(at).await?;
        for some in findings.chunks(ROWS) {
            let rows = some.iter().map(|finding| row(stage, finding)).collect::<Result<Vec<_>, Error>>()?;
            finding::Entity::insert_many(rows).exec_without_returning(writing.tx()).await?;
        }
        writing.commit().await?;
        Ok(findings.len() as u64)
    }

    /// Removes what a stage found in a delivery, before the stage runs again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn clear_findings(
        &self,
        stage: &str,
        of: FacilityCode,
        delivery: DeliverySeq,
        at: Timestamp,
    ) -> Result<u64, Error> {
        let writing = self.write(at).await?;
        let gone = finding::Entity::delete_many()
            .filter(finding::Column::Facility.eq(of.as_str()))
            .filter(finding::Column::Delivery.eq(i64::from(delivery)))
            .filter(finding::Column::Stage.eq(stage))
            .exec(writing.tx())
            .await?;
        writing.commit().await?;
        Ok(gone.rows_affected)
    }

    /// Returns findings by facility, delivery, place and code.
    ///
    /// # Errors
    /// The database fails.
    pub async fn findings(&self, filter: &FindingFilter) -> Result<Vec<Finding>, Error> {
        let rows = filter
            .apply(finding::Entity::find())
            .order_by_asc(finding::Column::Facility)
            .order_by_asc(finding::Column::Delivery)
            .order_by_asc(finding::Column::File)
            .order_by_asc(finding::Column::ByteOffset)
            .order_by_asc(finding::Column::Line)
            .order_by_asc(finding::Column::Code)
            .order_by_asc(finding::Column::Id)
            .limit(filter.limit)
            .all(self.reads())
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// Counts findings by code and severity, in that order; the filter's limit does not matter.
    ///
    /// # Errors
    /// The database fails.
    pub async fn finding_counts(&self, filter: &FindingFilter) -> Result<Vec<FindingCount>, Error> {
        // PostgreSQL sums BIGINT to NUMERIC, so the sum is cast back.
        let lost = Func::coalesce([finding::Column::RowsLost.sum(), 0.into()]).cast_as(Alias::new("BIGINT"));
        let rows: Vec<(String, i64, i64, i64)> = filter
            .apply(finding::Entity::find())
            .select_only()
            .columns([finding::Column::Code, finding::Column::Severity])
            .column_as(finding::Column::Id.count(), "count")
            .column_as(lost, "lost")
            .group_by(finding::Column::Code)
            .group_by(finding::Column::Severity)
            .order_by_asc(finding::Column::Code)
            .order_by_asc(finding::Column::Severity)
            .into_tuple()
            .all(self.reads())
            .await?;
        let read = |(code, level, count, lost)| {
            let (count, rows_lost) = (number(count, "count")?, number(lost, "count")?);
            Ok(FindingCount { code, severity: severity(level)?, count, rows_lost })
        };
        rows.into_iter().map(read).collect()
    }
}

impl FindingFilter {
    fn apply(&self, mut query: Select<finding::Entity>) -> Select<finding::Entity> {
        if let Some(code) = self.facility {
            query = query.filter(finding::Column::Facility.eq(code.as_str()));
        }
        if let Some(seq) = self.delivery {
            query = query.filter(finding::Column::Delivery.eq(i64::from(seq)));
        }
        if let Some(stage) = &self.stage {
            query = query.filter(finding::Column::Stage.eq(stage));
        }
        if let Some(code) = &self.code {
            query = query.filter(finding::Column::Code.eq(code));
        }
        if let Some(least) = self.severity {
            query = query.filter(finding::Column::Severity.gte(level(least)));
        }
        query
    }
}

/// Severities stand as numbers so that "at least" is a comparison.
const LEVELS: [Severity; 4] = [Severity::Note, Severity::Warning, Severity::Error, Severity::Fatal];

fn level(severity: Severity) -> i64 {
    LEVELS.iter().zip(0..).find(|(known, _)| **known == severity).map_or(0, |(_, level)| level)
}

fn severity(level: i64) -> Result<Severity, Error> {
    let index: usize = number(level, "severity")?;
    LEVELS.get(index).copied().ok_or(Error::Corrupt("severity"))
}

fn row(stage: &str, of: &Finding) -> Result<finding::ActiveModel, Error> {
    use sea_orm::ActiveValue::{NotSet, Set};
    Ok(finding::ActiveModel {
        id: NotSet,
        stage: Set(stage.to_owned()),
        facility: Set(of.facility.to_string()),
        delivery: Set(i64::from(of.delivery)),
        file: Set(i64::from(of.place.file)),
        byte_offset: Set(column(of.place.offset, "byte offset")?),
        line: Set(i64::from(of.place.line)),
        code: Set(of.code.clone()),
        field: Set(of.field.clone()),
        severity: Set(level(of.severity)),
        rows_lost: Set(i64::from(of.rows_lost)),
    })
}

fn read(row: finding::Model) -> Result<Finding, Error> {
    let offset = number(row.byte_offset, "byte offset")?;
    Ok(Finding {
        facility: facility(&row.facility)?,
        delivery: number(row.delivery, "delivery number")?,
        place: Place { file: number(row.file, "file number")?, offset, line: number(row.line, "line")? },
        severity: severity(row.severity)?,
        rows_lost: number(row.rows_lost, "count")?,
        code: row.code,
        field: row.field,
    })
}
