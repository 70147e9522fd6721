//! Findings of readers and stages.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub stage: String,
    pub facility: String,
    pub delivery: i64,
    pub file: i64,
    pub byte_offset: i64,
    pub line: i64,
    pub code: String,
    pub field: String,
    pub severity: i64,
    pub rows_lost: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
