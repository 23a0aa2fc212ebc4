//! Sliders: a number between two others, in steps (WHATWG HTML, 4.10.5.1.13).

/// Where a slider can stand. In units of `UNIT`, so that steps of 0.1 are exact.
#[derive(Debug)]
pub(super) struct Range {
    low: i128,
    high: i128,
    /// The distance of two places; none if it can stand anywhere.
    step: Option<i128>,
    /// A place where it can stand.
    base: i128,
}

/// This many decimals are kept.
const DECIMALS: usize = 15;
const UNIT: i128 = 10_i128.pow(DECIMALS as u32);
/// Beyond this, in whole numbers, sliders are not exact, and stay within it.
const MOST: i128 = 10_i128.pow(18);

// === impl Range ===

impl Range {
    pub(super) fn of<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> Range {
        let number = |name: &str| attribute(name).and_then(read);
        let low = number("min");
        let bottom = low.unwrap_or(0);
        let step = match attribute("step") {
            Some(any) if any.eq_ignore_ascii_case("any") => None,
            _ => Some(number("step").filter(|step| *step > 0).unwrap_or(UNIT)),
        };
        Range {
            low: bottom,
            high: number("max").unwrap_or(100 * UNIT).max(bottom),
            step,
            base: low.or_else(|| number("value")).unwrap_or(0),
        }
    }

    /// The nearest place where it can stand; of no number, the middle.
    pub(super) fn clean(&self, value: &str) -> String {
        write(self.nearest(read(value).unwrap_or((self.low + self.high) / 2)))
    }

    fn nearest(&self, value: i128) -> i128 {
        let inside = value.clamp(self.low, self.high);
        let Some(step) = self.step else { return inside };
        let away = inside - self.base;
        // Half a step is rounded away from the base.
        let steps = (2 * away.abs() + step) / (2 * step) * away.signum();
        let place = self.base + steps * step;
        let place = if place > self.high {
            place - step
        } else if place < self.low {
            place + step
        } else {
            place
        };
        if (self.low..=self.high).contains(&place) { place } else { inside }
    }
}

/// Whether it is a number as fields have it, and not beyond what a double can be. `1.e3` is none to the standard, and one to Chromium.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !text.ends_with('.')
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A number in units; none if it is none.
fn read(text: &str) -> Option<i128> {
    if !is_number(text) {
        return None;
    }
    let most = |number: f64| (number.clamp(-(MOST as f64), MOST as f64) * UNIT as f64) as i128;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if !plain(digits) || !plain(part) || digits.len() > 18 || part.len() > DECIMALS {
        return text.parse().ok().map(most);
    }
    let part: i128 = format!("{part:0<DECIMALS$}").parse().ok()?;
    let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let number = whole * UNIT + part;
    Some(if text.starts_with('-') { -number } else { number })
}

fn write(number: i128) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, part) = (number.abs() / UNIT, number.abs() % UNIT);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:0DECIMALS$}");
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}
