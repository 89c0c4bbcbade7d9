//! What others depend on.

use std::collections::{BTreeSet, HashSet};

use super::pattern::Pattern;
use super::{Descriptions, Grammar};

/// Names of attributes and of child elements.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bound<'a> {
    /// Of the attributes.
    pub attributes: BTreeSet<&'a str>,
    /// Of the elements.
    pub elements: BTreeSet<&'a str>,
}

impl Grammar {
    /// Names of what may not simply be absent: it is required, or stands or falls with others. Anything else can be left out of
    /// an element that is right. So it cannot put one right, either.
    #[must_use]
    pub fn bound<'a>(&'a self, of: &Descriptions<'a>) -> Bound<'a> {
        let mut bound = Bound::default();
        for content in &of.0 {
            self.bind(content, false, &mut HashSet::new(), &mut bound);
        }
        bound
    }

    /// Whether the value of an attribute may decide what else an element may have: the attribute is one of several ways there, or
    /// it is not known to have that value.
    #[must_use]
    pub fn decides(&self, of: &Descriptions, attribute: &str, value: &str) -> bool {
        of.0.iter().any(|content| self.decides_in(content, attribute, value, false, &mut HashSet::new()))
    }

    fn decides_in<'a>(
        &'a self,
        content: &'a [Pattern],
        attribute: &str,
        value: &str,
        one_way: bool,
        seen: &mut HashSet<&'a str>,
    ) -> bool {
        content.iter().any(|pattern| match pattern {
            Pattern::Attribute { name, content } if name == attribute => {
                one_way || !self.values(std::iter::once(content.as_slice())).literals.contains(value)
            }
            // It may be one of any name.
            Pattern::Attribute { name, .. } => name.is_empty(),
            Pattern::Element { .. } | Pattern::Value(_) | Pattern::Data(_) => false,
            Pattern::Ref(name) => {
                let content = self.defines.get(name).filter(|_| seen.insert(name));
                content.is_some_and(|content| {
                    let decides = self.decides_in(content, attribute, value, one_way, seen);
                    seen.remove(name.as_str());
                    decides
                })
            }
            Pattern::Group(content) | Pattern::Optional(content) => {
                self.decides_in(content, attribute, value, one_way, seen)
            }
            Pattern::Choice(ways) => self.decides_in(ways, attribute, value, one_way || ways.len() > 1, seen),
        })
    }

    /// Finds it in some content, all of which must be there, unless the content may be absent.
    fn bind<'a>(
        &'a self,
        content: &'a [Pattern],
        may_be_absent: bool,
        seen: &mut HashSet<&'a str>,
        bound: &mut Bound<'a>,
    ) {
        // One of several can only be absent together with the others.
        let may_be_absent = may_be_absent && content.len() == 1;
        for pattern in content {
            match pattern {
                Pattern::Element { .. } | Pattern::Attribute { .. } if may_be_absent => {}
                Pattern::Element { name, .. } => drop(bound.elements.insert(name)),
                Pattern::Attribute { name, .. } => drop(bound.attributes.insert(name)),
                Pattern::Ref(name) => {
                    if seen.insert(name) {
                        let content = self.defines.get(name).map_or(&[][..], Vec::as_slice);
                        self.bind(content, may_be_absent, seen, bound);
                        seen.remove(name.as_str());
                    }
                }
                Pattern::Group(content) => self.bind(content, may_be_absent, seen, bound),
                Pattern::Choice(ways) => {
                    for way in ways {
                        self.bind(std::slice::from_ref(way), may_be_absent, seen, bound);
                    }
                }
                Pattern::Optional(content) => self.bind(content, true, seen, bound),
                Pattern::Value(_) | Pattern::Data(_) => {}
            }
        }
    }
}
