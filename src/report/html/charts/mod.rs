//! Charts as pictures in the page: drawn once, here, so that the page needs no script. Where there is one, it draws charts over time anew,
//! to be pointed at and zoomed.
//!
//! Lines and distributions are drawn by plotters. It knows colours only by number, so the ones in [`canvas`] stand for names:
//! the style sheet gives each its real colour, by day and by night. The flow of shoppers and the intervals, which no library
//! of charts draws, are written directly.

mod axis;
mod canvas;
mod data;
mod flow;
mod overview;
mod spread;
mod strip;
mod svg;
mod time;

pub(super) use canvas::Colour;
pub(super) use data::ChartData;
pub(super) use flow::flow;
pub(super) use overview::overview;
pub(super) use spread::{over as spread_over, spread};
pub(super) use strip::{change, strip};
pub(super) use time::{lag, requests, response};

/// A picture with its words and its figures.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Chart {
    /// Unique in the page.
    pub(super) id: String,
    /// What it shows, with its unit.
    pub(super) title: String,
    /// The same for who can't see it.
    pub(super) alternative: String,
    /// The picture.
    pub(super) svg: String,
    /// The heads of the columns of its figures.
    pub(super) head: Vec<String>,
    /// Its figures.
    pub(super) rows: Vec<Vec<String>>,
    /// What the script draws in place of the picture; none where the picture is all.
    pub(super) data: Option<ChartData>,
    /// The step that it is of, if it is of one.
    pub(super) step: Option<String>,
}
