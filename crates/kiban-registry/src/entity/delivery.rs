//! Deliveries 医療情報の提供.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub facility: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub source: String,
    pub manifest_sha256: String,
    pub files: i64,
    pub bytes: i64,
    pub state: String,
    pub counts: String,
    pub replays: i64,
    pub begun_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
