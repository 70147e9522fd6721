//! Reader of `ssmix2`.

use std::io::{self, BufRead};

use crate::{
    format::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, Sniffed},
    reading::Reading,
};

/// The `ssmix2` format.
#[derive(Debug)]
pub struct Ssmix2;

impl Format for Ssmix2 {
    fn name(&self) -> &'static str {
        "ssmix2"
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
