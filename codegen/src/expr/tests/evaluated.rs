//! Made-up expressions over made-up types: each either gets a problem, or has a value of its type, and none panics.

use mana_mcp_values::Moment;
use proptest::prelude::*;

use super::made::{Dice, MOMENTS, World, ty};
use crate::expr::{Ty, TyKind};

/// How many expressions were in order.
fn evaluates(seed: u64) -> Result<usize, TestCaseError> {
    // As the compiler does, which has a stack of its own.
    crate::on_a_large_stack(|| grow(seed)).map_err(TestCaseError::fail)
}

fn grow(seed: u64) -> Result<usize, String> {
    let mut dice = Dice::new(seed);
    let env = World::env();
    let world = World::new(&mut dice);
    let input = world.input(&mut dice, &env);
    let mut pool = world.pool();
    for _ in 0..80 {
        let source = pool.grown(&mut dice);
        if source.len() > 400 {
            continue;
        }
        let condition = world.names.condition(&source);
        world.holds(&source, &condition, &Ty::of(TyKind::Bool), &input, &env)?;
        let place = ty(&mut dice, 2);
        let placed = world.names.check(&source, Some(&place));
        world.holds(&source, &placed, &place, &input, &env)?;
        let read = world.names.check(&source, None);
        let own = read.as_ref().map_or_else(|_| Ty::unknown(), |typed| typed.ty.clone());
        world.holds(&source, &read, &own, &input, &env)?;
        if env.is_exhausted() {
            break;
        }
        // A text with expressions in it is no part of another expression.
        if read.is_ok() && !source.contains("${") {
            pool.all.push((source, own));
        }
    }
    Ok(pool.all.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn an_expression_has_a_problem_or_a_value_of_its_type(seed in any::<u64>()) {
        evaluates(seed)?;
    }

    #[test]
    fn soup_is_read_or_refused(source in "([a-z]{1,3}|[0-9]{1,2}|input|\\.|\\(|\\)|\\[|\\]|\\{|\\}|\"|'|,|:|\\?|!|-|\\+|&&|==| |\\$|\\\\){0,24}") {
        let _ = super::names().check(&source, None);
        let _ = super::names().check(&format!("${{{source}}}"), None);
    }
}

/// What is tried is not all refused.
#[test]
fn most_of_a_pool_is_new() {
    let grown: usize = (1..20).map(|seed| evaluates(seed * 7_919).unwrap()).sum();
    assert!(grown > 19 * 24, "{grown}");
}

#[test]
fn a_moment_is_one() {
    assert!(MOMENTS.iter().all(|text| Moment::is_one(text)));
}
