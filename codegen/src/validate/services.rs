//! Services: typed operations of HTTP services that tools call.
//!
//! - The name is that of the file. `baseUrl` is the name of the setting that holds the address: capital letters, digits, `_`.
//! - `auth` is `user-token` (the caller's own token, and nothing else) or `none`.
//! - A path begins with `/`; `{name}` in it is a member of the request, a text or an id that must be there.
//! - `timeoutSeconds` is from 1 to 180. `repeats` is `safe` or `never`: what costs or has effects is never sent twice.

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::expr::{ObjectTy, Ty, TyKind};
use crate::ir::{self, Kind, Presence, Schema, Struct, TypeName};
use crate::raw::{self, Text};
use crate::source::Sources;

use super::names::stem;
use super::schemas::{Place, Schemas};
use super::text;

/// The longest that a call may take.
const LONGEST: i64 = 180;

/// All services, as steps see them.
#[derive(Debug, Default)]
pub(super) struct Services {
    services: Vec<(String, Vec<Operation>)>,
    /// Services of which something was reported.
    reported: Vec<String>,
}

/// An operation, as steps see it.
#[derive(Debug)]
pub(super) struct Operation {
    name: String,
    pub(super) request: Ty,
    pub(super) response: Ty,
    pub(super) is_safe: bool,
    sealed: Vec<String>,
}

impl Operation {
    /// Whether a member of the request may hold a text of an encrypted field.
    pub(super) fn takes_sealed(&self, member: &str) -> bool {
        self.sealed.iter().any(|sealed| sealed == member)
    }
}

impl Services {
    /// The operation that a call names; reported where there is none.
    pub(super) fn find(&self, service: &Text, name: &Text, diagnostics: &mut Diagnostics) -> Option<&Operation> {
        let Some((_, operations)) = self.services.iter().find(|(known, _)| *known == service.value) else {
            let known = self.services.iter().map(|(name, _)| name.as_str());
            let help = did_you_mean(&service.value, known);
            let message = format!("there is no service `{}`", service.value);
            diagnostics.push(Diagnostic::error(Code::UnknownService, service.span, message).maybe_help(help));
            return None;
        };
        let found = operations.iter().find(|operation| operation.name == name.value);
        if found.is_none() && !self.reported.contains(&service.value) {
            let help = did_you_mean(&name.value, operations.iter().map(|operation| operation.name.as_str()));
            let message = format!("`{}` has no operation `{}`", service.value, name.value);
            diagnostics.push(Diagnostic::error(Code::UnknownService, name.span, message).maybe_help(help));
        }
        found
    }

    /// Whether a call may be repeated.
    pub(super) fn is_safe(&self, call: &raw::Call) -> bool {
        let named = |text: &Option<Text>, name: &str| text.as_ref().is_some_and(|text| text.value == name);
        let of = self.services.iter().filter(|(name, _)| named(&call.service, name));
        of.flat_map(|(_, operations)| operations).any(|one| named(&call.operation, &one.name) && one.is_safe)
    }
}

/// The checked services; what is wrong with them is reported.
pub(super) fn check(
    written: &[raw::Service],
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> (Services, Vec<ir::Service>) {
    let (mut services, mut checked) = (Services::default(), Vec::new());
    for service in written {
        let before = diagnostics.errors();
        let made = one(service, sources, diagnostics);
        let name = service.name.as_ref().map_or_else(|| stem(service.file, sources), |name| name.value.as_str());
        if diagnostics.errors() > before {
            services.reported.push(name.to_owned());
        }
        let operations = made.iter().flat_map(|service| &service.operations).map(seen);
        services.services.push((name.to_owned(), operations.collect()));
        checked.extend(made);
    }
    checked.sort_by(|a, b| a.name.cmp(&b.name));
    (services, checked)
}

fn seen(operation: &ir::Operation) -> Operation {
    let request = ObjectTy::of_struct(&operation.request, "the request");
    let sealed = operation.request.properties.iter().filter(|property| property.schema.sealed);
    Operation {
        name: operation.name.clone(),
        request: Ty::of(TyKind::Object(request.into())),
        response: Ty::of_schema(&operation.response),
        is_safe: operation.is_safe,
        sealed: sealed.map(|property| property.name.clone()).collect(),
    }
}

fn one(raw: &raw::Service, sources: &Sources, diagnostics: &mut Diagnostics) -> Option<ir::Service> {
    let name = raw.name.as_ref()?;
    super::names::check(super::names::Of::Module, name, diagnostics);
    let stem = stem(raw.file, sources);
    if stem != name.value {
        let message = format!("the service `{}` stands in a file of another name", name.value);
        let help = format!("name the file `{}.yaml`, or the service `{stem}`", name.value);
        diagnostics.push(Diagnostic::error(Code::FileName, name.span, message).help(help));
    }
    let summary = raw.summary.as_ref().and_then(|one| text::check("a summary", one, text::DESCRIPTION, diagnostics));
    let setting = raw.base_url.as_ref()?;
    let is_setting = setting.value.chars().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_');
    if !is_setting || setting.value.is_empty() {
        let message = format!("`{}` is not the name of a setting", setting.value);
        let help = "capital letters, digits and `_`: `MANA_API_URL`";
        diagnostics.push(Diagnostic::error(Code::BadName, setting.span, message).help(help));
    }
    let sends_token = match raw.auth.as_ref().map(|auth| auth.value.as_str()) {
        Some("user-token") => true,
        Some("none") => false,
        Some(other) => {
            let at = raw.auth.as_ref().map_or(name.span, |auth| auth.span);
            let message = format!("there is no auth `{other}`");
            diagnostics.push(Diagnostic::error(Code::UnknownWord, at, message).help("`user-token` or `none`"));
            false
        }
        None => false,
    };
    let module = raw::Module::empty(raw.file);
    let mut schemas = Schemas::new(&module, diagnostics);
    let operations: Vec<_> =
        raw.operations.iter().filter_map(|(name, operation)| self::operation(name, operation, &mut schemas)).collect();
    Some(ir::Service {
        name: name.value.clone(),
        summary: summary?,
        setting: setting.value.clone(),
        sends_token,
        operations,
    })
}

fn operation(name: &Text, raw: &raw::Operation, schemas: &mut Schemas<'_, '_>) -> Option<ir::Operation> {
    let owner = super::names::pascal(&name.value);
    let request_name = format!("{owner}Request");
    let request = match &raw.request {
        Some(request) => schemas.structure(request, &request_name, Place::Record)?,
        None => Struct::new(TypeName::new(&request_name)?),
    };
    let response = raw.response.as_ref()?;
    let response = if response.types.is_some() {
        schemas.schema(response, &format!("{owner}Response"), Place::Record)?
    } else {
        let response = schemas.structure(response, &format!("{owner}Response"), Place::Record)?;
        Schema::new(Kind::Struct(response), false)
    };
    let (method, path) = raw.route.as_ref()?;
    check_path(path, &request, schemas.diagnostics);
    let timeout = raw.timeout.as_ref()?;
    if !(1..=LONGEST).contains(&timeout.value) {
        let message = format!("a call takes from 1 to {LONGEST} seconds");
        let help = "what takes longer is started by one call and asked for by another";
        schemas.report(Diagnostic::error(Code::Contradiction, timeout.span, message).help(help));
    }
    let repeats = raw.repeats.as_ref()?;
    if !["safe", "never"].contains(&repeats.value.as_str()) {
        let message = format!("`repeats` is `safe` or `never`, not `{}`", repeats.value);
        let help = "`never` for what costs credits or has effects";
        schemas.report(Diagnostic::error(Code::UnknownWord, repeats.span, message).help(help));
    }
    Some(ir::Operation {
        name: name.value.clone(),
        method: method.value.to_uppercase(),
        path: path.value.clone(),
        request,
        response,
        errors: raw.errors.iter().map(|(status, message)| (status.value, message.value.clone())).collect(),
        timeout_seconds: u64::try_from(timeout.value).unwrap_or(1),
        is_safe: repeats.value == "safe",
    })
}

fn check_path(path: &Text, request: &Struct, diagnostics: &mut Diagnostics) {
    let refused = |message: String| Diagnostic::error(Code::BadName, path.span, message);
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "/-_.{}".contains(one);
    if !path.value.starts_with('/')
        || !path.value.chars().all(is_plain)
        || path.value.contains("..")
        || path.value.contains("//")
    {
        diagnostics.push(
            refused(format!("`{}` is not a path", path.value))
                .help("it begins with `/`, and has letters, digits, `-`, `_`, `.` and `{member}`"),
        );
        return;
    }
    for part in path.value.split('{').skip(1) {
        let member = part.split('}').next().unwrap_or_default();
        match request.property(member) {
            Some(property)
                if property.presence == Presence::Required
                    && matches!(property.schema.kind, Kind::String(_) | Kind::Id | Kind::Uuid | Kind::Enum(_)) => {}
            _ => {
                let message = format!("`{{{member}}}` is not a required text of the request");
                diagnostics.push(refused(message).help("add it to `required` and `properties` of `request`"));
            }
        }
    }
}
