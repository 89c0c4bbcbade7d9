//! Draws a picture that the host recognises: a red, a green, a blue and a white quarter.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use rustix::ioctl::{IntegerSetter, Opcode, ioctl};

use crate::files;

/// `KDSETMODE`, and its `KD_GRAPHICS`, from the kernel's `linux/kd.h`.
const KDSETMODE: Opcode = 0x4B3A;
const KD_GRAPHICS: usize = 1;

/// A pixel of 32 bits: blue, green, red, unused.
type Pixel = [u8; 4];
const RED: Pixel = [0, 0, 0xff, 0];
const GREEN: Pixel = [0, 0xff, 0, 0];
const BLUE: Pixel = [0xff, 0, 0, 0];
const WHITE: Pixel = [0xff, 0xff, 0xff, 0];

/// Draws the picture, if the screen has 32 bits per pixel.
pub fn draw() {
    let _ = try_to_draw();
}

/// Width and height of the screen in pixels.
pub fn size() -> Option<(usize, usize)> {
    let size = files::text("/sys/class/graphics/fb0/virtual_size")?;
    let (width, height) = size.split_once(',')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

fn try_to_draw() -> io::Result<()> {
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let (width, height) = size().ok_or_else(missing)?;
    let number = |name| files::number(format!("/sys/class/graphics/fb0/{name}")).ok_or_else(missing);
    let stride = usize::try_from(number("stride")?).map_err(io::Error::other)?;
    if number("bits_per_pixel")? != 32 || stride < width * RED.len() {
        return Err(missing());
    }
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty0")?;
    // The kernel sets the screen's mode only when the terminal shows its first text.
    terminal.write_all(b" ")?;
    // SAFETY: the request takes a number, not a pointer, and is the same in every kernel.
    unsafe { ioctl(&terminal, IntegerSetter::<KDSETMODE>::new_usize(KD_GRAPHICS)) }?;
    OpenOptions::new().write(true).open("/dev/fb0")?.write_all(&picture(width, height, stride))
}

fn picture(width: usize, height: usize, stride: usize) -> Vec<u8> {
    let row = |left: Pixel, right: Pixel| {
        let mut row = [left.repeat(width / 2), right.repeat(width - width / 2)].concat();
        row.resize(stride, 0);
        row
    };
    let top = height / 2;
    [row(RED, GREEN).repeat(top), row(BLUE, WHITE).repeat(height - top)].concat()
}
