//! Plots as data: rows of bars, before they are drawn (`xtask/src/draw.rs`).

/// Bars in columns: each column has a measure and a scale of its own, each row is something that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// The columns, from the left.
    pub columns: Vec<Column>,
    /// The rows, in groups with a title each, from the top.
    pub groups: Vec<Group>,
    /// What stands below.
    pub note: String,
}

/// What the bars of a column show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What is counted.
    pub title: &'static str,
    /// Of what.
    pub of: String,
    /// Which bars are the good ones.
    pub better: Better,
}

/// Which of several numbers is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smallest.
    Fewer,
    /// The largest.
    More,
}

/// Rows that can be compared with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub title: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What was measured of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Whether it is this project's.
    pub is_ours: bool,
    /// The length of its bar in each column; `None` where it was not measured.
    pub values: Vec<Option<f64>>,
}
