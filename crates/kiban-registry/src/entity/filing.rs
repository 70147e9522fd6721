//! Filings 届出.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub facility: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event: i64,
    pub track: String,
    pub number: String,
    pub effective_from: String,
    pub effective_to: Option<String>,
    pub notice_versions: String,
    pub recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
