//! Repeated failures as a table of steps by attribute values, coloured by rate.

use serde::Serialize;

use crate::report::json::HeatDocument;
use crate::report::view::format::{count, percent};

/// Steps by values.
#[derive(Serialize)]
pub(super) struct Heat {
    names: Vec<(String, usize)>,
    values: Vec<String>,
    rows: Vec<(String, Vec<HeatPart>)>,
}

#[derive(Serialize, Clone, Default)]
struct HeatPart {
    level: usize,
    text: String,
    detail: String,
    figure: String,
    value: f64,
}

const LEVELS: f64 = 6.0;

// === impl Heat ===

impl Heat {
    pub(super) fn of(cells: &[HeatDocument]) -> Option<Heat> {
        let hottest = cells.iter().map(|cell| cell.rate).fold(0.0, f64::max);
        let mut columns: Vec<(&str, &str)> = Vec::new();
        for cell in cells {
            if !columns.contains(&(&cell.name, &cell.value)) {
                columns.push((&cell.name, &cell.value));
            }
        }
        let names = columns
            .chunk_by(|one, other| one.0 == other.0)
            .map(|same| (same[0].0.to_owned(), same.len()))
            .collect();
        let rows = cells.chunk_by(|one, other| one.step == other.step).map(|row| {
            let mut parts = vec![HeatPart::default(); columns.len()];
            for cell in row {
                let place =
                    cells.iter().position(|other| std::ptr::eq(other, cell)).unwrap_or_default();
                let column =
                    columns.iter().position(|column| *column == (&*cell.name, &*cell.value));
                if let Some(part) = column.and_then(|column| parts.get_mut(column)) {
                    *part = HeatPart::of(place, cell, hottest);
                }
            }
            (row[0].step.clone(), parts)
        });
        let rows = rows.collect();
        (!cells.is_empty()).then(|| Heat {
            names,
            values: columns.iter().map(|(_, value)| (*value).to_owned()).collect(),
            rows,
        })
    }
}

impl HeatPart {
    fn of(place: usize, cell: &HeatDocument, hottest: f64) -> HeatPart {
        HeatPart {
            // The square root keeps warm cells visible next to one very hot cell.
            level: if cell.repeated == 0 {
                0
            } else {
                ((cell.rate / hottest).sqrt() * LEVELS).ceil() as usize
            },
            text: if cell.repeated == 0 { "none".to_owned() } else { percent(cell.rate) },
            detail: format!("{} of {}", count(cell.repeated), count(cell.shoppers)),
            figure: format!("heat.{place}.rate"),
            value: cell.rate,
        }
    }
}
