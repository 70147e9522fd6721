//! Deaths.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "death")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub facility: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    pub died_on: String,
    pub recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
