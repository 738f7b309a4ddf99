//! What a tool does: `impl Tool`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::types::{float, integer};
use crate::ir::{
    Action, Delete, DeleteMode, Expr, FieldValue, Filter, Insert, List, RowId, RustIdent, Shape, Tool, Type, TypeName,
    Update,
};

/// The implementation of a tool.
pub(super) fn handler(tool: &Tool) -> TokenStream {
    let Tool { rust, input, output, .. } = tool;
    let (input, output) = (&input.name, &output.name);
    let returned = match rows_alone(tool) {
        Some(_) => quote! { ToolOutput },
        None => quote! { #output },
    };
    let mut uses = Uses::of(tool);
    let body = match &tool.action {
        Action::Insert(action) => insert(action, output, &mut uses),
        Action::List(action) => list(action, rows_alone(tool), output, &mut uses),
        Action::Update(action) => update(action, output, &mut uses),
        Action::Delete(action) => delete(action, output, &mut uses),
        Action::Custom => quote! { <Self as CustomTool>::handle(input, ctx).await },
    };
    let argument = if uses.any || matches!(tool.action, Action::Custom) {
        quote! { input }
    } else {
        quote! { _input }
    };
    quote! {
        impl Tool for #rust {
            type Input = #input;
            type Output = #returned;
            async fn run(#argument: #input, ctx: ToolContext) -> Result<#returned, ToolError> {
                #body
            }
        }
    }
}

fn insert(action: &Insert, output: &TypeName, uses: &mut Uses) -> TokenStream {
    let row = &action.row;
    let values = fields(&action.values, uses);
    let returns = fields(&action.returns, uses);
    let places = action.values.iter().any(|value| value.expr == Expr::Place);
    let place = places.then(|| {
        quote! {
            batch.claim_places(&[#row::TABLE]).await?;
            let place = batch.next_place::<#row>().await?;
        }
    });
    quote! {
        let mut batch = ctx.batch();
        #place
        let row = #row { #(#values,)* };
        batch.insert(&row).await?;
        batch.commit().await?;
        Ok(#output { #(#returns,)* })
    }
}

fn update(action: &Update, output: &TypeName, uses: &mut Uses) -> TokenStream {
    let Update { row, patch, id, .. } = action;
    let values = fields(&action.values, uses);
    let rest = (!action.complete).then(|| quote! { ..#patch::default() });
    let unless = action.unless.as_ref().map(|unless| filter(unless, uses));
    let id = row_id(id, uses);
    let write = match unless {
        Some(unless) => quote! { batch.update_unless::<#row>(#id, &#unless, &patch).await?; },
        None => quote! { batch.update::<#row>(#id, &patch).await?; },
    };
    let returns = fields(&action.returns, uses);
    let clear = action.clear.as_ref().map(|clear| {
        let (input, names) = (&clear.input, &clear.names);
        uses.borrow(input);
        let arms = clear.fields.iter().map(|(name, field)| quote! { #names::#name => patch.#field = Some(None) });
        quote! {
            for name in &input.#input {
                match name { #(#arms,)* }
            }
        }
    });
    let mutable = clear.is_some().then(|| quote! { mut });
    quote! {
        let #mutable patch = #patch { #(#values,)* #rest };
        #clear
        let mut batch = ctx.batch();
        #write
        batch.commit().await?;
        Ok(#output { #(#returns,)* })
    }
}

fn delete(action: &Delete, output: &TypeName, uses: &mut Uses) -> TokenStream {
    let Delete { row, id, mode, .. } = action;
    let id = row_id(id, uses);
    let delete = match mode {
        DeleteMode::Soft => quote! { batch.soft_delete::<#row>(#id).await?; },
        DeleteMode::Hard => quote! { batch.hard_delete::<#row>(#id).await?; },
    };
    let returns = fields(&action.returns, uses);
    quote! {
        let mut batch = ctx.batch();
        #delete
        batch.commit().await?;
        Ok(#output { #(#returns,)* })
    }
}

/// The input that names a row, as a batch takes it.
fn row_id(id: &RowId, uses: &mut Uses) -> TokenStream {
    let RowId { ident, is_id } = id;
    uses.borrow(ident);
    if *is_id {
        quote! { &input.#ident }
    } else {
        quote! { &input.#ident.into() }
    }
}

fn list(action: &List, rows_alone: Option<&str>, output: &TypeName, uses: &mut Uses) -> TokenStream {
    let row = &action.row;
    let mut query = quote! { Query::new() };
    for one in &action.filters {
        let condition = filter(one, uses);
        query.extend(match &one.unless {
            Some(unless) => {
                uses.borrow(unless);
                quote! { .filter_unless(input.#unless, #condition) }
            }
            None => quote! { .filter(#condition) },
        });
    }
    if let Some(search) = &action.search {
        let (searched, text) = (&search.fields, expression(&search.text, uses));
        query.extend(quote! { .search(&[#(#searched),*], #text) });
    }
    for key in &action.sort {
        let field = &key.field;
        query.extend(if key.descending {
            quote! { .sort_by_descending(#field) }
        } else {
            quote! { .sort_by(#field) }
        });
    }
    if let Some(limit) = &action.limit {
        let limit = expression(limit, uses);
        query.extend(quote! { .limit(#limit) });
    }
    let answer = match rows_alone {
        Some(name) => quote! { ToolOutput::list_response(&table, query, #name).await },
        None => {
            let returns = fields(&action.returns, uses);
            quote! {
                let found = table.list(query).await?;
                Ok(#output { #(#returns,)* unreadable: found.unreadable })
            }
        }
    };
    quote! {
        let table = ctx.table::<#row>();
        let query = #query;
        #answer
    }
}

/// What a list calls its rows, where it returns nothing else: its output is then the same wherever the query and the rows
/// are, and is written without a type of its own.
pub(super) fn rows_alone(tool: &Tool) -> Option<&str> {
    let Action::List(action) = &tool.action else { return None };
    let [FieldValue { ident, expr: Expr::Rows, .. }] = action.returns.as_slice() else { return None };
    // Such an output is shared by calls with the same arguments on one day: nothing in the query may differ between them.
    let differs = |filter: &Filter| matches!(filter.equals, Expr::Now | Expr::Uuid | Expr::Id);
    if action.filters.iter().any(differs) {
        return None;
    }
    let property = tool.output.properties.iter().find(|property| property.ident == *ident)?;
    Some(&property.name)
}

/// The fields of a struct, those first that only look at an input: the others may move it away.
fn fields(values: &[FieldValue], uses: &mut Uses) -> Vec<TokenStream> {
    ordered(values)
        .map(|value| {
            let ident = &value.ident;
            match (&value.expr, wrap(expression(&value.expr, uses), value.from, value.to)) {
                (Expr::Row, _) if ident.as_str() == "row" => quote! { row },
                (_, wrapped) => quote! { #ident: #wrapped },
            }
        })
        .collect()
}

fn ordered(values: &[FieldValue]) -> impl Iterator<Item = &FieldValue> {
    let looks = |value: &&FieldValue| matches!(value.expr, Expr::WordCount(_));
    values.iter().filter(looks).chain(values.iter().filter(move |value| !looks(value)))
}

/// A value wrapped as its field wants it; `from` fits `to`.
fn wrap(value: TokenStream, from: Shape, to: Shape) -> TokenStream {
    match (from.optional, from.nullable, to.optional, to.nullable) {
        (false, false, true, true) => quote! { Some(Some(#value)) },
        (false, false, true, false) | (false, false, false, true) | (false, true, true, true) => {
            quote! { Some(#value) }
        }
        (true, false, true, true) => quote! { #value.map(Some) },
        _ => value,
    }
}

fn expression(expr: &Expr, uses: &mut Uses) -> TokenStream {
    match expr {
        Expr::Null => quote! { None },
        Expr::Boolean(value) => quote! { #value },
        Expr::Integer(value) => integer(*value),
        Expr::Number(value) => float(*value),
        Expr::String(text) => quote! { #text.to_owned() },
        Expr::Variant(name, variant) => quote! { #name::#variant },
        Expr::EmptyArray => quote! { Vec::new() },
        Expr::Input { ident, copy, .. } => {
            let used_later = uses.take(ident);
            if used_later && !copy {
                quote! { input.#ident.clone() }
            } else {
                quote! { input.#ident }
            }
        }
        Expr::Now => quote! { ctx.now() },
        Expr::Today => quote! { ctx.today() },
        Expr::Uuid => quote! { Uuid::new_v4() },
        Expr::Id => quote! { Id::new() },
        Expr::Place => quote! { place },
        Expr::Space => quote! { ctx.space_id().to_owned() },
        Expr::WordCount(ident) => {
            uses.borrow(ident);
            quote! { functions::word_count(&input.#ident) }
        }
        Expr::Coalesce(firsts, last) => coalesce(firsts, last, uses),
        Expr::Row => quote! { row },
        Expr::Rows => quote! { found.rows },
    }
}

fn coalesce(firsts: &[Expr], last: &Expr, uses: &mut Uses) -> TokenStream {
    let mut chain = TokenStream::new();
    for first in firsts {
        let mut value = expression(first, uses);
        if let Expr::Input { shape: Shape { optional: true, nullable: true }, .. } = first {
            value = quote! { #value.flatten() };
        }
        chain = if chain.is_empty() {
            value
        } else {
            quote! { #chain.or(#value) }
        };
    }
    let value = expression(last, uses);
    // Calls are made where they are needed; a closure cannot wait, and need not for what is there already.
    match last {
        Expr::Uuid => quote! { #chain.unwrap_or_else(Uuid::new_v4) },
        Expr::Id => quote! { #chain.unwrap_or_else(Id::new) },
        Expr::Now | Expr::Today | Expr::Space | Expr::String(_) => quote! { #chain.unwrap_or_else(|| #value) },
        _ => quote! { #chain.unwrap_or(#value) },
    }
}

/// A condition on the stored form of a field.
fn filter(one: &Filter, uses: &mut Uses) -> TokenStream {
    let field = &one.field;
    let value = match &one.equals {
        Expr::String(text) => quote! { #text },
        other => {
            let value = expression(other, uses);
            match &one.ty {
                Type::Named(_) => quote! { #value.as_str() },
                Type::Uuid | Type::Id | Type::Date | Type::Timestamp | Type::Moment => {
                    quote! { #value.to_string() }
                }
                _ => value,
            }
        }
    };
    quote! { Filter::equals(#field, #value) }
}

/// How often each input is still used, so that only the last use moves it.
struct Uses {
    left: BTreeMap<RustIdent, usize>,
    any: bool,
}

impl Uses {
    fn of(tool: &Tool) -> Self {
        let mut uses = Self { left: BTreeMap::new(), any: false };
        match &tool.action {
            Action::Insert(action) => uses.count_fields(&[&action.values, &action.returns]),
            Action::Update(action) => {
                uses.count_fields(&[&action.values, &action.returns]);
                uses.count_filters(action.unless.as_slice());
                uses.add(&action.id.ident);
                action.clear.iter().for_each(|clear| uses.add(&clear.input));
            }
            Action::Delete(action) => {
                uses.count_fields(&[&action.returns]);
                uses.add(&action.id.ident);
            }
            Action::List(action) => {
                uses.count_fields(&[&action.returns]);
                uses.count_filters(&action.filters);
                action.search.iter().for_each(|search| uses.count(&search.text));
                action.limit.iter().for_each(|limit| uses.count(limit));
            }
            Action::Custom => {}
        }
        uses.any = !uses.left.is_empty();
        uses
    }

    fn count_fields(&mut self, lists: &[&Vec<FieldValue>]) {
        lists.iter().copied().flatten().for_each(|value| self.count(&value.expr));
    }

    fn count_filters(&mut self, filters: &[Filter]) {
        for filter in filters {
            self.count(&filter.equals);
            filter.unless.iter().for_each(|unless| self.add(unless));
        }
    }

    fn count(&mut self, expr: &Expr) {
        match expr {
            Expr::Input { ident, .. } | Expr::WordCount(ident) => self.add(ident),
            Expr::Coalesce(firsts, last) => {
                firsts.iter().for_each(|first| self.count(first));
                self.count(last);
            }
            _ => {}
        }
    }

    fn add(&mut self, ident: &RustIdent) {
        *self.left.entry(ident.clone()).or_default() += 1;
    }

    /// Notes a use that leaves the input where it is.
    fn borrow(&mut self, ident: &RustIdent) {
        self.take(ident);
    }

    /// Notes a use; true where another one follows.
    fn take(&mut self, ident: &RustIdent) -> bool {
        let left = self.left.entry(ident.clone()).or_insert(1);
        *left = left.saturating_sub(1);
        *left > 0
    }
}
