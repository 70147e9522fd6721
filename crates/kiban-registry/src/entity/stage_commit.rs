//! Lake table versions and the rows they account for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stage_commit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub lake_table: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub lake_version: i64,
    pub event: i64,
    pub rows_in: i64,
    pub rows_out: i64,
    pub rows_held: i64,
    pub rows_lost: i64,
    pub detail: String,
    pub recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
