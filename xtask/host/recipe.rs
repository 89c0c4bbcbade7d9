//! Commands from the pages, for tests that run them.

use domain_definitions::pages::{CHANGING, CLOUD, SESSION};

/// The commands that redefine a machine from a newer file, with a machine's name and a file's path put in.
///
/// # Errors
///
/// When the page has no such commands any more.
pub fn redefine(name: &str, file: &str) -> Result<String, String> {
    let page = include_str!("../../session/changing.md");
    let block = page.split("```").find_map(|block| block.strip_prefix("sh\nuuid="));
    let block = block.ok_or_else(|| format!("{CHANGING} has no block that begins with uuid="))?;
    if !block.contains("session/linux.xml") {
        return Err(format!("the recipe in {CHANGING} is not for session/linux.xml"));
    }
    Ok(format!("uuid={block}").replace("session/linux.xml", file).replace("Linux", name))
}

/// What virsh is told to remove a machine of this name, whatever it has left.
///
/// # Errors
///
/// When the page has no such command any more.
pub fn remove(name: &str) -> Result<String, String> {
    let page = include_str!("../../session/README.md");
    let command = page.lines().find_map(|line| line.strip_prefix("virsh undefine Linux"));
    let options = command.ok_or_else(|| format!("{SESSION} has no line that begins with virsh undefine Linux"))?;
    Ok(format!("undefine {name}{options}"))
}

/// The commands that make the seed of a cloud image, `seed.iso` in the home of whoever runs them, of the files in its folder
/// `seed`.
///
/// # Errors
///
/// When the page has no such commands any more.
pub fn seed() -> Result<&'static str, String> {
    let page = include_str!("../../session/cloud.md");
    let block = page.split("```").find_map(|block| block.strip_prefix("sh\n").filter(|block| block.contains("cidata")));
    block.ok_or_else(|| format!("{CLOUD} has no block that makes a seed"))
}
