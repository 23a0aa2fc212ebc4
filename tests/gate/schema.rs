//! What the JUnit XML schemas in use ask for, as rules: Apache Ant's, as Windy Road wrote it down (JUnit.xsd at
//! https://github.com/windyroad/JUnit-Schema, 2378e66), and Jenkins' (junit-10.xsd of its xUnit plugin, 031e285). There is no
//! validator of XML schemas among the libraries that this project builds with, and of these schemas a handful of facts are used.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};

/// An element with what is in it.
#[derive(Debug, Default)]
pub struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A text that is not empty.
    Token,
    Whole,
    Decimal,
    /// `2026-11-27T09:00:00`, without a zone.
    Moment,
}

/// What a schema says of one element.
struct Rule {
    name: &'static str,
    required: &'static [(&'static str, Kind)],
    optional: &'static [(&'static str, Kind)],
    /// Its children, in this order: name, at least, at most.
    children: &'static [(&'static str, usize, usize)],
    text: bool,
}

const MANY: usize = usize::MAX;
const TYPE: &[(&str, Kind)] = &[("type", Kind::Text)];
const MESSAGE: &[(&str, Kind)] = &[("message", Kind::Text)];

/// Windy Road's. It is the stricter one: whatever it allows with these attributes, Jenkins' allows as well, but for the order
/// of children, which Jenkins leaves open, and the time, for which Jenkins asks for digits and a point.
const RULES: &[Rule] = &[
    Rule {
        name: "testsuites",
        required: &[],
        optional: &[],
        children: &[("testsuite", 0, MANY)],
        text: false,
    },
    Rule {
        name: "testsuite",
        required: &[
            ("name", Kind::Token),
            ("timestamp", Kind::Moment),
            ("hostname", Kind::Token),
            ("tests", Kind::Whole),
            ("failures", Kind::Whole),
            ("errors", Kind::Whole),
            ("time", Kind::Decimal),
            ("package", Kind::Text),
            ("id", Kind::Whole),
        ],
        optional: &[("skipped", Kind::Whole)],
        children: &[
            ("properties", 1, 1),
            ("testcase", 0, MANY),
            ("system-out", 1, 1),
            ("system-err", 1, 1),
        ],
        text: false,
    },
    Rule {
        name: "properties",
        required: &[],
        optional: &[],
        children: &[("property", 0, MANY)],
        text: false,
    },
    Rule {
        name: "property",
        required: &[("name", Kind::Token), ("value", Kind::Text)],
        optional: &[],
        children: &[],
        text: false,
    },
    Rule {
        name: "testcase",
        required: &[("name", Kind::Text), ("classname", Kind::Text), ("time", Kind::Decimal)],
        optional: &[],
        // A choice, of which there is one at most; that there is only one is checked apart.
        children: &[("skipped", 0, 1), ("error", 0, 1), ("failure", 0, 1)],
        text: false,
    },
    Rule { name: "skipped", required: &[], optional: &[], children: &[], text: false },
    Rule { name: "error", required: TYPE, optional: MESSAGE, children: &[], text: true },
    Rule { name: "failure", required: TYPE, optional: MESSAGE, children: &[], text: true },
    Rule { name: "system-out", required: &[], optional: &[], children: &[], text: true },
    Rule { name: "system-err", required: &[], optional: &[], children: &[], text: true },
];

/// What is wrong with this JUnit XML; nothing if it is valid.
pub fn violations(xml: &str) -> Vec<String> {
    let mut found = Vec::new();
    match parse(xml) {
        Ok(root) => {
            if root.name != "testsuites" {
                found.push(format!("the root is {}", root.name));
            }
            check(&root, &mut found);
        }
        Err(error) => found.push(error),
    }
    found
}

/// A whole number of the one suite: `tests`, `failures`, `errors`.
pub fn total(xml: &str, name: &str) -> Option<u64> {
    parse(xml).ok()?.children.first()?.attributes.get(name)?.parse().ok()
}

fn check(element: &Element, found: &mut Vec<String>) {
    let Some(rule) = RULES.iter().find(|rule| rule.name == element.name) else {
        return found.push(format!("no element {} is known", element.name));
    };
    for (name, _) in
        rule.required.iter().filter(|(name, _)| !element.attributes.contains_key(*name))
    {
        found.push(format!("{} has no {name}", rule.name));
    }
    for (name, value) in &element.attributes {
        match rule.required.iter().chain(rule.optional).find(|(known, _)| known == name) {
            None => found.push(format!("{} may have no {name}", rule.name)),
            Some((_, kind)) if !kind.fits(value) => {
                found.push(format!("{} {name}=\"{value}\" is not written so", rule.name))
            }
            Some(_) => {}
        }
    }
    let place = |child: &Element| rule.children.iter().position(|(name, ..)| *name == child.name);
    let places: Vec<Option<usize>> = element.children.iter().map(place).collect();
    if places.contains(&None) || !places.is_sorted() {
        found.push(format!("{} has other children, or in another order", rule.name));
    }
    for (name, least, most) in rule.children {
        let there = element.children.iter().filter(|child| child.name == *name).count();
        if there < *least || there > *most {
            found.push(format!("{} has {there} {name}", rule.name));
        }
    }
    if rule.name == "testcase" && element.children.len() > 1 {
        found.push("a testcase has one answer at most".to_owned());
    }
    if !rule.text && !element.text.trim().is_empty() {
        found.push(format!("{} may have no text", rule.name));
    }
    if rule.name == "testsuite" {
        totals(element, found);
    }
    element.children.iter().for_each(|child| check(child, found));
}

/// No schema can ask for it, but every reader trusts it.
fn totals(suite: &Element, found: &mut Vec<String>) {
    let cases = || suite.children.iter().filter(|child| child.name == "testcase");
    let with = |name: &str| {
        cases().filter(|case| case.children.iter().any(|child| child.name == name)).count()
    };
    for (name, counted) in
        [("tests", cases().count()), ("failures", with("failure")), ("errors", with("error"))]
    {
        if suite.attributes.get(name).is_some_and(|said| *said != counted.to_string()) {
            found.push(format!("{name} is not {counted}"));
        }
    }
}

impl Kind {
    fn fits(self, value: &str) -> bool {
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Kind::Text => true,
            Kind::Token => !value.trim().is_empty(),
            Kind::Whole => value.parse::<i32>().is_ok(),
            Kind::Decimal => match value.split_once('.') {
                None => digits(value),
                Some((whole, fraction)) => digits(whole) && digits(fraction),
            },
            Kind::Moment => value.len() == 19 && value.parse::<jiff::civil::DateTime>().is_ok(),
        }
    }
}

fn parse(xml: &str) -> Result<Element, String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => {
                let child = element(&start)?;
                open.last_mut().ok_or("nothing is open")?.children.push(child);
            }
            Event::End(_) => {
                let child = open.pop().ok_or("nothing is open")?;
                open.last_mut().ok_or("nothing is open")?.children.push(child);
            }
            Event::Text(text) => {
                let text = String::from_utf8_lossy(&text).into_owned();
                open.last_mut().ok_or("nothing is open")?.text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut document = open.pop().ok_or("nothing is open")?;
    if document.children.len() == 1 && open.is_empty() {
        Ok(document.children.remove(0))
    } else {
        Err("not one root".to_owned())
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element {
        name: String::from_utf8_lossy(start.name().as_ref()).into_owned(),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        let value =
            quick_xml::escape::unescape(&value).map_err(|error| error.to_string())?.into_owned();
        element.attributes.insert(name, value);
    }
    Ok(element)
}

#[test]
fn the_rules_refuse_what_the_schemas_refuse() {
    let good = "<testsuites><testsuite name=\"a\" timestamp=\"2026-11-27T09:00:00\" hostname=\"h\" tests=\"1\" failures=\"0\" errors=\"0\" \
                time=\"1.5\" package=\"p\" id=\"0\"><properties/><testcase name=\"n\" classname=\"c\" time=\"0\"/><system-out/><system-err/>\
                </testsuite></testsuites>";
    assert_eq!(violations(good), [""; 0]);
    for (there, instead) in [
        ("<properties/>", ""),
        ("<system-out/><system-err/>", "<system-err/><system-out/>"),
        (" id=\"0\"", ""),
        (" id=\"0\"", " id=\"0\" disabled=\"0\""),
        ("09:00:00", "09:00:00Z"),
        ("tests=\"1\"", "tests=\"2\""),
        ("time=\"1.5\"", "time=\"1,5\""),
        ("<system-out/>", "<system-out/>&broken"),
        ("<testsuites>", "<testsuites tests=\"1\">"),
        ("</testsuites>", ""),
    ] {
        assert!(!violations(&good.replace(there, instead)).is_empty(), "{there} → {instead}");
    }
}
