//! The request that cancels or deletes one order.

use reqwest::Method;
use serde_json::json;

use super::http::{RecordError, RecordRequest};
use super::lines::{LONGEST_COMMAND, run_command};
use super::pages::{address, authorization, fill_json, headers};
use super::reader::RecordReader;
use crate::base::redact;
use crate::plan::{CleanupAction, CleanupPlan};
use crate::reconcile::CreatedOrder;

impl RecordReader {
    /// Cancels or deletes an order by the user's own request. That the shop says yes is no proof: read the records again.
    ///
    /// # Errors
    /// When the shop refuses, or does not answer.
    pub async fn cancel(
        &mut self,
        plan: &CleanupPlan,
        order: &CreatedOrder,
    ) -> Result<(), RecordError> {
        let number = order.number.as_ref().unwrap_or(&order.id);
        let values = self.values().with("order", &order.id).with("number", number);
        let (method, path, body) = match &plan.action {
            CleanupAction::Send(method, path, body) => {
                let body = body.as_ref().map(|body| fill_json(body, &values)).transpose()?;
                let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
                (method, values.fill(path)?, body)
            }
            CleanupAction::GraphQl(mutation) => {
                (Method::POST, String::new(), Some(json!({ "query": values.fill(mutation)? })))
            }
            CleanupAction::Command(words) => {
                let words: Result<Vec<String>, RecordError> =
                    words.iter().map(|word| values.fill(word)).collect();
                let drain = |mut output| match std::io::copy(&mut output, &mut std::io::sink()) {
                    Ok(_) => Ok(()),
                    Err(source) => Err(RecordError::Io { place: "the command".to_owned(), source }),
                };
                return run_command(&words?, LONGEST_COMMAND, drain);
            }
        };
        let request = RecordRequest {
            method,
            url: address(plan.url.as_deref(), self.target(), &path, &values)?,
            body,
            headers: headers(&plan.headers, &values)?,
            authorization: plan
                .auth
                .as_ref()
                .map(|auth| authorization(auth, &values))
                .transpose()?,
        };
        let answer = self.send(&request).await?;
        let errors = answer.body.get("errors").and_then(|errors| errors.as_array());
        match errors.filter(|errors| !errors.is_empty()) {
            Some(errors) if matches!(plan.action, CleanupAction::GraphQl(_)) => {
                let text = serde_json::Value::from(errors.clone()).to_string();
                let message = redact::text(&text).chars().take(300).collect();
                Err(RecordError::Unexpected { place: "the mutation".to_owned(), message })
            }
            Some(_) | None => Ok(()),
        }
    }
}
