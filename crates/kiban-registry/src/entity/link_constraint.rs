//! Must-link and cannot-link constraints set by people.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_constraint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i64,
    pub must: String,
    pub facility_a: String,
    pub patient_a: i64,
    pub facility_b: String,
    pub patient_b: i64,
    pub author: String,
    pub recorded_at: i64,
    pub act: String,
    pub second_author: Option<String>,
    pub reason: String,
    pub expires_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
