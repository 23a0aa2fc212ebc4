//! Bounds on what a template may cost: a scenario may come from a stranger, and 4,000 characters of code can ask for more
//! memory than any machine has.
//!
//! Instructions are counted by the interpreter (its fuel), output by the writer that takes it. Filters that can make much of little are
//! asked before they work. Names that a template binds can't be used to double a text over and over.

use std::io;

use minijinja::value::Rest;
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

/// Instructions of one rendering; the largest sensible template needs some hundreds.
const FUEL: u64 = 20_000;
/// Bytes of one rendering, and of what one filter makes.
pub(super) const MOST_BYTES: usize = 4 << 20;
/// The largest width, precision, indentation or number of parts that a filter takes.
const MOST_PLACES: i64 = 10_000;
/// Items of one `range`.
const MOST_ITEMS: i64 = 10_000;
/// The filters that can make much of little.
const GROWING: [&str; 8] =
    ["batch", "format", "indent", "join", "pprint", "replace", "slice", "tojson"];

/// Takes a rendering until it is too long.
#[derive(Debug, Default)]
pub(super) struct BoundedText(pub(super) Vec<u8>);

// === impl BoundedText ===

impl io::Write for BoundedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other("the text is longer than 4 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sets the bounds of an environment.
pub(super) fn bound(environment: &mut Environment<'static>) {
    environment.set_fuel(Some(FUEL));
    environment.remove_global("namespace");
    environment.add_function("range", range);
    environment.add_filter("$batch", filters::batch);
    environment.add_filter("$format", filters::format);
    environment.add_filter("$indent", filters::indent);
    environment.add_filter("$join", filters::join);
    environment.add_filter("$pprint", filters::pprint);
    environment.add_filter("$replace", filters::replace);
    environment.add_filter("$slice", filters::slice);
    environment.add_filter("$tojson", filters::tojson);
    for name in GROWING {
        environment.add_filter(name, move |state: &mut State<'_, '_>, arguments: Rest<Value>| {
            apply_bounded(state, name, &arguments)
        });
    }
}

/// A filter, unless it would make too much.
fn apply_bounded(
    state: &mut State<'_, '_>,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let measures = match name {
        "batch" | "slice" | "indent" | "tojson" => true,
        // A star takes the width from the numbers that are otherwise printed.
        "format" => {
            arguments.first().and_then(Value::as_str).is_some_and(|text| text.contains('*'))
        }
        _ => false,
    };
    if measures && arguments.iter().any(has_large_number) {
        let error = format!("{name} takes no number above {MOST_PLACES}");
        return Err(Error::new(ErrorKind::InvalidOperation, error));
    }
    if expected_bytes(name, arguments).is_none_or(|bytes| bytes > MOST_BYTES) {
        return Err(too_long(name));
    }
    let made = state.apply_filter(&format!("${name}"), arguments)?;
    match made.as_str() {
        Some(text) if text.len() > MOST_BYTES => Err(too_long(name)),
        Some(_) | None => Ok(made),
    }
}

fn too_long(name: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{name} would make more than 4 MiB"))
}

/// Whether it is a number that is too large for a width, or has one as a named argument.
fn has_large_number(value: &Value) -> bool {
    if value.is_kwargs() {
        return value.try_iter().is_ok_and(|mut names| {
            names.any(|name| value.get_item(&name).is_ok_and(|value| has_large_number(&value)))
        });
    }
    value.is_number() && f64::try_from(value.clone()).is_ok_and(|it| it > MOST_PLACES as f64)
}

/// How many bytes a filter is going to make at least, as far as that can be told before; nothing where it is too many to count.
fn expected_bytes(name: &str, arguments: &[Value]) -> Option<usize> {
    let text = |place: usize| arguments.get(place).and_then(Value::as_str).unwrap_or_default();
    match name {
        "replace" => {
            let (within, from, to) = (text(0), text(1), text(2));
            let times = if from.is_empty() {
                within.chars().count() + 1
            } else {
                within.matches(from).count()
            };
            times.checked_mul(to.len())
        }
        "indent" => {
            let width = arguments.get(1).and_then(Value::as_usize).unwrap_or(4);
            text(0).lines().count().checked_mul(width)
        }
        "format" => {
            let digits = text(0).split(|sign: char| !sign.is_ascii_digit());
            let most = MOST_PLACES.to_string().len();
            (!digits.into_iter().any(|digits| digits.len() >= most)).then_some(0)
        }
        "join" => {
            let mut bytes = 0;
            for item in arguments.first()?.try_iter().ok().into_iter().flatten() {
                bytes += item.as_str().map_or(1, str::len) + text(1).len();
                if bytes > MOST_BYTES {
                    return None;
                }
            }
            Some(bytes)
        }
        _ => Some(0),
    }
}

/// `range(end)`, `range(start, end)` and `range(start, end, step)`.
fn range(lower: i64, upper: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let error = |text: String| Err(Error::new(ErrorKind::InvalidOperation, text));
    let (start, end) = upper.map_or((0, lower), |upper| (lower, upper));
    let step = step.unwrap_or(1);
    if step == 0 {
        return error("range has a step of 0".to_owned());
    }
    let distance = i128::from(end) - i128::from(start);
    let items = if distance.signum() == i128::from(step.signum()) {
        distance.unsigned_abs().div_ceil(u128::from(step.unsigned_abs()))
    } else {
        0
    };
    if items > MOST_ITEMS as u128 {
        return error(format!("range has more than {MOST_ITEMS} items"));
    }
    Ok(Value::from((0..items as i64).map(|place| start + place * step).collect::<Vec<_>>()))
}

/// Why a template could make much of little by the names that it binds (`set`, `with`, `for`), if it could: a name that is made of
/// two others can be doubled over and over.
pub(super) fn growth(source: &str) -> Option<&'static str> {
    let statements: Vec<Vec<String>> = statements(source);
    let mut bound: Vec<&str> = Vec::new();
    let mut values: Vec<&[String]> = Vec::new();
    for words in &statements {
        match words.first().map(String::as_str) {
            Some("set" | "with") => {
                let Some(sign) = words.iter().position(|word| word == "=") else {
                    return Some("a block that is set has no bound: write {% set name = ... %}");
                };
                let names = words.windows(2).filter(|pair| pair[1] == "=").map(|pair| &*pair[0]);
                bound.extend(names.chain(words[1..sign].iter().map(String::as_str)));
                values.push(&words[sign..]);
            }
            Some("for") => {
                if words.iter().any(|word| word == "recursive") {
                    return Some("a recursive loop has no bound: write loops within loops");
                }
                let sign = words.iter().position(|word| word == "in")?;
                bound.extend(words[1..sign].iter().map(String::as_str));
                values.push(&words[sign..]);
            }
            Some("macro" | "call" | "include" | "import" | "from" | "extends" | "block") => {
                return Some(
                    "a text of a scenario has no macros, blocks and other templates: write it out",
                );
            }
            _ => {}
        }
    }
    let uses = |value: &&&[String]| value.iter().filter(|word| bound.contains(&&***word)).count();
    let grows = values.iter().map(|value| (value, uses(&value))).any(|(value, used)| {
        let named = value.windows(2).filter(|pair| pair[1] == "=").count();
        used > named + 1
    });
    grows.then_some(
        "a name that is made of others twice can grow without bound: use one of them once",
    )
}

/// The words and signs of each `{% ... %}`, texts in quotes left out.
fn statements(source: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (words, length) = words(&rest[start + 2..]);
        all.push(words);
        rest = &rest[start + 2 + length..];
    }
    all
}

/// The words and signs up to `%}`, and how many bytes they take.
fn words(code: &str) -> (Vec<String>, usize) {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    let mut quote = None;
    let mut signs = code.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        match quote {
            Some(_) if sign == '\\' => drop(signs.next()),
            Some(end) => quote = (sign != end).then_some(end),
            None if code[at..].starts_with("%}") => return (words, at + 2),
            None if sign == '"' || sign == '\'' => (quote, in_word) = (Some(sign), false),
            None if sign.is_alphanumeric() || sign == '_' => {
                match words.last_mut().filter(|_| in_word) {
                    Some(word) => word.push(sign),
                    None => words.push(sign.to_string()),
                }
                in_word = true;
            }
            None => {
                in_word = false;
                let equals = sign == '=' && !code[at + 1..].starts_with('=');
                if equals && !code[..at].ends_with(['=', '!', '<', '>']) {
                    words.push("=".to_owned());
                }
            }
        }
    }
    (words, code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> Result<String, String> {
        let mut environment = Environment::new();
        bound(&mut environment);
        if let Some(why) = growth(source) {
            return Err(why.to_owned());
        }
        let template = environment.template_from_str(source).map_err(|error| error.to_string())?;
        let mut text = BoundedText::default();
        let rendered = template.render_captured_to(minijinja::context! { x => "ab" }, &mut text);
        rendered.map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8(text.0).unwrap())
    }

    #[test]
    fn templates_that_ask_for_much_are_refused() {
        let nested_json = format!("{{{{ '\"'{} }}}}", "|tojson".repeat(60));
        let nested_replace = format!("{{{{ 'aa'{} }}}}", "|replace('a', 'aaaaaaaaaa')".repeat(20));
        for costly in [
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            "{{ range(100000000)|list }}",
            "{{ '%1000000000d'|format(1) }}",
            "{{ '%*d'|format(1000000000, 1) }}",
            "{{ x|indent(1000000000, true) }}",
            "{{ x|indent(width=1000000000, first=true) }}",
            "{{ [1]|slice(1000000000) }}",
            "{{ [1]|batch(1000000000, 0) }}",
            "{{ {'a': [1]}|tojson(indent=1000000000) }}",
            &nested_json,
            &nested_replace,
            "{{ ('x' * 4000000)|replace('', 'x' * 4000000) }}",
            "{{ ([x] * 90000000)|join('xxxxxxxxxxxxxxxx') }}",
            "{% set a = x ~ x %}{% set b = a ~ a %}{% set c = b ~ b %}{{ c }}",
            "{% with a = x ~ x, b = a ~ a %}{{ b }}{% endwith %}",
            "{% for a in [x ~ x] %}{% for b in [a ~ a] %}{{ b }}{% endfor %}{% endfor %}",
            "{% set a = '%}' ~ x %}{% set b = a ~ a %}{{ b }}",
            "{% set n = namespace(a='x') %}",
            "{% macro m(a) %}{{ a }}{{ a }}{% endmacro %}{{ m(m(m(x))) }}",
            "{% set a %}{{ x }}{% endset %}{{ a }}",
            "{% for a in [x] recursive %}{{ loop([a ~ a]) }}{% endfor %}",
            "{{ 'x' * 90000000 }}",
        ] {
            let made = render(costly);
            assert!(made.is_err(), "{costly}: {} bytes", made.unwrap().len());
        }
    }

    #[test]
    fn what_templates_are_for_is_rendered_as_ever() {
        for (source, text) in [
            ("{{ range(3)|join(',') }} {{ range(5, 0, -2)|list }}", "0,1,2 [5, 3, 1]"),
            ("{{ '%05.1f %s %d'|format(1.25, x, 123456) }}", "001.2 ab 123456"),
            ("{{ x|replace('a', 'b')|upper }}", "BB"),
            ("{{ {'a': 1}|tojson }}", r#"{"a": 1}"#),
            ("{{ 'a\nb'|indent(2) }}", "a\n  b"),
            ("{% set y = x ~ '!' %}{% set z = y|upper %}{{ z }}{{ y }}", "AB!ab!"),
            ("{% for i in range(3) if i != 1 %}{{ i }}{{ x }}{% endfor %}", "0ab2ab"),
            ("{% if x == 'ab' %}yes{% endif %}", "yes"),
            ("{{ [1, 2, 3, 4, 5]|batch(2)|list|length }}", "3"),
        ] {
            assert_eq!(render(source).as_deref(), Ok(text), "{source}");
        }
    }
}
