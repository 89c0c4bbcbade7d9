//! Whether `virsh screenshot` shows what the guest draws.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use host::Fault;

/// What the guest draws: the place of the middle of each quarter, in quarters of the screen, and its colour.
const QUARTERS: [([u32; 2], [u8; 3]); 4] =
    [([1, 1], [255, 0, 0]), ([3, 1], [0, 255, 0]), ([1, 3], [0, 0, 255]), ([3, 3], [255, 255, 255])];

/// Whether a screenshot shows the pattern that the guest draws.
///
/// # Errors
///
/// When it shows something else, or is no picture.
pub fn shows_the_pattern(path: &Path) -> Result<(), Fault> {
    let said = |what: &dyn std::fmt::Display| Fault::Wrong(format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|error| said(&error))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| said(&error))?;
    let size = reader.output_buffer_size().ok_or_else(|| said(&"it is too large"))?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(|error| said(&error))?;
    let depth = info.color_type.samples();
    for ([x, y], colour) in QUARTERS {
        let (x, y) = (info.width * x / 4, info.height * y / 4);
        let at = y as usize * info.line_size + x as usize * depth;
        let pixel = pixels.get(at..at + 3).unwrap_or_default();
        if pixel != colour {
            let size = format!("{}x{}", info.width, info.height);
            return Err(said(&format!("at {x},{y} of {size}, the guest draws {colour:?}, the screen shows {pixel:?}")));
        }
    }
    Ok(())
}
