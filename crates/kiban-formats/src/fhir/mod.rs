//! Reader of `fhir`.

use std::io::{self, BufRead};

use crate::{
    format::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, Sniffed},
    reading::Reading,
};

/// The `fhir` format.
#[derive(Debug)]
pub struct Fhir;

impl Format for Fhir {
    fn name(&self) -> &'static str {
        "fhir"
    }

    fn sniff(&self, _head: &[u8], _name: &FileName<'_>) -> Option<Sniffed> {
        None
    }

    fn index(&self, _: &ReadContext<'_>, _: &mut dyn BufRead, _: &mut DeliveryState) -> io::Result<()> {
        Ok(())
    }

    fn read(
        &self,
        ctx: &ReadContext<'_>,
        _input: &mut dyn BufRead,
        _state: &DeliveryState,
        out: &mut dyn RowSink,
    ) -> io::Result<RowCounts> {
        Ok(Reading::start(ctx, out).finish())
    }
}
