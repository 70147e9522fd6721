//! Writes the page of the example run to standard output: `cargo run -p kiban-web --example report [ja|en]`.

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lang = kiban_web::Lang::choose(Some(std::env::args().nth(1).as_deref().unwrap_or("ja")), |_| None);
    let report = serde_json::from_str(include_str!("../tests/data/report.json"))?;
    Ok(std::io::stdout().write_all(kiban_web::render(&report, lang)?.as_bytes())?)
}
