//! Who the shoppers are: attributes, patience, data of their own.

use sha2::{Digest, Sha256};

use super::{Compiler, guard};
use crate::base::{Delay, Micros};
use crate::plan::{Attribute, Behaviour, DataSet, ErrorBudget, Load, PATIENCE_PRESETS, Patience, Shoppers, SpentBy, read_promise};
use crate::scenario::{self, Conduct, Data, Located, Named, Span, Text, Weight, listed, nearest};

/// How many values an attribute may have; the tally counts shoppers jointly by them.
const MAX_VALUES: usize = 64;
/// How often a unit is tried at most where the scenario does not say.
const MAX_ATTEMPTS: u32 = 3;
/// The pause before trying again where the scenario does not say: an assumption, labelled so in reports.
const RETRY_AFTER: Delay = Delay { low: Micros::from_secs(2), high: Micros::from_secs(20) };

/// The time of an error budget where the scenario does not say.
const BUDGET_WINDOW: Micros = Micros::from_secs(30 * 86_400);
/// The least time of one.
const BUDGET_LEAST: Micros = Micros::from_secs(3_600);

impl Compiler<'_> {
    pub(super) fn shoppers(&mut self, written: Option<&scenario::Shoppers>, load: &Load) -> Shoppers {
        let default = scenario::Shoppers::default();
        let written = written.unwrap_or(&default);
        let attributes = written.attributes.iter().flat_map(|attributes| &attributes.0);
        let attributes = attributes.filter_map(|(name, values)| self.attribute(name, values.as_ref())).collect();
        let data = written.data.iter().flat_map(|data| &data.0);
        let data = data.filter_map(|(name, data)| self.data(name, data.as_ref()?, load)).collect();
        Shoppers {
            attributes,
            patience: self.patience(written.patience.as_ref()),
            behaviour: match written.behaviour.as_ref().map(|behaviour| behaviour.value) {
                Some(Conduct::Live) => Behaviour::Live,
                Some(Conduct::Probe) | None => Behaviour::Probe,
            },
            max_attempts: written.max_attempts.as_ref().map_or(Some(MAX_ATTEMPTS), |attempts| attempts.value.0),
            retry_after: written.retry.as_ref().and_then(|retry| retry.after.as_ref()).map_or(RETRY_AFTER, |after| after.value),
            data,
        }
    }

    fn attribute(&mut self, name: &Text, values: Option<&Named<Located<Weight>>>) -> Option<Attribute> {
        let good = self.names.check(name, "an attribute", self.problems);
        let var = good.then(|| self.names.declare(name.value.clone()));
        let written = &values?.0;
        if written.is_empty() || written.len() > MAX_VALUES {
            let message = format!("`{}` has {} values", name.value, written.len());
            self.problem(
                name.span,
                message,
                format!("give it 1 to {MAX_VALUES} values with their weights, such as {{ mobile: 72, desktop: 28 }}"),
            );
        }
        let values = written.iter().filter_map(|(value, weight)| Some((value.value.clone(), weight.as_ref()?.value.0))).collect();
        Some(Attribute { name: name.value.clone(), var: var?, values })
    }

    fn patience(&mut self, written: Option<&scenario::Patience>) -> Patience {
        let default = PATIENCE_PRESETS[0];
        match written {
            Some(scenario::Patience::Preset(name)) => {
                if let Some(preset) = Patience::preset(&name.value) {
                    return preset;
                }
                let names = PATIENCE_PRESETS.map(|(name, ..)| name);
                let remedy = match nearest(&name.value, names) {
                    Some(meant) => format!("write {meant}"),
                    None => format!("write {}, or a list of chances to leave such as [26%, 50%]", listed(names, "or")),
                };
                self.problem(name.span, format!("there is no patience `{}`", name.value), remedy);
            }
            Some(scenario::Patience::Hazards(hazards)) if !hazards.is_empty() => {
                return Patience { name: "custom".to_owned(), hazards: hazards.iter().map(|hazard| hazard.value.0).collect() };
            }
            Some(scenario::Patience::Hazards(_)) | None => {}
        }
        Patience { name: default.0.to_owned(), hazards: default.1.to_vec() }
    }

    /// The error budget.
    pub(super) fn budget(&mut self, written: &scenario::Budget, load: &Load) -> Option<ErrorBudget> {
        let text = written.objective.as_ref()?;
        let promise = read_promise(&text.value).map_err(|(message, remedy)| self.problem(text.span, message, remedy)).ok()?;
        let (spent_by, allowed) = promise;
        if spent_by == SpentBy::LostShoppers && load.profile().is_none() {
            self.problem(text.span, "lost shoppers can't be told in a closed load", "use an open load, or another promise");
        }
        let window = written.window.as_ref().map_or(BUDGET_WINDOW, |window| window.value);
        if let Some(written) = written.window.as_ref().filter(|written| written.value < BUDGET_LEAST) {
            self.problem(written.span, "a budget for less than an hour", "write the time that the budget is for, such as 30d or 7d");
        }
        let shoppers = written.shoppers.as_ref()?;
        if let Some(hour) = written.peak_hour.as_ref().filter(|hour| hour.value.0 > shoppers.value.0) {
            let message = "more shoppers in an hour than in all the time of the budget";
            self.problem(hour.span, message, "write `shoppers` for the budget's whole window, and `peak_hour` for its busiest hour");
        }
        let (shoppers, peak_hour) = (shoppers.value.0, written.peak_hour.as_ref().map(|hour| hour.value.0));
        Some(ErrorBudget { text: text.value.trim().to_owned(), spent_by, allowed, window, shoppers, peak_hour })
    }

    fn data(&mut self, name: &Text, written: &Data, load: &Load) -> Option<DataSet> {
        let good = self.names.check(name, "a data set", self.problems);
        let file = written.file.as_ref()?;
        let bytes = match (self.inputs.read_file)(&file.value) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.problem(
                    file.span,
                    format!("the data file {} can't be read: {error}", file.value),
                    "give its path relative to the scenario",
                );
                return None;
            }
        };
        let (columns, rows) = self.table(file, &bytes)?;
        if !self.inputs.stored {
            self.enough_rows(file.span, &name.value, rows.len(), load);
        }
        let columns = good.then(|| columns.iter().map(|column| self.names.declare(format!("{}.{column}", name.value))).collect())?;
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Some(DataSet { name: name.value.clone(), columns, sha256, rows })
    }

    /// The header and the rows of a CSV file.
    fn table(&mut self, file: &Text, bytes: &[u8]) -> Option<(Vec<String>, Vec<Vec<String>>)> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
        let wrong = |compiler: &mut Self, what: String| {
            compiler.problem(
                file.span,
                format!("the data file {} {what}", file.value),
                "write a CSV file: a header line, then a row for each shopper, all of the same length",
            )
        };
        let columns: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(str::to_owned).collect(),
            Err(error) => {
                wrong(self, format!("has no readable header: {error}"));
                return None;
            }
        };
        let doubtful = columns.iter().enumerate().find(|(i, column)| column.is_empty() || columns[..*i].contains(column));
        if let Some((i, column)) = doubtful {
            let what = if column.is_empty() { format!("has no name for column {}", i + 1) } else { format!("has two columns `{column}`") };
            wrong(self, what);
            return None;
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) => rows.push(record.iter().map(str::to_owned).collect::<Vec<_>>()),
                Err(error) => {
                    wrong(self, format!("can't be read: {error}"));
                    return None;
                }
            }
        }
        for (row, cell, secret) in rows
            .iter()
            .enumerate()
            .flat_map(|(row, cells)| {
                cells.iter().flat_map(move |cell| guard::secrets(cell).into_iter().map(move |secret| (row, cell, secret)))
            })
            .take(1)
        {
            let message = format!("row {} of {} has {}: {}...", row + 1, file.value, secret.what, cell.chars().take(6).collect::<String>());
            self.problem(file.span, message, secret.remedy);
        }
        Some((columns, rows))
    }

    /// Rows are never shared, so there must be one for each shopper. The schedule checks the exact number.
    fn enough_rows(&mut self, span: Span, name: &str, rows: usize, load: &Load) {
        match load.profile() {
            Some(profile) if (rows as f64) < profile.expected() => {
                let expected = profile.expected().ceil();
                let message = format!("`{name}` has {rows} rows for about {expected} shoppers, and each row is one shopper's");
                self.problem(span, message, format!("add at least {} rows, or send fewer shoppers", expected - rows as f64));
            }
            Some(_) => {}
            None => {
                let message =
                    format!("`{name}` can't be dealt out in a closed load, which takes as many shoppers as the shop lets through");
                self.problem(span, message, "use stages or a shape");
            }
        }
    }
}
