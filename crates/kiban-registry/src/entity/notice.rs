//! Notices 通知.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub facility: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    pub track: String,
    pub given_at: i64,
    pub method: String,
    pub template_version: String,
    pub recipient: String,
    pub staff: String,
    pub recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
