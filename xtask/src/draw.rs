//! Draws a [`Plot`] as SVG.
//!
//! The same numbers make the same bytes on every machine: no font is measured or embedded, and all places are whole pixels. The
//! picture has a background of its own, so that it can be read on a light page and on a dark one.

use std::fmt::Display;

use domain_definitions::plot::{Better, Plot};
use domain_definitions::table::number;
use plotters::drawing::IntoDrawingArea as _;
use plotters::prelude::{Color as _, DrawingBackend, RGBColor, Rectangle, SVGBackend, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont as _, TextStyle};

/// The width of the picture, in pixels; pages show it about as wide.
const WIDTH: u32 = 960;
/// The space on each side.
const MARGIN: i32 = 16;
/// Where the first column begins: to its left are the names of the rows.
const NAMES: i32 = 190;
/// The space between two columns.
const GAP: i32 = 14;
/// Where the first row begins: above it are the titles of the columns.
const TITLES: i32 = 78;
/// The distance from one row to the next.
const ROW: i32 = 22;
/// The height of a bar.
const BAR: i32 = 12;
/// What is kept free beside the longest bar, for its number.
const NUMBER: i32 = 56;
/// The space for the note.
const NOTE: i32 = 34;
/// The size of letters: 12.5 pixels, once plotters has divided it by 1.24.
const LETTERS: f64 = 15.5;

const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
const FRAME: RGBColor = RGBColor(208, 215, 222);
const INK: RGBColor = RGBColor(31, 35, 40);
const FAINT: RGBColor = RGBColor(89, 99, 110);
const OURS: RGBColor = RGBColor(9, 105, 218);
const THEIRS: RGBColor = RGBColor(140, 149, 159);

/// The text of the picture.
///
/// # Errors
///
/// When it cannot be drawn.
pub fn svg(plot: &Plot) -> Result<String, String> {
    let mut text = String::new();
    let lines: i32 = plot.groups.iter().map(|group| count(group.rows.len()) + 1).sum();
    let height = TITLES + lines * ROW + NOTE;
    draw(plot, SVGBackend::with_string(&mut text, (WIDTH, height.unsigned_abs())), height)
        .map_err(|error| error.to_string())?;
    Ok(text)
}

fn draw<B: DrawingBackend>(plot: &Plot, backend: B, height: i32) -> Result<(), impl Display + use<B>> {
    let area = backend.into_drawing_area();
    let right = WIDTH.cast_signed();
    let corners = [(0, 0), (right - 1, height - 1)];
    area.draw(&Rectangle::new(corners, BACKGROUND.filled()))?;
    area.draw(&Rectangle::new(corners, FRAME.stroke_width(1)))?;
    let say = |words: &str, at, color: RGBColor, style, left| {
        let anchor = Pos::new(if left { HPos::Left } else { HPos::Right }, VPos::Center);
        let font = ("sans-serif", LETTERS, style).into_font();
        area.draw(&Text::new(words.to_owned(), at, TextStyle::from(font).color(&color).pos(anchor)))
    };
    let columns = count(plot.columns.len()).max(1);
    let step = (right - MARGIN - NAMES + GAP) / columns;
    let left = |column: usize| NAMES + count(column) * step;

    for (index, column) in plot.columns.iter().enumerate() {
        let better = match column.better {
            Better::Fewer => "fewer is better",
            Better::More => "more is better",
        };
        say(column.title, (left(index), 20), INK, FontStyle::Bold, true)?;
        say(&column.of, (left(index), 38), INK, FontStyle::Normal, true)?;
        say(better, (left(index), 56), FAINT, FontStyle::Normal, true)?;
    }
    let longest: Vec<f64> = (0..plot.columns.len())
        .map(|column| {
            let rows = plot.groups.iter().flat_map(|group| &group.rows);
            rows.filter_map(|row| row.values[column]).fold(0.0, f64::max)
        })
        .collect();
    let mut y = TITLES;
    for group in &plot.groups {
        say(&group.title, (MARGIN, y + ROW / 2), INK, FontStyle::Bold, true)?;
        y += ROW;
        for row in &group.rows {
            let middle = y + ROW / 2;
            let (color, style) = if row.is_ours { (OURS, FontStyle::Bold) } else { (THEIRS, FontStyle::Normal) };
            let ink = if row.is_ours { OURS } else { INK };
            say(&row.name, (NAMES - 12, middle), ink, style, false)?;
            for (index, value) in row.values.iter().enumerate() {
                let x = left(index);
                let Some(value) = *value else {
                    say("not measured", (x, middle), FAINT, FontStyle::Normal, true)?;
                    continue;
                };
                let length = share(value, longest[index], step - GAP - NUMBER);
                if length > 0 {
                    let corners = [(x, middle - BAR / 2), (x + length, middle + BAR / 2)];
                    area.draw(&Rectangle::new(corners, color.filled()))?;
                }
                say(&number(value), (x + length + 5, middle), ink, style, true)?;
            }
            y += ROW;
        }
    }
    say(&plot.note, (MARGIN, y + NOTE / 2), FAINT, FontStyle::Normal, true)?;
    area.present()
}

/// How many pixels of `room` a bar takes. One that is not nothing can be seen.
#[expect(clippy::cast_possible_truncation, reason = "it is at most `room`")]
fn share(value: f64, longest: f64, room: i32) -> i32 {
    if value <= 0.0 || longest <= 0.0 {
        return 0;
    }
    ((value / longest * f64::from(room)).round() as i32).max(2)
}

/// As a number of pixels or lines.
fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use domain_definitions::plot::{Column, Group, Row};

    use super::*;

    fn plot(value: Option<f64>) -> Plot {
        let column = |better| Column { title: "accesses", of: "per 100 <reads>".to_owned(), better };
        let row = |is_ours, values| Row { name: "a & b".to_owned(), is_ours, values };
        let rows = vec![row(true, vec![Some(0.0), Some(488.0)]), row(false, vec![value, Some(0.4)])];
        let groups = vec![Group { title: "Linux".to_owned(), rows }];
        Plot { columns: vec![column(Better::Fewer), column(Better::More)], groups, note: "of one run".to_owned() }
    }

    #[test]
    fn a_picture_is_well_formed_and_the_same_each_time() {
        let text = svg(&plot(Some(2637.0))).unwrap();
        assert_eq!(text, svg(&plot(Some(2637.0))).unwrap());
        let document = roxmltree::Document::parse(&text).unwrap();
        let said: Vec<_> = document.descendants().filter_map(|node| node.text()).map(str::trim).collect();
        for words in ["per 100 <reads>", "a & b", "2,637", "488", "fewer is better", "more is better", "of one run"] {
            assert!(said.contains(&words), "{words:?} is not in the picture: {said:?}");
        }
        // No place that depends on how a machine rounds, and nothing from elsewhere.
        assert!(!text.contains("href") && !text.contains("url("), "{text}");
        let places = document.descendants().flat_map(|node| node.attributes());
        let places = places.filter(|place| ["x", "y", "width", "height"].contains(&place.name()));
        for place in places {
            assert!(place.value().parse::<u32>().is_ok(), "{}={:?}", place.name(), place.value());
        }
    }

    #[test]
    fn bars_are_as_long_as_their_numbers() {
        let bars = |value| {
            let text = svg(&plot(value)).unwrap();
            let document = roxmltree::Document::parse(&text).unwrap();
            let bars = document.descendants().filter(|node| node.attribute("height") == Some("12"));
            bars.map(|bar| bar.attribute("width").unwrap().parse::<i32>().unwrap()).collect::<Vec<_>>()
        };
        // None for nothing; the longest fills its column; a small one can be seen.
        let [full, seen] = bars(None)[..] else { panic!("{:?}", bars(None)) };
        assert!(full > 250 && seen == 2, "{full} {seen}");
        assert_eq!(bars(Some(7.0)), [full, full, seen], "each column has its own scale");
        assert!(svg(&plot(None)).unwrap().contains("not measured"));
    }
}
