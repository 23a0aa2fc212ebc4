//! A plot: lines over bands of time, with ticks beside it and names at the lines' ends.
//!
//! Each is drawn twice, for wide and for narrow screens, and the page shows the one that fits: text in a picture that is merely
//! shrunk can't be read on a phone.

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    DrawingArea, IntoDrawingArea, IntoFont, PathElement, Polygon, RGBColor, Rectangle, SVGBackend,
    Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, TextStyle};

use super::axis::Axis;
use super::svg;

/// A colour by what it is for; the figures are those of Okabe and Ito (2008), which the colour-blind tell apart, and the style sheet's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::html) enum Colour {
    Blue,
    Sky,
    Orange,
    Vermillion,
    Purple,
    Grey,
    /// Text and axes.
    Ink,
    /// Lines of the grid.
    Grid,
    /// Every other stage.
    Stage,
    /// The stages between these.
    Blank,
    /// When the shop failed more than at others.
    Outage,
    /// When the shop answered slowly.
    Slow,
    /// When the generator did not hold its schedule.
    Late,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) bands: Vec<Band>,
    pub(super) lines: Vec<ChartLine>,
    /// Upright lines with their names.
    pub(super) marks: Vec<(f64, String)>,
}

/// A stretch of the x axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) from: f64,
    pub(super) until: f64,
    pub(super) colour: Colour,
    pub(super) name: String,
}

/// A line in stretches, with a name at its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChartLine {
    pub(super) name: String,
    pub(super) colour: Colour,
    pub(super) width: u32,
    pub(super) stretches: Vec<Vec<(f64, f64)>>,
    /// Whether the area beneath it is tinted.
    pub(super) filled: bool,
}

/// The size of a drawing and its margins, in units of half a pixel at the size at which it is shown.
pub(super) struct ChartSize {
    class: &'static str,
    size: (u32, u32),
    left: i32,
    right: i32,
    text: f64,
    /// The room that a letter takes; names of bands for which there is none are left out.
    letter: f64,
}

const NARROW: ChartSize =
    ChartSize { class: "narrow", size: (740, 400), left: 96, right: 152, text: 23.0, letter: 13.0 };
/// Beneath each other, so that a whole overview is seen at once.
const PANEL: ChartSize = ChartSize {
    class: "wide",
    size: (1_800, 250),
    left: 110,
    right: 180,
    text: 24.0,
    letter: 13.0,
};
const NARROW_PANEL: ChartSize =
    ChartSize { class: "narrow", size: (740, 300), left: 96, right: 152, text: 23.0, letter: 13.0 };
const TOP: i32 = 34;
const BOTTOM: i32 = 40;

type Area<'a, C> = DrawingArea<SVGBackend<'a>, C>;
type Plane = Cartesian2d<RangedCoordf64, RangedCoordf64>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

// === impl ChartSize ===

impl ChartSize {
    /// For charts beneath each other.
    pub(super) const fn panels() -> [ChartSize; 2] {
        [PANEL, NARROW_PANEL]
    }
}

// === impl Plot ===

impl Plot {
    /// The plot in these formats, of which the page shows the one that fits.
    pub(super) fn svg_in(&self, formats: [ChartSize; 2], alternative: &str) -> String {
        formats.map(|format| self.in_format(&format, alternative)).concat()
    }

    /// The plot in the narrow form alone, for grids of small ones.
    pub(super) fn small_svg(&self, alternative: &str) -> String {
        self.in_format(&ChartSize { class: "small", ..NARROW }, alternative)
    }

    fn in_format(&self, format: &ChartSize, alternative: &str) -> String {
        let mut text = String::new();
        let drawn =
            self.draw(format, SVGBackend::with_string(&mut text, format.size).into_drawing_area());
        debug_assert!(drawn.is_ok(), "text takes every picture");
        svg::frame(format.class, format.size, alternative, svg::inner(&text))
    }

    fn draw(&self, format: &ChartSize, root: Area<'_, Shift>) -> Drawn {
        let inner = root.margin(TOP, BOTTOM, format.left, format.right);
        let range = inner.get_pixel_range();
        let plane = inner.apply_coord_spec(Plane::new(
            self.x.low..self.x.high,
            self.y.low..self.y.high,
            (range.0, range.1.end..range.1.start),
        ));
        self.bands(format, &root, &plane)?;
        self.grid(format, &root, &plane)?;
        for line in &self.lines {
            line.draw(&plane, self.y.low)?;
        }
        for (at, name) in &self.marks {
            plane.draw(&PathElement::new(
                vec![(*at, self.y.low), (*at, self.y.high)],
                Colour::Ink.rgb().stroke_width(2),
            ))?;
            let (x, y) = plane.map_coordinate(&(*at, self.y.high));
            text(&root, format, name, (x, y - 4), HPos::Center, VPos::Bottom)?;
        }
        self.names(format, &root, &plane)?;
        root.present()?;
        Ok(())
    }

    fn bands(&self, format: &ChartSize, root: &Area<'_, Shift>, plane: &Area<'_, Plane>) -> Drawn {
        let mut free = 0.0;
        for band in &self.bands {
            let (from, until) = (band.from.max(self.x.low), band.until.min(self.x.high));
            plane.draw(&Rectangle::new(
                [(from, self.y.low), (until, self.y.high)],
                band.colour.rgb().filled(),
            ))?;
            let ((x, y), (end, _)) = (
                plane.map_coordinate(&(from, self.y.high)),
                plane.map_coordinate(&(until, self.y.high)),
            );
            let (middle, half) =
                (f64::from(x + end) / 2.0, format.letter * band.name.chars().count() as f64 / 2.0);
            if !band.name.is_empty()
                && f64::from(end - x) + format.text >= 2.0 * half
                && middle - half >= free
            {
                free = middle + half + format.text;
                text(root, format, &band.name, ((x + end) / 2, y - 4), HPos::Center, VPos::Bottom)?;
            }
        }
        Ok(())
    }

    fn grid(&self, format: &ChartSize, root: &Area<'_, Shift>, plane: &Area<'_, Plane>) -> Drawn {
        for (at, name) in &self.y.ticks {
            plane.draw(&PathElement::new(
                vec![(self.x.low, *at), (self.x.high, *at)],
                Colour::Grid.rgb().stroke_width(1),
            ))?;
            let (x, y) = plane.map_coordinate(&(self.x.low, *at));
            text(root, format, name, (x - 10, y), HPos::Right, VPos::Center)?;
        }
        let room = (format.size.0 as f64) / 90.0;
        let every = (self.x.ticks.len() as f64 / room).ceil().max(1.0) as usize;
        for (at, name) in self.x.ticks.iter().step_by(every) {
            let (x, y) = plane.map_coordinate(&(*at, self.y.low));
            text(root, format, name, (x, y + 12), HPos::Center, VPos::Top)?;
        }
        Ok(())
    }

    /// The lines' names at their ends, pushed apart so that each can be read.
    fn names(&self, format: &ChartSize, root: &Area<'_, Shift>, plane: &Area<'_, Plane>) -> Drawn {
        let ends = self.lines.iter().filter_map(|line| {
            Some((plane.map_coordinate(line.stretches.last()?.last()?).1, line))
        });
        let mut ends: Vec<(i32, &ChartLine)> = ends.collect();
        ends.sort_by_key(|(y, _)| *y);
        let (range, line_height) = (plane.get_pixel_range(), format.text as i32 + 4);
        let (x, mut free) = (range.0.end + 12, 0);
        for (y, _) in &mut ends {
            *y = (*y).max(free);
            free = *y + line_height;
        }
        // Those that were pushed beyond the lower edge push back.
        let mut limit = range.1.end;
        for (y, _) in ends.iter_mut().rev() {
            *y = (*y).min(limit);
            limit = *y - line_height;
        }
        for (y, line) in ends {
            root.draw(&Rectangle::new([(x, y - 6), (x + 12, y + 6)], line.colour.rgb().filled()))?;
            text(root, format, &line.name, (x + 20, y), HPos::Left, VPos::Center)?;
        }
        Ok(())
    }
}

// === impl ChartLine ===

impl ChartLine {
    fn draw(&self, plane: &Area<'_, Plane>, floor: f64) -> Drawn {
        let style = self.colour.rgb().stroke_width(self.width);
        for stretch in &self.stretches {
            if let (true, Some(first), Some(last)) = (self.filled, stretch.first(), stretch.last())
            {
                let area = [(first.0, floor)]
                    .into_iter()
                    .chain(stretch.iter().copied())
                    .chain([(last.0, floor)]);
                plane.draw(&Polygon::new(
                    area.collect::<Vec<_>>(),
                    self.colour.rgb().mix(0.18).filled(),
                ))?;
            }
            // A point alone would leave no trace as a line.
            let points = if let [only] = stretch[..] {
                vec![only, (only.0 + 1e-3, only.1)]
            } else {
                stretch.clone()
            };
            plane.draw(&PathElement::new(points, style))?;
        }
        Ok(())
    }
}

fn text(
    root: &Area<'_, Shift>,
    format: &ChartSize,
    words: &str,
    at: (i32, i32),
    h: HPos,
    v: VPos,
) -> Drawn {
    // plotters writes sizes divided by this.
    let font = ("sans-serif", format.text * 1.24).into_font();
    let ink = Colour::Ink.rgb();
    let style = TextStyle::from(font).color(&ink).pos(Pos::new(h, v));
    root.draw(&Text::new(words.to_owned(), at, style))?;
    Ok(())
}

// === impl Colour ===

impl Colour {
    /// As the style sheet calls it.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Colour::Blue => "blue",
            Colour::Sky => "sky",
            Colour::Orange => "orange",
            Colour::Vermillion => "vermillion",
            Colour::Purple => "purple",
            Colour::Grey => "grey",
            Colour::Ink => "faint",
            Colour::Grid => "line",
            Colour::Stage => "stage",
            Colour::Blank => "paper",
            Colour::Outage => "outage",
            Colour::Slow => "slow",
            Colour::Late => "late",
        }
    }

    fn rgb(self) -> RGBColor {
        let (r, g, b) = match self {
            Colour::Blue => (0x00, 0x72, 0xB2),
            Colour::Sky => (0x56, 0xB4, 0xE9),
            Colour::Orange => (0xE6, 0x9F, 0x00),
            Colour::Vermillion => (0xD5, 0x5E, 0x00),
            Colour::Purple => (0xCC, 0x79, 0xA7),
            Colour::Grey => (0x8A, 0x92, 0x9C),
            Colour::Ink => (0x4A, 0x52, 0x5C),
            Colour::Grid => (0xD8, 0xDD, 0xE3),
            Colour::Stage => (0xF1, 0xF3, 0xF5),
            Colour::Blank => (0xFF, 0xFF, 0xFE),
            Colour::Outage => (0xF8, 0xDD, 0xCE),
            Colour::Slow => (0xEC, 0xDF, 0xF2),
            Colour::Late => (0xFB, 0xF0, 0xB8),
        };
        RGBColor(r, g, b)
    }
}
