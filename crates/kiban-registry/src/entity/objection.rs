//! Objections 提供停止の求め.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "objection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub facility: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    pub receipt_no: String,
    pub track: String,
    pub requester: String,
    pub channel: String,
    pub received_at: i64,
    pub staff: String,
    pub recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
