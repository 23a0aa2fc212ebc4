//! Events of Google Analytics 4 as a table (CSV): a query's result, whose first line names the columns.

use serde_json::{Map, Value, json};

/// The names of the columns.
#[derive(Clone, Debug)]
pub struct EventTable {
    columns: Vec<String>,
}

// === impl EventTable ===

impl EventTable {
    /// The columns of a first line; none where they are not those of events.
    pub fn of(header: &str) -> Option<EventTable> {
        let columns = cells(header)?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        (has("event_name") && has("event_timestamp")).then_some(EventTable { columns })
    }

    /// A row as the export in JSON has it: a column is a key (`device.category`, `device_category`), else a parameter of the event
    /// (`page_location`, `event_params.page_location`).
    pub fn event(&self, row: &str) -> Option<Value> {
        let cells = cells(row)?;
        if cells.len() != self.columns.len() {
            return None;
        }
        let (mut event, mut parameters) = (Map::new(), Vec::new());
        for (column, cell) in self.columns.iter().zip(cells) {
            match column.as_str() {
                "event_name" | "event_timestamp" | "user_pseudo_id" => {
                    event.insert(column.clone(), cell.into());
                }
                "event_params" => {
                    if let Ok(Value::Array(list)) = serde_json::from_str(&cell) {
                        parameters.extend(list);
                    }
                }
                "device" | "device.category" | "device_category" | "category" => {
                    event.insert("device".to_owned(), json!({ "category": cell }));
                }
                name if !cell.is_empty() => {
                    let key = name.rsplit('.').next().unwrap_or(name);
                    parameters.push(json!({ "key": key, "value": { "string_value": cell } }));
                }
                _ => {}
            }
        }
        event.insert("event_params".to_owned(), Value::Array(parameters));
        Some(Value::Object(event))
    }
}

/// The cells of a line.
fn cells(line: &str) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .buffer_capacity(line.len().max(1))
        .from_reader(line.as_bytes());
    let row = reader.records().next()?.ok()?;
    Some(row.iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_an_event_with_its_parameters() {
        let table = EventTable::of("event_timestamp,event_name,user_pseudo_id,device.category,ga_session_id,page_location,event_params").unwrap();
        let row = r#"1764327600000000,page_view,1.2,mobile,99,"https://shop.example/a,b","[{""key"":""x"",""value"":{""int_value"":3}}]""#;
        let event = table.event(row).unwrap();
        assert_eq!(event["device"]["category"], "mobile");
        assert_eq!(event["event_params"][0]["value"]["int_value"], Value::Null);
        let parameters = event["event_params"].as_array().unwrap();
        let of =
            |key: &str| parameters.iter().find(|one| one["key"] == key).unwrap()["value"].clone();
        assert_eq!(of("page_location"), json!({ "string_value": "https://shop.example/a,b" }));
        assert_eq!(of("ga_session_id"), json!({ "string_value": "99" }));
        assert_eq!(of("x"), json!({ "int_value": 3 }));
        assert!(table.event("1,2").is_none() && EventTable::of("a,b").is_none());
    }
}
