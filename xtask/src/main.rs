//! The chores of the house, so that a person and the build server say the same short words.
//!
//! `cargo xtask test` is the second command of the README and all that `.ci/run` calls.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks to the person at the terminal")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod bench;
mod kanji;
mod lanes;
mod shell;
mod tidy;
mod tools;

use std::env;
use std::process::ExitCode;

use anyhow::bail;

const HELP: &str = "\
Usage: cargo xtask <chore>

  test    install what the tests need, then run the light lane and the heavy lane
  check   formatting, lints, documentation, dependency rules, tidy, and the light lane
  tidy    the rules of the house that no compiler knows (arrows, versions, tests, law table)
  bench   run the benches and time the demo; prints a table for docs/benchmarks.md
          (bench anon: `kiban anonymise` beside ARX's published seconds)
  full    check, then the heavy lane
  kanji   make the tables of character variants anew from the published ones in KIBAN_CORPUS

The light lane is every crate without DataFusion, in the dev profile. The heavy lane is kiban-engine
and kiban, in the release profile only, so that DataFusion and Delta are compiled once and shared with
`cargo run --release`.
";

fn main() -> ExitCode {
    let chore = env::args().nth(1).unwrap_or_default();
    match run(&chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {chore}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &str) -> anyhow::Result<()> {
    match chore {
        "test" => lanes::test(),
        "check" => lanes::check(),
        "tidy" => tidy::run(),
        "bench" => bench::run(),
        "full" => lanes::full(),
        "kanji" => kanji::run(),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("no chore is called '{other}'\n\n{HELP}"),
    }
}
