//! The expression language of templates: minijinja, kept compiled, with the choices that a shopper makes.
//!
//! The interpreter has no randomness of its own. `pick`, `random` and `uuid` draw from the shopper's stream:
//! one number is taken from it for each rendering, and the draws of that rendering are derived from it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, Rest, Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jinja};

use super::template::TemplateScope;
use super::template_limits::{self, BoundedText};
use crate::base::VarId;
use crate::base::random::{Purpose, below, draw};
use crate::capture::Value;
use crate::capture::check::RenderError;

/// The functions that templates may call beside minijinja's own.
pub const FUNCTIONS: [&str; 4] = ["pick", "random", "uuid", "date"];
/// Where a rendering finds its draws; no identifier of the language can be spelled like this.
const DRAWS: &str = "$draws";

/// The compiled expressions of a plan, and the names of its variables.
#[derive(Clone)]
pub struct Templates {
    environment: Environment<'static>,
    names: Vec<String>,
    count: usize,
}

/// The draws of one rendering.
#[derive(Debug)]
struct TemplateDraws {
    key: u64,
    next: AtomicU64,
}

impl Object for TemplateDraws {}

impl Default for Templates {
    /// None, in a world where time stands still.
    fn default() -> Templates {
        Templates::new(Vec::new(), Date::ZERO)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("expressions", &self.count).finish_non_exhaustive()
    }
}

// === impl Templates ===

impl Templates {
    /// None yet, over variables of these names. `date()` counts from `today`.
    pub(super) fn new(names: Vec<String>, today: Date) -> Templates {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
        environment.set_debug(false);
        environment.set_formatter(print);
        template_limits::bound(&mut environment);
        environment.add_function("pick", pick);
        environment.add_function("random", random);
        environment.add_function("uuid", uuid);
        environment.add_function("date", move |days: Option<i64>, format: Option<String>| {
            date(today, days, format)
        });
        Templates { environment, names, count: 0 }
    }

    /// Compiles an expression; returns its name and the names that it looks up.
    pub(super) fn add(&mut self, source: &str) -> Result<(String, Vec<String>), Error> {
        let name = format!("t{}", self.count);
        self.environment.add_template_owned(name.clone(), source.to_owned())?;
        self.count += 1;
        let mut looked_up: Vec<String> =
            self.environment.get_template(&name)?.undeclared_variables(true).into_iter().collect();
        looked_up.sort_unstable();
        Ok((name, looked_up))
    }

    /// Whether the expression language itself knows this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.environment.globals().any(|(known, _)| known == name)
    }

    /// Renders with made-up values, to find what only rendering can find: unknown filters, wrong arguments.
    pub(super) fn try_out(
        &self,
        name: &str,
        reads: &[VarId],
        constants: &[(String, String)],
    ) -> Result<String, Error> {
        let context = self.context(reads, constants, 0, |_| Some(Jinja::from("1")));
        self.render(name, context)
    }

    /// Renders, unless it becomes too much.
    fn render(&self, name: &str, context: Jinja) -> Result<String, Error> {
        let mut text = BoundedText::default();
        self.environment.get_template(name)?.render_captured_to(context, &mut text)?;
        String::from_utf8(text.0)
            .map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
    }

    /// The variable's name.
    pub(super) fn variable(&self, var: VarId) -> String {
        self.names.get(var.index()).cloned().unwrap_or_else(|| format!("variable {}", var.0))
    }

    /// Renders an expression.
    pub(super) fn evaluate(
        &self,
        name: &str,
        reads: &[VarId],
        constants: &[(String, String)],
        scope: &dyn TemplateScope,
    ) -> Result<String, RenderError> {
        let context =
            self.context(reads, constants, scope.next_bits(), |var| scope.value(var).map(to_jinja));
        self.render(name, context).map_err(|error| {
            match reads.iter().find(|var| scope.value(**var).is_none()) {
                Some(missing) if error.kind() == ErrorKind::UndefinedError => {
                    RenderError::Missing(self.variable(*missing))
                }
                _ => RenderError::Expression(error.to_string()),
            }
        })
    }

    /// What a rendering sees: `a.b` is the entry `b` of `a`.
    fn context(
        &self,
        reads: &[VarId],
        constants: &[(String, String)],
        key: u64,
        value: impl Fn(VarId) -> Option<Jinja>,
    ) -> Jinja {
        let mut root: BTreeMap<String, Jinja> = BTreeMap::new();
        let mut groups: BTreeMap<&str, BTreeMap<String, Jinja>> = BTreeMap::new();
        for var in reads {
            let Some(name) = self.names.get(var.index()) else { continue };
            match name.split_once('.') {
                Some((group, member)) => {
                    let group = groups.entry(group).or_default();
                    group.extend(value(*var).map(|value| (member.to_owned(), value)));
                }
                None => root.extend(value(*var).map(|value| (name.clone(), value))),
            }
        }
        for (name, value) in constants {
            groups.entry("env").or_default().insert(name.clone(), Jinja::from(value.as_str()));
        }
        root.extend(
            groups.into_iter().map(|(group, members)| (group.to_owned(), Jinja::from(members))),
        );
        root.insert(
            DRAWS.to_owned(),
            Jinja::from_object(TemplateDraws { key, next: AtomicU64::new(0) }),
        );
        Jinja::from(root)
    }
}

/// Prints truth values, nothing, lists and mappings as JSON, as a bare variable would be; the interpreter's
/// own way is Python's (`True`).
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Jinja) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Bool | ValueKind::None | ValueKind::Seq | ValueKind::Map => {
            let mut json = BoundedText::default();
            serde_json::to_writer(&mut json, value)
                .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
            out.write_str(&String::from_utf8_lossy(&json.0))
                .map_err(|_| Error::from(ErrorKind::WriteFailure))
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn to_jinja(value: &Value) -> Jinja {
    match value {
        Value::Text(text) => Jinja::from(&**text),
        Value::Json(json) => Jinja::from(Serde(&**json)),
    }
}

// === functions ===

fn next_bits(state: &State<'_, '_>, purpose: Purpose) -> Result<u64, Error> {
    let draws = state.lookup(DRAWS).and_then(|value| value.downcast_object::<TemplateDraws>());
    let draws = draws.ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, "choices can't be made inside a macro")
    })?;
    Ok(draw(draws.key, purpose, draws.next.fetch_add(1, Ordering::Relaxed)))
}

/// `pick([a, b, c])` or `pick(a, b, c)`: one of them, each as likely as the others.
fn pick(state: &State<'_, '_>, items: Rest<Jinja>) -> Result<Jinja, Error> {
    let items: Vec<Jinja> = match items.as_slice() {
        [only] if only.kind() == ValueKind::Seq => only.try_iter()?.collect(),
        several => several.to_vec(),
    };
    if items.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "pick needs something to pick from, as in pick([\"a\", \"b\"])",
        ));
    }
    let index = below(next_bits(state, Purpose::Pick)?, items.len() as u64);
    Ok(items[index as usize].clone())
}

/// `random(a, b)`: a whole number from `a` to `b`, both included.
fn random(state: &State<'_, '_>, low: i64, high: i64) -> Result<Jinja, Error> {
    if low > high {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("random({low}, {high}) has nothing to choose from: write the smaller first"),
        ));
    }
    let bits = next_bits(state, Purpose::Pick)?;
    let width = high.wrapping_sub(low) as u64;
    let offset = if width == u64::MAX { bits } else { below(bits, width + 1) };
    Ok(Jinja::from(low.wrapping_add(offset as i64)))
}

/// `uuid()`: a random UUID (RFC 9562, version 4).
fn uuid(state: &State<'_, '_>) -> Result<String, Error> {
    let (high, low) = (next_bits(state, Purpose::Identity)?, next_bits(state, Purpose::Identity)?);
    let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | 0b10 << 62);
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    ))
}

/// `date()`: the day of the run (UTC); `date(3)`: three days later; `date(90, "%m/%y")`: in a format of its own (strftime).
fn date(today: Date, days: Option<i64>, format: Option<String>) -> Result<String, Error> {
    let wrong =
        |error: jiff::Error| Error::new(ErrorKind::InvalidOperation, format!("date: {error}"));
    let date = today
        .checked_add(jiff::Span::new().try_days(days.unwrap_or(0)).map_err(wrong)?)
        .map_err(wrong)?;
    match format {
        None => Ok(date.to_string()),
        Some(format) => jiff::fmt::strtime::format(&format, date).map_err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Template;
    use std::cell::Cell;
    use std::rc::Rc;

    struct Some1 {
        value: Option<Value>,
        bits: Cell<u64>,
    }

    impl TemplateScope for Some1 {
        fn value(&self, var: VarId) -> Option<&Value> {
            self.value.as_ref().filter(|_| var.0 == 0)
        }
        fn next_bits(&self) -> u64 {
            self.bits.set(self.bits.get() + 1);
            draw(self.bits.get(), Purpose::Pick, 0)
        }
    }

    fn render(source: &str, value: Option<Value>, bits: u64) -> Result<String, RenderError> {
        let mut templates =
            Templates::new(vec!["cart".into(), "order.id".into()], Date::constant(2026, 11, 27));
        let (name, _) = templates.add(source).unwrap();
        let template = Template::Expression {
            name,
            source: source.into(),
            reads: vec![VarId(0), VarId(1)],
            constants: vec![("A".into(), "x".into())],
        };
        template
            .render(&templates, &Some1 { value, bits: Cell::new(bits) })
            .map(|text| text.into_owned())
    }

    #[test]
    fn expressions_see_variables_with_their_json_types() {
        let cart = Value::Json(Rc::new(serde_json::json!({ "items": [{ "id": 7 }], "n": 2 })));
        assert_eq!(
            render(
                "{{ cart.items[0].id }}/{{ cart.n + 1 }}/{{ env.A }}/{{ cart.items }}",
                Some(cart),
                0
            ),
            Ok(r#"7/3/x/[{"id":7}]"#.into())
        );
        assert_eq!(
            render("{{ cart | upper }}", Some(Value::Text("ab".into())), 0),
            Ok("AB".into())
        );
        assert_eq!(
            render("<{{ cart }}>\n", Some(Value::Text("&".into())), 0),
            Ok("<&>\n".into()),
            "nothing is escaped or trimmed"
        );
    }

    #[test]
    fn a_variable_without_a_value_is_named_unless_the_expression_copes() {
        assert_eq!(render("{{ cart | upper }}", None, 0), Err(RenderError::Missing("cart".into())));
        assert_eq!(render("{{ order.id is defined }}", None, 0), Ok("false".into()));
        assert_eq!(render("{{ cart | default('none') }}", None, 0), Ok("none".into()));
    }

    #[test]
    fn choices_come_from_the_shoppers_stream_and_are_uniform() {
        assert_eq!(
            render("{{ pick(['a', 'b', 'c']) }}{{ uuid() }}", None, 1),
            render("{{ pick(['a', 'b', 'c']) }}{{ uuid() }}", None, 1)
        );
        let n = 3_000u64;
        let mut counts = BTreeMap::new();
        for bits in 0..n {
            *counts.entry(render("{{ random(-1, 1) }}", None, bits).unwrap()).or_insert(0u64) += 1;
        }
        assert_eq!(counts.keys().collect::<Vec<_>>(), ["-1", "0", "1"]);
        // Four standard deviations of a binomial count with p = 1/3.
        let allowance = 4.0 * (n as f64 * 2.0 / 9.0).sqrt();
        assert!(
            counts.values().all(|count| (*count as f64 - n as f64 / 3.0).abs() < allowance),
            "{counts:?}"
        );
    }

    #[test]
    fn two_choices_in_one_text_are_independent() {
        let same = (0..1_000)
            .filter(|bits| {
                render("{{ random(0, 9) == random(0, 9) }}", None, *bits).unwrap() == "true"
            })
            .count();
        assert!((60..150).contains(&same), "{same} of 1000 pairs are equal, expected about 100");
    }

    #[test]
    fn uuids_are_of_version_four() {
        let uuid = render("{{ uuid() }}", None, 5).unwrap();
        let shape: String =
            uuid.chars().map(|c| if c.is_ascii_hexdigit() { 'x' } else { c }).collect();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    }

    #[test]
    fn dates_count_from_the_day_of_the_run() {
        let text = r#"{{ date() }} {{ date(-27) }} {{ date(90, "%m/%y") }}"#;
        assert_eq!(render(text, None, 0), Ok("2026-11-27 2026-10-31 02/27".into()));
        for wrong in ["{{ date(99999999) }}", "{{ date(1, '%H') }}"] {
            assert!(
                matches!(render(wrong, None, 0), Err(RenderError::Expression(text)) if text.contains("date:")),
                "{wrong}"
            );
        }
    }

    #[test]
    fn choosing_from_nothing_says_what_to_write() {
        let text = |source| match render(source, None, 0) {
            Err(RenderError::Expression(text)) => text,
            other => panic!("{other:?}"),
        };
        assert!(text("{{ pick([]) }}").contains("pick needs something"));
        assert!(text("{{ random(5, 1) }}").contains("the smaller first"));
        assert_eq!(
            render("{{ random(-9223372036854775808, 9223372036854775807) is number }}", None, 0),
            Ok("true".into())
        );
    }
}
