//! Who holds a case of the clerks' queue.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_lease")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_no: i64,
    pub event: i64,
    pub holder: String,
    pub lease_until: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
