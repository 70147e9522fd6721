//! Rows of claim files: fields by number, joined by commas, all columns kept.

use std::fmt::Display;

use jiff::civil::Date;

use crate::calendar::{self, Month};

/// A row in the making.
#[derive(Debug, Clone)]
pub(super) struct Row {
    fields: Vec<String>,
    name: &'static str,
}

impl Row {
    /// Begins a row with its record type and the number of its columns.
    pub(super) fn new(name: &'static str, columns: usize) -> Self {
        let mut fields = vec![String::new(); columns];
        if let Some(first) = fields.first_mut() {
            name.clone_into(first);
        }
        Self { fields, name }
    }

    /// Returns the record type.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Sets a field by its number from 1.
    pub(super) fn set(&mut self, number: usize, value: &str) -> &mut Self {
        if let Some(field) = number.checked_sub(1).and_then(|at| self.fields.get_mut(at)) {
            value.clone_into(field);
        }
        self
    }

    /// Sets a field to a number.
    pub(super) fn put(&mut self, number: usize, value: impl Display) -> &mut Self {
        self.set(number, &value.to_string())
    }

    /// Returns a field by its number from 1.
    pub(super) fn get(&self, number: usize) -> &str {
        number.checked_sub(1).and_then(|at| self.fields.get(at)).map_or("", String::as_str)
    }

    /// Returns the line without its end.
    pub(super) fn line(&self) -> String {
        self.fields.join(",")
    }
}

/// How a claim writes dates: with eras until March 2022 here, in western years since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    Japanese,
    Western,
}

impl Era {
    /// Returns how claims of a month write dates.
    pub(super) fn of(month: Month) -> Self {
        if month < (Month { year: 2022, month: 4 }) { Self::Japanese } else { Self::Western }
    }

    /// Returns `GYYMMDD` or `YYYYMMDD`.
    pub(super) fn day(self, day: Date) -> String {
        match self {
            Self::Japanese => calendar::era(day),
            Self::Western => calendar::compact(day),
        }
    }

    /// Returns `GYYMM` or `YYYYMM`.
    pub(super) fn month(self, month: Month) -> String {
        let mut text = self.day(month.first_day());
        text.truncate(text.len() - 2);
        text
    }

    /// Returns 31 February of a year, as this form writes it.
    pub(super) fn impossible(self) -> &'static str {
        match self {
            Self::Japanese => "3460231",
            Self::Western => "19710231",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_written_in_their_form() {
        let month = Month { year: 2021, month: 10 };
        assert_eq!((Era::of(month), Era::of(month).month(month)), (Era::Japanese, "50310".to_owned()));
        let month = Month { year: 2024, month: 1 };
        assert_eq!(Era::of(month).month(month), "202401");
    }

    #[test]
    fn all_columns_are_kept() {
        let mut row = Row::new("SN", 9);
        row.set(2, "1").set(3, "01").put(7, format_args!("{:02}", 0));
        assert_eq!(row.line(), "SN,1,01,,,,00,,");
    }
}
