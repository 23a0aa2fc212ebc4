//! The expression language of templates: minijinja, kept compiled, with the choices that a shopper makes.
//!
//! The interpreter has no randomness of its own: the functions that choose draw from the shopper's stream.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jinja};

use super::template_limits::{self, BoundedText};
use super::template_scope::TemplateScope;
use super::{template_draws, template_functions};
use crate::base::VarId;
use crate::capture::Value;
use crate::capture::check::RenderError;

/// What a condition renders to if it holds.
const HOLDS: &str = "holds";

/// The compiled expressions of a plan, and the names of its variables.
#[derive(Clone)]
pub struct Templates {
    environment: Environment<'static>,
    /// The same for conditions, in which a variable may have no value.
    conditions: Environment<'static>,
    names: Vec<String>,
    count: usize,
}

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
        let environment = new_environment(today, UndefinedBehavior::Strict);
        let conditions = new_environment(today, UndefinedBehavior::Chainable);
        Templates { environment, conditions, names, count: 0 }
    }

    /// Compiles an expression; returns its name and the names that it looks up.
    pub(super) fn add(&mut self, source: &str) -> Result<(String, Vec<String>), Error> {
        let name = format!("t{}", self.count);
        self.environment.add_template_owned(name.clone(), source.to_owned())?;
        self.count += 1;
        let looked_up = looked_up(&self.environment, &name)?;
        Ok((name, looked_up))
    }

    /// Compiles a condition, which is an expression without braces; returns its name and the names that it looks up.
    pub(super) fn add_condition(&mut self, source: &str) -> Result<(String, Vec<String>), Error> {
        self.conditions.compile_expression(source)?;
        let name = format!("c{}", self.count);
        let template = format!("{{% if ({source}) %}}{HOLDS}{{% endif %}}");
        self.conditions.add_template_owned(name.clone(), template)?;
        self.count += 1;
        let looked_up = looked_up(&self.conditions, &name)?;
        Ok((name, looked_up))
    }

    /// Whether the condition of this name holds. A variable without a value is undefined in it, and no error.
    ///
    /// # Errors
    /// When the expression fails.
    pub(super) fn holds(
        &self,
        name: &str,
        reads: &[VarId],
        constants: &[(String, String)],
        scope: &dyn TemplateScope,
    ) -> Result<bool, RenderError> {
        let context =
            self.context(reads, constants, (scope.next_bits(), scope.unix_seconds()), |var| {
                scope.value(var).map(to_jinja)
            });
        let rendered = render(&self.conditions, name, context);
        rendered.map(|text| text == HOLDS).map_err(|e| RenderError::Expression(e.to_string()))
    }

    /// Evaluates a condition with made-up values, to find what only that can find.
    pub(super) fn try_out_condition(
        &self,
        name: &str,
        reads: &[VarId],
        constants: &[(String, String)],
    ) -> Result<String, Error> {
        self.render_made_up(&self.conditions, name, reads, constants)
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
        self.render_made_up(&self.environment, name, reads, constants)
    }

    fn render_made_up(
        &self,
        environment: &Environment<'static>,
        name: &str,
        reads: &[VarId],
        constants: &[(String, String)],
    ) -> Result<String, Error> {
        let context = self.context(reads, constants, (0, 0.0), |_| Some(Jinja::from("1")));
        render(environment, name, context)
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
            self.context(reads, constants, (scope.next_bits(), scope.unix_seconds()), |var| {
                scope.value(var).map(to_jinja)
            });
        render(&self.environment, name, context).map_err(|error| {
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
        (key, now): (u64, f64),
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
        root.insert(template_draws::DRAWS.to_owned(), template_draws::draws(key, now));
        Jinja::from(root)
    }
}

/// An environment without templates, with all functions, within bounds.
fn new_environment(today: Date, undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.set_debug(false);
    environment.set_formatter(print);
    template_limits::bound(&mut environment);
    template_functions::add(&mut environment, today);
    environment
}

/// The names that a template looks up, in order.
fn looked_up(environment: &Environment<'static>, name: &str) -> Result<Vec<String>, Error> {
    let looked_up = environment.get_template(name)?.undeclared_variables(true);
    let mut looked_up: Vec<String> = looked_up.into_iter().collect();
    looked_up.sort_unstable();
    Ok(looked_up)
}

/// Renders, unless it becomes too much.
fn render(environment: &Environment<'static>, name: &str, context: Jinja) -> Result<String, Error> {
    let mut text = BoundedText::default();
    environment.get_template(name)?.render_captured_to(context, &mut text)?;
    String::from_utf8(text.0)
        .map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

/// Prints truth values, nothing, lists and mappings as JSON, as a bare variable would be; the interpreter's
/// own way is Python's (`True`).
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Jinja) -> Result<(), Error> {
    let as_json = [ValueKind::Bool, ValueKind::None, ValueKind::Seq, ValueKind::Map];
    if !as_json.contains(&value.kind()) {
        return minijinja::escape_formatter(out, state, value);
    }
    let mut json = BoundedText::default();
    serde_json::to_writer(&mut json, value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    out.write_str(&String::from_utf8_lossy(&json.0))
        .map_err(|_| Error::from(ErrorKind::WriteFailure))
}

fn to_jinja(value: &Value) -> Jinja {
    match value {
        Value::Text(text) => Jinja::from(&**text),
        Value::Json(json) => Jinja::from(Serde(&**json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, draw};
    use crate::plan::Template;
    use std::cell::Cell;
    use std::sync::Arc;

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
        let cart = Value::Json(Arc::new(serde_json::json!({ "items": [{ "id": 7 }], "n": 2 })));
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
