//! Commands from the README, for tests that run them.

/// The README's commands that redefine a machine from a newer file, with a machine's name and a file's path put in.
///
/// # Errors
///
/// When the README has no such commands any more.
pub fn redefine(name: &str, file: &str) -> Result<String, String> {
    let readme = include_str!("../../README.md");
    let block = readme.split("```").find_map(|block| block.strip_prefix("sh\nuuid="));
    let block = block.ok_or("README.md has no block that begins with uuid=")?;
    if !block.contains("session/linux.xml") {
        return Err("the recipe in README.md is not for session/linux.xml".to_owned());
    }
    Ok(format!("uuid={block}").replace("session/linux.xml", file).replace("Linux", name))
}
