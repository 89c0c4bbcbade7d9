//! `render --to kubevirt`: the manifest, in YAML, with the reasons of the decisions beside its fields.
//!
//! The YAML is saphyr's: it is maintained, writes, and says where in a text each key is, which the comments need. (`serde_yaml` is
//! archived, its forks rest on a C library translated to Rust, and none of them knows places.)

use std::fmt::Write as _;

use domain_definitions::kubevirt::options::fitting;
use domain_definitions::kubevirt::{self, Becomes, Field, Manifest, TYPES, Upload};
use domain_definitions::{Definition, Machine, Tunable};
use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, Yaml, YamlData, YamlEmitter};
use serde::Serialize;
use serde_json::Value;

/// Columns that comments are wrapped at.
const WIDTH: usize = 100;

/// Why a manifest cannot be written. All of these are faults of the mapping.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("the manifest cannot be written: {0}")]
    Serialize(#[from] serde_json::Error),
    #[error("the manifest cannot be written as YAML: {0}")]
    Emit(#[from] saphyr::EmitError),
    #[error("the written YAML cannot be read back: {0}")]
    Scan(#[from] saphyr::ScanError),
    #[error("no manifest has the field {0}")]
    NoField(&'static str),
}

/// An object, written, with the comments that its lines get.
struct Document<'a> {
    text: &'a str,
    root: &'a MarkedYaml<'a>,
    /// Line, counted from 0, and comment.
    notes: Vec<(usize, String)>,
}

/// The objects of a machine, the shared ones first if there shall be some.
///
/// # Errors
///
/// When the mapping names a field that is not there.
pub fn text(definition: Definition, machine: &Machine, is_shared: bool) -> Result<String, Error> {
    let mut manifest = kubevirt::manifest(definition, machine);
    let mut texts = Vec::new();
    if is_shared {
        let shared = kubevirt::shared(&mut manifest.machine, &definition.stem());
        texts.extend([yaml(&shared.preference)?, yaml(&shared.instancetype)?]);
    }
    texts.push(yaml(&manifest.machine)?);
    let roots = texts.iter().map(|text| MarkedYaml::load_from_str(text)).collect::<Result<Vec<_>, _>>()?;
    let mut documents = Vec::new();
    for (text, root) in texts.iter().zip(&roots) {
        documents.extend(root.first().map(|root| Document { text, root, notes: Vec::new() }));
    }
    let tunables = definition.tunables_for(machine);
    for fate in &manifest.fates {
        let (field, reasons) = match fate.becomes {
            Becomes::Same(field) => (field, reasons(&tunables, fate.at)),
            Becomes::Other(field, why) => (field, vec![why]),
            Becomes::ByItself(_) | Becomes::Lost(_) => continue,
        };
        note(&mut documents, field, &reasons)?;
    }
    let mut all = comment(&header(definition, machine, &manifest, is_shared), 0);
    for document in documents {
        all.push_str(&document.woven());
    }
    Ok(all)
}

/// The reasons of the decisions at a place.
fn reasons(tunables: &[&'static Tunable], at: &str) -> Vec<&'static str> {
    tunables.iter().filter(|tunable| tunable.at == at).map(|tunable| tunable.why).collect()
}

/// Puts reasons to a field: in what machines share, if it is there, else in the machine, which is the last object.
fn note(documents: &mut [Document], field: Field, reasons: &[&str]) -> Result<(), Error> {
    let Some((machine, shared)) = documents.split_last_mut() else { return Err(Error::NoField(field.own)) };
    let mut elsewhere = shared.iter_mut().filter_map(|document| Some((line(document.root, field.shared?)?, document)));
    let here = || line(machine.root, field.own).map(|line| (line, machine));
    let (line, document) = elsewhere.next().or_else(here).ok_or(Error::NoField(field.own))?;
    for reason in reasons {
        let note = (line, (*reason).to_owned());
        // Two drives on one bus say it once.
        if !document.notes.contains(&note) {
            document.notes.push(note);
        }
    }
    Ok(())
}

/// The line of a field, counted from 0.
fn line(root: &MarkedYaml, path: &str) -> Option<usize> {
    let (mut node, mut line) = (root, 0);
    for step in path.split('/') {
        // An annotation's name has a slash of its own.
        let step = step.replace('~', "/");
        (line, node) = match &node.data {
            YamlData::Mapping(map) => {
                let (key, value) = map.iter().find(|(key, _)| key.data.as_str() == Some(step.as_str()))?;
                (key.span.start.line(), value)
            }
            YamlData::Sequence(items) => {
                let is_it = |item: &&MarkedYaml| {
                    let name = item.data.as_mapping_get("name").and_then(|name| name.data.as_str());
                    name == Some(step.as_str())
                };
                let item = items.iter().find(is_it)?;
                (item.span.start.line(), item)
            }
            _ => return None,
        };
    }
    line.checked_sub(1)
}

impl Document<'_> {
    /// The text with each comment above its line.
    fn woven(&self) -> String {
        let mut woven = String::new();
        for (number, line) in self.text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            for (_, note) in self.notes.iter().filter(|(at, _)| *at == number) {
                woven.push_str(&comment(note, indent));
            }
            woven.push_str(line);
            woven.push('\n');
        }
        woven
    }
}

/// An object as YAML, with its keys in the order in which `kubectl get --output yaml` prints them.
fn yaml(object: &impl Serialize) -> Result<String, Error> {
    let value = serde_json::to_value(object)?;
    let mut text = String::new();
    YamlEmitter::new(&mut text).dump(&node(&value))?;
    text.push('\n');
    Ok(text)
}

fn node(value: &Value) -> Yaml<'_> {
    match value {
        Value::Null => Yaml::Value(Scalar::Null),
        Value::Bool(is) => Yaml::Value(Scalar::Boolean(*is)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Yaml::Value(Scalar::Integer(whole)),
            None => Yaml::Value(Scalar::String(number.to_string().into())),
        },
        Value::String(text) => Yaml::Value(Scalar::String(text.as_str().into())),
        Value::Array(items) => Yaml::Sequence(items.iter().map(node).collect()),
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            let key = |key: &'_ String| Yaml::Value(Scalar::String(key.clone().into()));
            Yaml::Mapping(keys.into_iter().map(|(name, value)| (key(name), node(value))).collect())
        }
    }
}

/// Lines of a comment. What is indented is a command, which stays on its line, so that it can be copied.
fn comment(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let first = format!("{:indent$}# ", "");
    for paragraph in text.lines() {
        let rest = if paragraph.starts_with("- ") { format!("{first}  ") } else { first.clone() };
        let options = textwrap::Options::new(WIDTH).initial_indent(&first).subsequent_indent(&rest);
        let wrapped = if paragraph.starts_with("  ") {
            format!("{first}{paragraph}")
        } else {
            textwrap::fill(paragraph, options.word_splitter(textwrap::WordSplitter::NoHyphenation))
        };
        let wrapped = if paragraph.is_empty() { first.trim_end() } else { &wrapped };
        lines.extend([wrapped, "\n"]);
    }
    lines
}

fn header(definition: Definition, machine: &Machine, manifest: &Manifest, is_shared: bool) -> String {
    let file = definition.path();
    let stem = file.trim_end_matches(".xml");
    let name = &manifest.machine.metadata.name;
    let mut text = format!(
        "{} in a cluster with KubeVirt, for {}.\n\n\
         Its form is checked against KubeVirt's own types (release {TYPES}), but no cluster has run it: try it before you rely on \
         it.\n\n",
        machine.title, definition.profile.covers
    );
    text.push_str("To make the machine and start it:\n");
    let mut after = String::new();
    for upload in &manifest.uploads {
        match upload {
            Upload::Disc { volume, gib, file } => {
                let file = file.as_deref().map_or_else(|| "FILE".to_owned(), quoted);
                let _ = writeln!(
                    text,
                    "  virtctl image-upload dv {volume} --size {gib}Gi --force-bind --image-path {file}"
                );
            }
            Upload::Seed(secret) => {
                let _ = writeln!(text, "  kubectl create secret generic {secret} --from-file userdata=user-data");
            }
            Upload::Image(volume) => {
                let _ = writeln!(after, "  virtctl image-upload dv {volume} --no-create --image-path IMAGE");
            }
        }
    }
    let _ = writeln!(text, "  kubectl create --filename {name}.yaml\n{after}  virtctl start {name}");
    let opens = if definition.domain().devices.graphics.is_some() { "vnc" } else { "console" };
    let _ = writeln!(text, "  virtctl {opens} {name}\n\nThe cluster must have KubeVirt and CDI, and:");
    for need in &manifest.needs {
        let _ = writeln!(text, "- {need}");
    }
    text.push_str("- for live migration, storage that several nodes can write to (`ReadWriteMany`)\n");
    let told = |wanted: fn(Becomes) -> Option<&'static str>| {
        let mut lines = Vec::new();
        for fate in &manifest.fates {
            let line = wanted(fate.becomes).map(|what| format!("- {}: {what}", fate.at));
            lines.extend(line.filter(|line| !lines.contains(line)));
        }
        lines.join("\n")
    };
    let by_itself = told(|becomes| match becomes {
        Becomes::ByItself(what) => Some(what),
        Becomes::Same(_) | Becomes::Other(..) | Becomes::Lost(_) => None,
    });
    let lost = told(|becomes| match becomes {
        Becomes::Lost(what) => Some(what),
        Becomes::Same(_) | Becomes::Other(..) | Becomes::ByItself(_) => None,
    });
    let _ = writeln!(text, "\nParts of {file} that KubeVirt takes care of by itself:\n{by_itself}");
    let _ = writeln!(text, "\nParts that KubeVirt has no field for, and what follows:\n{lost}");
    let options = machine.chosen.iter().flatten().map(|choice| format!("{} {}", choice.name, choice.value));
    let options: Vec<_> = options.collect();
    let with = if options.is_empty() { String::new() } else { format!(", with {}", options.join(", ")) };
    let preference = if is_shared { " --preference" } else { "" };
    let _ = write!(text, "\nGenerated by `cargo xtask render {stem} --to kubevirt{preference}`{with}.");
    text
}

/// A file's name, as a shell takes it.
fn quoted(file: &str) -> String {
    let is_plain = file.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    if is_plain { file.to_owned() } else { format!("'{}'", file.replace('\'', r"'\''")) }
}

/// What is said of a definition that is not made for a cluster.
#[must_use]
pub fn warning(definition: Definition) -> Option<String> {
    if definition.fits_cluster() {
        return None;
    }
    let instead = fitting(definition).join(" or ");
    let path = definition.path();
    Some(match instead.as_str() {
        "" => format!("{path} is not made for a cluster, and no file of this guest is; the header says what is lost"),
        _ => format!("{path} is not made for a cluster, and the header says what is lost; {instead} is"),
    })
}
