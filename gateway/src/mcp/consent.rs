//! The question for consent as the stateless revision has it (basic/patterns/mrtr, client/elicitation): an `input_required`
//! result with one form without fields, which people accept or not, and the retry that brings the answer.

use std::collections::BTreeMap;

use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
    ErrorData, InputRequest, InputRequiredResult, MetaObject, RequestMetaObject,
};
use serde_json::Value;

use crate::policy::{
    Question,
    consent::{Answer, Consenting, Person, Reply},
};

/// The name of the question among those of a result.
const QUESTION: &str = "consent";

/// What a request of the stateless revision says about consent. Answers to questions that were not asked are left alone.
pub(super) fn of_request(meta: &RequestMetaObject, params: &CallToolRequestParams) -> Consenting {
    let can_ask = meta.client_capabilities().and_then(|capabilities| capabilities.elicitation).is_some_and(|modes| {
        // A client that names no mode has the first one there was, which is the form.
        modes.form.is_some() || modes.url.is_none()
    });
    let person = if can_ask { Person::Reachable } else { Person::Unreachable };
    let reply = params.request_state.clone().map(|state| {
        let answer = params.input_responses.as_ref().and_then(|answers| answers.get(QUESTION));
        Reply { state, answer: answer.map_or(Answer::Unusable, read) }
    });
    Consenting { person, reply }
}

fn read(answer: &Value) -> Answer {
    let Ok(result) = serde_json::from_value::<ElicitResult>(answer.clone()) else { return Answer::Unusable };
    match result.action {
        ElicitationAction::Accept => Answer::Accepted,
        ElicitationAction::Decline => Answer::Declined,
        ElicitationAction::Cancel => Answer::Cancelled,
        // Actions of later revisions.
        _ => Answer::Unusable,
    }
}

/// The result that asks.
pub(super) fn asked(question: Question, meta: Option<MetaObject>) -> Result<InputRequiredResult, ErrorData> {
    // No field: a box that people leave empty would turn their yes into a no.
    let form = ElicitationSchema::builder().build().map_err(|fault| ErrorData::internal_error(fault, None))?;
    let params =
        ElicitRequestParams::FormElicitationParams { meta: None, message: question.message, requested_schema: form };
    let requests = BTreeMap::from([(QUESTION.to_owned(), InputRequest::Elicitation(ElicitRequest::new(params)))]);
    let mut result = InputRequiredResult::new(Some(requests), Some(question.state));
    result.meta = meta;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use rmcp::model::MetaObject;
    use serde_json::json;

    use super::*;

    fn consenting(capabilities: Value, params: Value) -> Consenting {
        let meta = json!({ "io.modelcontextprotocol/clientCapabilities": capabilities });
        let meta = RequestMetaObject(MetaObject(meta.as_object().unwrap().clone()));
        of_request(&meta, &serde_json::from_value(params).unwrap())
    }

    #[test]
    fn only_a_client_that_shows_forms_can_ask() {
        for (capabilities, person) in [
            (json!({}), Person::Unreachable),
            (json!({ "sampling": {} }), Person::Unreachable),
            (json!({ "elicitation": {} }), Person::Reachable),
            (json!({ "elicitation": { "form": {} } }), Person::Reachable),
            (json!({ "elicitation": { "form": {}, "url": {} } }), Person::Reachable),
            (json!({ "elicitation": { "url": {} } }), Person::Unreachable),
        ] {
            let consenting = consenting(capabilities.clone(), json!({ "name": "x" }));
            assert_eq!(consenting.person, person, "{capabilities}");
            assert!(consenting.reply.is_none());
        }
    }

    #[test]
    fn an_answer_is_what_the_form_allows_and_nothing_else() {
        for (answers, read) in [
            (json!({ "consent": { "action": "accept", "content": {} } }), Answer::Accepted),
            (json!({ "consent": { "action": "accept" } }), Answer::Accepted),
            (json!({ "consent": { "action": "accept", "content": { "unknown": 1 } } }), Answer::Accepted),
            (json!({ "consent": { "action": "decline" } }), Answer::Declined),
            (json!({ "consent": { "action": "decline", "content": { "confirm": true } } }), Answer::Declined),
            (json!({ "consent": { "action": "cancel" }, "other": { "action": "accept" } }), Answer::Cancelled),
            (json!({ "consent": { "action": "perhaps" } }), Answer::Unusable),
            (json!({ "consent": true }), Answer::Unusable),
            (json!({ "other": { "action": "accept" } }), Answer::Unusable),
            (json!({}), Answer::Unusable),
        ] {
            let params = json!({ "name": "x", "requestState": "s", "inputResponses": answers });
            assert_eq!(consenting(json!({}), params).reply.unwrap().answer, read, "{answers}");
        }
        assert_eq!(
            consenting(json!({}), json!({ "name": "x", "requestState": "s" })).reply.unwrap().answer,
            Answer::Unusable
        );
        // Answers without a state belong to no question.
        let params = json!({ "name": "x", "inputResponses": { "consent": { "action": "accept" } } });
        assert!(consenting(json!({}), params).reply.is_none());
    }
}
