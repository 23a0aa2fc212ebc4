//! Fitting words and figures into columns, by their width on a screen and not by their bytes.

use unicode_width::UnicodeWidthStr;

use crate::report::view::{Fit, Table};

/// The room between columns.
pub(super) const GAP: usize = 2;
/// A name is cut no shorter than this.
const SHORTEST_NAME: usize = 10;

/// Each column's width, none if it is left out: prose is wrapped first, then names are cut a
/// little, then optional columns go, then names get what is left.
pub(super) fn layout(table: &Table, available: usize) -> Vec<Option<usize>> {
    let natural = |i: usize| {
        table
            .rows
            .iter()
            .map(|row| row.cells[i].width())
            .chain([table.columns[i].title.width()])
            .max()
            .unwrap_or(0)
    };
    let mut widths: Vec<Option<usize>> =
        (0..table.columns.len()).map(|i| Some(natural(i))).collect();
    let needed = |widths: &[Option<usize>]| {
        widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
    };
    let reduce = |widths: &mut Vec<Option<usize>>, fit: Fit, least: usize| {
        for i in (0..widths.len()).filter(|&i| table.columns[i].fit == fit) {
            let excess = needed(widths).saturating_sub(available);
            widths[i] = widths[i].map(|width| width.saturating_sub(excess).max(least.min(width)));
        }
    };
    // Prose that is wrapped once more says as much; a name that is cut doesn't.
    reduce(&mut widths, Fit::Prose, available / 5);
    // Names may lose a third of the room before a figure goes.
    reduce(&mut widths, Fit::Name, SHORTEST_NAME.max(available / 5));
    while needed(&widths) > available {
        let optional = |i: &usize| match (table.columns[*i].fit, widths[*i]) {
            (Fit::Optional(order), Some(_)) => Some(order),
            (Fit::Optional(_), None) | (Fit::Name | Fit::Prose | Fit::Figure, _) => None,
        };
        let Some(next) = (0..widths.len()).filter(|i| optional(i).is_some()).max_by_key(optional)
        else {
            break;
        };
        // Columns that are nothing without each other have the same number.
        let order = table.columns[next].fit;
        (0..widths.len()).filter(|i| table.columns[*i].fit == order).for_each(|i| widths[i] = None);
    }
    reduce(&mut widths, Fit::Name, SHORTEST_NAME);
    widths
}

/// A cell's lines.
pub(super) fn in_cell(fit: Fit, width: usize, cell: &str) -> Vec<String> {
    match fit {
        Fit::Prose => wrap(cell, width, 0),
        Fit::Name => vec![cut_middle(cell, width)],
        Fit::Figure | Fit::Optional(_) => vec![cell.to_owned()],
    }
}

/// The text, or as much of its beginning and its end as fits around an ellipsis: names often differ at their ends only.
pub(super) fn cut_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let head = fitting(text.chars(), kept.div_ceil(2));
    let tail = fitting(text.chars().rev(), kept - head.width());
    format!("{}…{}", head.trim_end(), tail.chars().rev().collect::<String>().trim_start())
}

/// As many letters as fit.
fn fitting(letters: impl Iterator<Item = char>, width: usize) -> String {
    let mut kept = String::new();
    for letter in letters {
        kept.push(letter);
        if kept.width() > width {
            kept.pop();
            break;
        }
    }
    kept
}

/// Lines of whole words; all but the first are narrower by `hanging`. A word longer than a line has one of its own.
/// A per cent sign stays with its figure.
pub(super) fn wrap(text: &str, width: usize, hanging: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let text = text.replace(" %", "\u{a0}%").replace("≤ ", "≤\u{a0}");
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let room = if lines.len() == 1 { width } else { width - hanging };
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}
