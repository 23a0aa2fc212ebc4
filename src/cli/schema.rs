//! `tillrush schema`: the JSON Schemas of the scenario language, of `run.json` and of a comparison.

use super::args::SchemaArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::print;
use crate::{plan, report};

/// `tillrush schema`.
pub fn schema(args: &SchemaArgs) -> Result<Exit, Failure> {
    let schema = match (args.run, args.comparison) {
        (true, _) => report::run_schema(),
        (false, true) => report::comparison_schema(),
        (false, false) => plan::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(anyhow::Error::from)?;
    print(&format!("{text}\n"))?;
    Ok(Exit::Ok)
}
