//! The rate of arrivals over time as a small chart of block characters.

use super::text::{pad_right, rate, right};
use crate::base::Micros;
use crate::plan::Intensity;

/// How high the chart is.
const ROWS: usize = 3;

/// Characters by how many eighths of a cell are filled.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same where the terminal has no block characters.
const ASCII: [char; 9] = [' ', '.', '.', '.', ':', ':', ':', '#', '#'];

/// The chart, `width` columns wide with its axis, which ends at `peak`. Each column shows the highest rate in its stretch of time, so
/// that no spike is too short to be seen.
pub fn chart(intensity: &Intensity, peak: f64, width: usize, ascii: bool) -> Vec<String> {
    let (glyphs, wall) = if ascii { (ASCII, '|') } else { (BLOCKS, '┤') };
    let length = intensity.length();
    let axis = format!("{}/s", rate(peak));
    let margin = axis.len().max(6);
    let columns = width.saturating_sub(margin + 2).max(10);
    let moment =
        |column: usize| Micros((u128::from(length.0) * column as u128 / columns as u128) as u64);
    let levels: Vec<usize> = (0..columns)
        .map(|column| {
            let highest = intensity.highest(moment(column), moment(column + 1));
            // Whoever arrives at all is seen.
            ((highest / peak * (ROWS * 8) as f64).round() as usize).max(usize::from(highest > 0.0))
        })
        .collect();
    let mut lines: Vec<String> = (0..ROWS)
        .rev()
        .map(|row| {
            let label = if row + 1 == ROWS { axis.as_str() } else { "" };
            let cells: String =
                levels.iter().map(|level| glyphs[level.saturating_sub(row * 8).min(8)]).collect();
            format!("{} {wall}{cells}", right(label, margin))
        })
        .collect();
    let (middle, end) = ((length / 2).to_string(), length.to_string());
    let half = columns / 2;
    lines.push(format!(
        "{}  {}{}{}",
        " ".repeat(margin),
        pad_right("0", half),
        pad_right(&middle, columns - half - end.len()),
        end
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::shape;

    fn shown(name: &str, width: usize, ascii: bool) -> String {
        let profile = shape::profile(name, 33.0, Micros::from_secs(600)).unwrap();
        chart(&Intensity::new(&profile), 33.0, width, ascii)
            .iter()
            .map(|line| format!("{line}\n"))
            .collect()
    }

    #[test]
    fn a_day_has_its_waves() {
        insta::assert_snapshot!(shown("black-friday-retailer", 60, false), @r#"
        33/s ┤               ▁▃▄▅▆▇▇█████▇▆▅▄▃▃▂▂▂▁▂▂▃▃▄▅▅▅▅▄▁    
             ┤▇▄▂         ▂▅▇█████████████████████████████████▇▄▂▁
             ┤████▆▅▄▄▄▅▆█████████████████████████████████████████
              0                         5m                     10m
        "#);
    }

    #[test]
    fn a_spike_of_a_moment_is_seen() {
        insta::assert_snapshot!(shown("ticket-drop", 60, false), @r#"
        33/s ┤        ██▇▄▁                                       
             ┤        █████▆▅▃▂                                   
             ┤▁▁▁▁▁▁▁▁██████████▇▆▅▅▄▄▃▃▂▂▂▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
              0                         5m                     10m
        "#);
    }

    #[test]
    fn plain_characters_do_as_well() {
        insta::assert_snapshot!(shown("capacity-ramp", 40, true), @r#"
        33/s |         ..::######::..         
             |     .::################::.     
             |..:##########################:..
              0               5m           10m
        "#);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        use unicode_width::UnicodeWidthStr;
        for name in shape::NAMES {
            for width in [40, 79, 120] {
                assert!(
                    shown(name, width, false).lines().all(|line| line.width() <= width),
                    "{name} at {width}"
                );
            }
        }
    }
}
