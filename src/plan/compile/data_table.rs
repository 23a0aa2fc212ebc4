//! What a data file holds, once it is read.

use crate::plan::DataCell;

/// Columns and rows.
pub(super) type DataTable = (Vec<String>, Vec<Vec<DataCell>>);

/// What is wrong with a file, and what to do.
pub(super) type Wrong = (String, &'static str);
