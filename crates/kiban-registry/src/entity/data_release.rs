//! Releases 匿名加工医療情報の提供.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_release")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub project: Option<String>,
    pub track: String,
    pub spec_sha256: String,
    pub state: String,
    pub gate_size: i64,
    pub valid_at: i64,
    pub known_at: i64,
    pub package_sha256: Option<String>,
    pub counts: String,
    pub recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
