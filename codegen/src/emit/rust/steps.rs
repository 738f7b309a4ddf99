//! Steps -> the body of a handler: one `let` a step.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::expr::{self, Around, borrowed, condition, local, value};
use super::tables;
use crate::expr::{Typed, TypedKind, Variable};
use crate::ir::{Given, Query, SortBy, Step, Steps, Tool, Verb, Which};

/// What is done with `steps`, to the end of the call.
pub(super) fn body(tool: &Tool, steps: &Steps, output: &TokenStream, module: &str) -> TokenStream {
    let emitter = Emitter { module };
    let statements = steps.steps.iter().map(|step| {
        let is_paged = steps.page.as_ref() == Some(&step.name);
        emitter.step(step, is_paged, &uses_behind(steps, step))
    });
    let statements: Vec<TokenStream> = statements.collect();
    let places = (!steps.places.is_empty()).then(|| {
        let tables = steps.places.iter().map(|table| tables::name(table, module));
        quote! { steps.claim_places(&[#(&#tables),*]); }
    });
    let ids = uses_ids(steps).then(|| quote! { let ids = steps.ids(); });
    let returns = value(&steps.returns, &Around::default());
    let input = if tool.input.properties.is_empty() {
        quote! {}
    } else {
        quote! { let input = input.into_value(); }
    };
    let mentions = |variable: &Variable| {
        let all = steps.steps.iter().flat_map(Step::expressions).chain([&steps.returns]);
        all.into_iter().any(|typed| typed.mentions(variable))
    };
    let user = mentions(&Variable::User).then(|| quote! { let user = steps.user(); });
    let space = mentions(&Variable::Space).then(|| quote! { let space = steps.space(); });
    let env = expr::uses_env(&quote! { #(#statements)* #returns }).then(|| {
        quote! {
            let env = steps.env().clone();
            let env = &*env;
        }
    });
    quote! {
        #env
        #user
        #space
        #ids
        #input
        #places
        #(#statements)*
        steps.finish(#returns, &#output).await
    }
}

/// The steps of a call, in which the body runs.
pub(super) fn begin(steps: &Steps) -> TokenStream {
    let only_thinks = steps.steps.iter().all(|step| matches!(step.verb, Verb::Value(_) | Verb::Require(..)));
    let mutable = (!only_thinks).then(|| quote! { mut });
    quote! { let #mutable steps = Steps::new(&ctx); }
}

/// Whether a step's result is used by a later step or by what is returned.
fn uses_behind(steps: &Steps, step: &Step) -> BTreeSet<String> {
    let name = Variable::Named(step.name.clone());
    let behind = steps.steps.iter().skip_while(|one| one.name != step.name).skip(1);
    let is_used = behind.flat_map(Step::expressions).chain([&steps.returns]).any(|typed| typed.mentions(&name));
    if is_used { [step.name.clone()].into() } else { BTreeSet::new() }
}

fn uses_ids(steps: &Steps) -> bool {
    steps.steps.iter().any(Step::says_uuid)
}

/// A loop over `elements`, with the variables that the step's verb names.
fn each_element(step: &Step, body: &TokenStream) -> TokenStream {
    let it = if step.verb_mentions(&Variable::It) || step.makes_ids() {
        quote! { it }
    } else {
        quote! { _ }
    };
    let begin = step.makes_ids().then(|| quote! { steps.begin_element(at, it); });
    let index = step.verb_mentions(&Variable::At).then(|| quote! { let at = Value::from_index(at); });
    if begin.is_some() || index.is_some() {
        quote! {
            for (at, #it) in steps.each(&elements)?.iter().enumerate() {
                #begin
                #index
                #body
            }
        }
    } else {
        quote! { for #it in steps.each(&elements)? { #body } }
    }
}

struct Emitter<'a> {
    module: &'a str,
}

impl Emitter<'_> {
    fn step(&self, step: &Step, is_paged: bool, used: &BTreeSet<String>) -> TokenStream {
        let around = Around::default();
        if let Verb::Require(test, text) = &step.verb {
            return self.require(step, test, text);
        }
        let name = local(&step.name);
        let name = if used.is_empty() && !matches!(step.verb, Verb::Value(_)) {
            quote! { _ }
        } else {
            quote! { #name }
        };
        if used.is_empty() && matches!(step.verb, Verb::Value(_)) {
            return TokenStream::new();
        }
        let mut code = self.verb(step, is_paged, &around);
        if let Some(each) = &step.each {
            let list = value(each, &around);
            let (element, results) = match &step.verb {
                // All at once, so that some can run beside each other.
                Verb::Call(call) => {
                    let operation = super::services::operation(&call.service, &call.operation);
                    (value(&call.with, &around), quote! { steps.call_each(&#operation, results).await? })
                }
                _ => (code, quote! { Value::list(results) }),
            };
            let all = each_element(step, &quote! { results.push(#element); });
            code = quote! {{
                let elements = #list;
                let mut results = Vec::new();
                #all
                #results
            }};
        }
        if let Some(when) = &step.when {
            let test = condition(when, &around);
            let otherwise = step.otherwise.as_ref().map_or_else(|| quote! { Value::Null }, |one| value(one, &around));
            code = quote! { if #test { #code } else { #otherwise } };
        }
        let begin = step.makes_ids().then(|| {
            let name = &step.name;
            quote! { steps.begin(#name); }
        });
        if used.is_empty() && step.when.is_none() && step.each.is_none() {
            return quote! { #begin #code; };
        }
        quote! { #begin let #name = #code; }
    }

    fn require(&self, step: &Step, test: &Typed, text: &Typed) -> TokenStream {
        let around = Around::default();
        let test = condition(test, &around);
        let text = match &text.kind {
            TypedKind::Text(text) => quote! { #text.to_owned() },
            _ => {
                let text = borrowed(text, &around);
                quote! { f::text_of(#text) }
            }
        };
        let mut code = quote! { steps.require(#test, || #text)?; };
        if let Some(each) = &step.each {
            let list = value(each, &around);
            let all = each_element(step, &code);
            code = quote! {
                let elements = #list;
                #all
            };
        }
        match &step.when {
            Some(when) => {
                let when = condition(when, &around);
                quote! { if #when { #code } }
            }
            None => code,
        }
    }

    fn verb(&self, step: &Step, is_paged: bool, around: &Around) -> TokenStream {
        let fields = &step.fields;
        let fields = quote! { &[#(#fields),*] };
        match &step.verb {
            Verb::Value(typed) => value(typed, around),
            Verb::Get(table, id) => {
                let (table, id) = (tables::name(table, self.module), borrowed(id, around));
                quote! { steps.get(&#table, #fields, #id).await? }
            }
            Verb::Restore(table, id) => {
                let (table, id) = (tables::name(table, self.module), borrowed(id, around));
                quote! { steps.restore(&#table, #fields, #id).await? }
            }
            Verb::Find(query) => {
                let query = self.query(query, &fields);
                quote! { steps.find(#query).await? }
            }
            Verb::List(query) => {
                let step_name = &step.name;
                let query = self.query(query, &fields);
                if is_paged {
                    quote! {
                        steps.page(
                            #query,
                            PageOf { limit: input.member("limit"), cursor: input.member("cursor"), step: #step_name },
                        ).await?
                    }
                } else {
                    quote! { steps.list(#query).await? }
                }
            }
            Verb::Insert(table, values) => {
                let (table, values) = (tables::name(table, self.module), given(values, around));
                quote! { steps.insert(&#table, #fields, vec![#(#values),*]).await? }
            }
            Verb::Put(put) => {
                let table = tables::name(&put.table, self.module);
                let key = put.key.iter().map(|(name, key)| {
                    let key = value(key, around);
                    quote! { (#name, #key) }
                });
                let (values, updates) = (given(&put.values, around), put.updates);
                quote! { steps.put(&#table, #fields, vec![#(#key),*], #updates, vec![#(#values),*]).await? }
            }
            Verb::Update(update) => {
                let given = update.given.iter().map(|name| quote! { .given(#name, &input, #name) });
                let clear = update.clear.as_ref().map(|clear| {
                    let clear = borrowed(clear, around);
                    quote! { .clear(#clear) }
                });
                let set = update.values.iter().map(|(name, typed)| {
                    let typed = value(typed, around);
                    quote! { .set(#name, #typed) }
                });
                let change = quote! { Change::new() #(#given)* #clear #(#set)* };
                let reads_row = update.values.iter().any(|(_, typed)| typed.mentions(&Variable::Row));
                let row = if reads_row {
                    quote! { row }
                } else {
                    quote! { _ }
                };
                let needs = &update.needs;
                match &update.which {
                    Which::One(table, id) => {
                        let (table, id) = (tables::name(table, self.module), borrowed(id, around));
                        quote! { steps.update(&#table, #fields, &[#(#needs),*], #id, |_, #row| Ok(#change)).await? }
                    }
                    Which::All(query, most) => {
                        let all: BTreeSet<&String> = step.fields.iter().chain(needs).collect();
                        let all = quote! { &[#(#all),*] };
                        let (query, most) = (self.query(query, &all), expr::count(*most));
                        quote! { steps.update_where(#query, #most, |_, #row| Ok(#change)).await? }
                    }
                }
            }
            Verb::Delete(delete) => {
                let hard = delete.is_hard;
                match &delete.which {
                    Which::One(table, id) => {
                        let (table, id) = (tables::name(table, self.module), borrowed(id, around));
                        quote! { steps.delete(&#table, #id, #hard).await? }
                    }
                    Which::All(query, most) => {
                        let (query, most) = (self.query(query, &quote! { &[] }), expr::count(*most));
                        quote! { steps.delete_where(#query, #most, #hard).await? }
                    }
                }
            }
            Verb::Call(call) => {
                let operation = super::services::operation(&call.service, &call.operation);
                let with = value(&call.with, around);
                quote! { steps.call(&#operation, #with).await? }
            }
            Verb::Require(..) => TokenStream::new(),
        }
    }

    fn query(&self, query: &Query, fields: &TokenStream) -> TokenStream {
        let table = tables::name(&query.table, self.module);
        let around = Around::default();
        let mut members = Vec::new();
        if let Some(stored) = &query.stored {
            let around = Around { row_is_stored: true, ..Around::default() };
            let (row, condition) = closure(stored, &around);
            members.push(quote! { stored: Some(&|_, #row| #condition) });
        }
        if let Some((needs, sealed)) = &query.sealed {
            let (row, condition) = closure(sealed, &around);
            members.push(quote! { sealed: Some((&[#(#needs),*], &|_, #row| #condition)) });
        }
        if let Some((fields, text)) = &query.search {
            let text = borrowed(text, &around);
            members.push(quote! { search: Some((&[#(#fields),*], #text)) });
        }
        if !query.sort.is_empty() {
            let sort = query.sort.iter().map(|sort| {
                let descending = sort.descending;
                let by = match &sort.by {
                    SortBy::Field(field) => quote! { SortBy::Field(#field) },
                    SortBy::Key(needs, key) => {
                        let code = value(key, &around);
                        let row = if key.mentions(&Variable::Row) {
                            quote! { row }
                        } else {
                            quote! { _ }
                        };
                        quote! { SortBy::Key(&[#(#needs),*], &|_, #row| #code) }
                    }
                };
                quote! { Sort { by: #by, descending: #descending } }
            });
            members.push(quote! { sort: &[#(#sort),*] });
        }
        if let Some(limit) = &query.limit {
            let limit = borrowed(limit, &around);
            members.push(quote! { limit: Some(#limit) });
        }
        quote! { ListOf { fields: #fields, #(#members,)* ..ListOf::of(&#table) } }
    }
}

/// The arguments and the body of a condition on a row.
fn closure(typed: &Typed, around: &Around) -> (TokenStream, TokenStream) {
    let code = condition(typed, around);
    let row = if typed.mentions(&Variable::Row) {
        quote! { row }
    } else {
        quote! { _ }
    };
    (row, code)
}

fn given(values: &[(String, Given)], around: &Around) -> Vec<TokenStream> {
    let one = |(name, given): &(String, Given)| match given {
        Given::Null => quote! { (#name, Given::Null) },
        Given::Value(typed) => {
            let typed = value(typed, around);
            quote! { (#name, Given::Value(#typed)) }
        }
    };
    values.iter().map(one).collect()
}

impl Step {
    /// Whether it makes ids, which follow from its name.
    fn makes_ids(&self) -> bool {
        matches!(self.verb, Verb::Insert(..) | Verb::Put(_)) || self.says_uuid()
    }

    fn says_uuid(&self) -> bool {
        let is_uuid = |part: &Typed| matches!(part.kind, TypedKind::Uuid);
        self.expressions().into_iter().any(|typed| typed.any(&is_uuid))
    }

    /// Whether what the step does mentions a variable; its `each` does not count.
    fn verb_mentions(&self, variable: &Variable) -> bool {
        let given =
            matches!(&self.verb, Verb::Update(update) if !update.given.is_empty()) && *variable == Variable::Input;
        given || self.verb.expressions().into_iter().any(|typed| typed.mentions(variable))
    }
}
