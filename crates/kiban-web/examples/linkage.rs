//! Writes the page of the example linkage to standard output: `cargo run -p kiban-web --example linkage [ja|en]`.

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lang = kiban_web::Lang::choose(Some(std::env::args().nth(1).as_deref().unwrap_or("ja")), |_| None);
    let report = serde_json::from_str(include_str!("../tests/data/linkage.json"))?;
    Ok(std::io::stdout().write_all(kiban_web::linkage::render(&report, lang)?.as_bytes())?)
}
