//! Which statements of a file say something new: identical known facts are not repeated.

use std::{collections::HashMap, hash::Hash};

use sea_orm::{
    DatabaseTransaction, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Error,
    entity::{birth, capacity, death, deletion_request, notice, objection, review},
    writing::insert_all,
};

/// A row that states something of a patient.
///
/// A statement is repeated only where the last one about the same thing said otherwise. So a birth date that is
/// corrected and corrected back is three facts, and a file read twice is one.
pub(crate) trait Stated: ModelTrait {
    /// What the statement is about.
    type About: Eq + Hash;
    /// What it says of that.
    type Says: Eq;

    /// Returns the patient.
    fn patient(&self) -> i64;
    /// Splits the statement into what it is about and what it says.
    fn statement(&self) -> (Self::About, Self::Says);
}

/// How many statements of a file were new, and how many the registry had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Taken {
    /// Recorded now.
    pub new: u64,
    /// Known before.
    pub known: u64,
}

/// Splits off the rows that are new, patient by patient, each patient's in the order given.
pub(crate) async fn only_new<M: Stated>(
    tx: &DatabaseTransaction,
    facility: &str,
    mut rows: Vec<M>,
) -> Result<Vec<M>, Error>
where
    M::Entity: EntityTrait<Model = M>,
{
    const PATIENTS: usize = 400;
    rows.sort_by_key(Stated::patient);
    let mut patients: Vec<i64> = rows.iter().map(Stated::patient).collect();
    patients.dedup();
    let mut last: HashMap<(i64, M::About), M::Says> = HashMap::new();
    let of_facility = Expr::col("facility").eq(facility);
    // A facility's first file meets nothing that is known: there is no need to ask for every patient.
    let is_first = M::Entity::find().filter(of_facility.clone()).one(tx).await?.is_none();
    for some in patients.chunks(PATIENTS).take_while(|_| !is_first) {
        let known = M::Entity::find()
            .filter(of_facility.clone())
            .filter(Expr::col("patient").is_in(some.iter().copied()))
            .order_by_asc(Expr::col("recorded_at"))
            .order_by_asc(Expr::col("event"))
            .order_by_asc(Expr::col("line"))
            .all(tx)
            .await?;
        last.extend(known.iter().map(keyed));
    }
    rows.retain(|row| {
        let (about, says) = keyed(row);
        let is_new = last.get(&about) != Some(&says);
        last.insert(about, says);
        is_new
    });
    Ok(rows)
}

fn keyed<M: Stated>(row: &M) -> ((i64, M::About), M::Says) {
    let (about, says) = row.statement();
    ((row.patient(), about), says)
}

/// Inserts the rows that are new and counts the others.
pub(crate) async fn insert_new<M>(tx: &DatabaseTransaction, facility: &str, rows: Vec<M>) -> Result<Taken, Error>
where
    M: Stated + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
{
    let all = rows.len() as u64;
    let rows = only_new(tx, facility, rows).await?;
    let new = rows.len() as u64;
    insert_all(tx, rows).await?;
    Ok(Taken { new, known: all - new })
}

/// Says for a row what its statement is about and what it says.
macro_rules! stated {
    ($table:ident, $row:ident, $about:ty = $a:expr, $says:ty = $s:expr) => {
        impl Stated for $table::Model {
            type About = $about;
            type Says = $says;

            fn patient(&self) -> i64 {
                self.patient
            }

            fn statement(&self) -> (Self::About, Self::Says) {
                let $row = self;
                ($a, $s)
            }
        }
    };
}

stated!(birth, row, () = (), String = row.born_on.clone());
stated!(death, row, () = (), String = row.died_on.clone());
stated!(capacity, row, String = row.since.clone(), String = row.capacity.clone());
stated!(review, row, String = row.case_no.clone(), (i64, Option<i64>) = (row.opened_at, row.closed_at));
stated!(deletion_request, row, (String, i64) = (row.track.clone(), row.received_at), () = ());
stated!(
    notice,
    row,
    (i64, [String; 5]) =
        (row.given_at, [&row.track, &row.method, &row.template_version, &row.recipient, &row.staff].map(String::clone)),
    () = ()
);
stated!(
    objection,
    row,
    (i64, [String; 3]) = (row.received_at, [&row.track, &row.requester, &row.channel].map(String::clone)),
    () = ()
);
