//! Tables as data: what stands in a cell, before it is Markdown or anything else.

use std::fmt::Write as _;

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The titles of its columns.
    pub header: Vec<&'static str>,
    /// Its rows, each as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in one cell.
pub type Cell = Vec<Piece>;

/// A part of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Prose, as records have it: between backticks is code.
    Text(String),
    /// Prose that stands out.
    Strong(String),
    /// What somebody types or reads on a screen.
    Code(String),
    /// Code that leads to a file of the repository.
    Link {
        /// What is shown.
        code: String,
        /// The file, from the repository's root.
        path: String,
    },
}

/// A cell with prose, or an empty one.
#[must_use]
pub fn text(text: impl Into<String>) -> Cell {
    vec![Piece::Text(text.into())]
}

/// A cell with code.
#[must_use]
pub fn code(code: impl Into<String>) -> Cell {
    vec![Piece::Code(code.into())]
}

/// Cells as one, with something between them.
#[must_use]
pub fn joined(cells: impl IntoIterator<Item = Cell>, between: &str) -> Cell {
    let mut all = Cell::new();
    for cell in cells {
        if !all.is_empty() {
            all.push(Piece::Text(between.to_owned()));
        }
        all.extend(cell);
    }
    all
}

/// A number as people read it: in whole units, with commas between thousands; below ten, with one decimal unless it is whole.
#[must_use]
pub fn number(value: f64) -> String {
    let decimals = usize::from(value.abs() < 9.95 && format!("{value:.1}").ends_with(|digit| digit != '0'));
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    if decimals > 0 {
        return text;
    }
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if grouped == "0" { grouped } else { format!("{sign}{grouped}") }
}

impl Table {
    /// As Markdown, on a page, which is named from the repository's root: links lead from there.
    #[must_use]
    pub fn markdown(&self, page: &str) -> String {
        let mut table = String::new();
        let mut line = |cells: Vec<String>| {
            writeln!(table, "| {} |", cells.join(" | ")).expect("writing to a string");
        };
        line(self.header.iter().map(|title| (*title).to_owned()).collect());
        line(vec!["---".to_owned(); self.header.len()]);
        for row in &self.rows {
            line(row.iter().map(|cell| cell.iter().map(|piece| piece.markdown(page)).collect()).collect());
        }
        table
    }
}

impl Piece {
    fn markdown(&self, page: &str) -> String {
        // Even in code, a bar would end the cell.
        let escaped = |text: &str| text.replace('|', "\\|");
        match self {
            Piece::Text(text) => escaped(text),
            Piece::Strong(text) => format!("**{}**", escaped(text)),
            Piece::Code(code) => format!("`{}`", escaped(code)),
            Piece::Link { code, path } => format!("[`{}`]({})", escaped(code), relative(page, path)),
        }
    }
}

/// How a link on a page leads to a file; both are named from the repository's root.
fn relative(page: &str, path: &str) -> String {
    let folder = page.rfind('/').map_or("", |slash| &page[..=slash]);
    let same = folder.split_inclusive('/').zip(path.split_inclusive('/')).take_while(|(one, other)| one == other);
    let shared: usize = same.map(|(one, _)| one.len()).sum();
    "../".repeat(folder[shared..].matches('/').count()) + &path[shared..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_keeps_cells_apart() {
        let link = Piece::Link { code: "linux".to_owned(), path: "session/linux.xml".to_owned() };
        let cells = vec![vec![Piece::Strong("a|b".to_owned()), Piece::Text(": c".to_owned())], vec![link], Cell::new()];
        let both = joined([code("x|y"), text("z")], ", ");
        let table = Table { header: vec!["one", "two", ""], rows: vec![cells, vec![both, text(""), text("w")]] };
        let wanted = "| one | two |  |\n| --- | --- | --- |\n\
                      | **a\\|b**: c | [`linux`](session/linux.xml) |  |\n| `x\\|y`, z |  | w |\n";
        assert_eq!(table.markdown("README.md"), wanted);
    }

    #[test]
    fn numbers_are_readable() {
        let cases = [
            (0.0, "0"),
            (-0.04, "0"),
            (0.4, "0.4"),
            (7.0, "7"),
            (9.96, "10"),
            (12.5, "12"),
            (700.0, "700"),
            (2637.0, "2,637"),
            (-100_296.0, "-100,296"),
            (8_803_900.0, "8,803,900"),
        ];
        for (value, wanted) in cases {
            assert_eq!(number(value), wanted);
        }
    }

    #[test]
    fn links_lead_from_the_page_they_are_on() {
        let cases = [
            ("README.md", "session/linux.xml", "session/linux.xml"),
            ("session/README.md", "session/linux.xml", "linux.xml"),
            ("defs/files.md", "session/linux.xml", "../session/linux.xml"),
            ("session/a/b.md", "session/ab/c.md", "../ab/c.md"),
            ("session/a/b.md", "README.md", "../../README.md"),
        ];
        for (page, path, wanted) in cases {
            assert_eq!(relative(page, path), wanted, "from {page} to {path}");
        }
    }
}
