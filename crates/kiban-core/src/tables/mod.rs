//! Table specifications: names, columns and what each column may be used for.

mod cdm;
mod source;

pub use cdm::{CDM_TABLES, CdmTable, TRACE};
pub use source::{LINEAGE, SOURCE_TABLES, SourceTable};

/// The type of a column, independent of any engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// UTF-8 text (Arrow `Utf8`).
    Text,
    /// 32-bit number (Arrow `Int32`).
    Int,
    /// 64-bit number (Arrow `Int64`).
    Long,
    /// 64-bit float (Arrow `Float64`).
    Float,
    /// Calendar day (Arrow `Date32`).
    Date,
    /// Instant in UTC, microseconds (Arrow `Timestamp(Microsecond, "UTC")`).
    Instant,
    /// Truth value (Arrow `Boolean`).
    Bool,
}

/// What a column tells of a person; it decides where the column may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Privacy {
    /// Names, addresses, numbers that point at one person: the vault only, never selectable for a release.
    Direct,
    /// Keys of the house: joins only, replaced by fresh ones in a release.
    Key,
    /// Demographic facts that others may know: generalised until k people share them.
    Quasi,
    /// Dates of events: shifted or coarsened.
    Date,
    /// Codes, values and other clinical facts.
    Clinical,
    /// Free text: never released.
    FreeText,
    /// Where the row came from: stays in the house.
    Lineage,
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column {
    /// Name in snake case.
    pub name: &'static str,
    /// Type.
    pub kind: ColumnType,
    /// Whether a value must be present.
    pub required: bool,
    /// What it tells of a person.
    pub privacy: Privacy,
}

/// Declares columns: `required name: Type Privacy` or `name: Type Privacy`.
macro_rules! columns {
    (@one required $name:ident $kind:ident $privacy:ident) => {
        $crate::tables::Column {
            name: stringify!($name), kind: $crate::tables::ColumnType::$kind, required: true,
            privacy: $crate::tables::Privacy::$privacy,
        }
    };
    (@one optional $name:ident $kind:ident $privacy:ident) => {
        $crate::tables::Column {
            name: stringify!($name), kind: $crate::tables::ColumnType::$kind, required: false,
            privacy: $crate::tables::Privacy::$privacy,
        }
    };
    ($($need:ident $name:ident: $kind:ident $privacy:ident,)+) => {
        &[$($crate::tables::columns!(@one $need $name $kind $privacy)),+]
    };
}
pub(crate) use columns;
